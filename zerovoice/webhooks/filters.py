from __future__ import annotations

import django_filters

from zerovoice.api.filters import DateEndFilter, DateStartFilter, StrictFilterSet, WordFilter
from zerovoice.webhooks.models import Delivery


class DeliveryFilterSet(StrictFilterSet):
    state = django_filters.ChoiceFilter(choices=Delivery.State.choices)
    type = WordFilter(field_name="kind", label="Of this kind of event: `call.completed`")
    date_start = DateStartFilter(field_name="created_at", label="From then on")
    date_end = DateEndFilter(field_name="created_at", label="Before then; a bare date is included whole")

    class Meta:
        model = Delivery
        fields: list[str] = []
