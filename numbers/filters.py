from __future__ import annotations

import django_filters

from numbers.models import Drift
from zerovoice.api.filters import StrictFilterSet


class DriftFilterSet(StrictFilterSet):
    kind = django_filters.ChoiceFilter(choices=Drift.Kind.choices)

    class Meta:
        model = Drift
        fields: list[str] = []
