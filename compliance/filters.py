from __future__ import annotations

import django_filters

from compliance.models import Channel, Decision, DncEntry, Reason
from zerovoice.api.filters import DateEndFilter, DateStartFilter, PhoneFilter, StrictFilterSet


class DncFilterSet(StrictFilterSet):
    source = django_filters.ChoiceFilter(choices=DncEntry.Source.choices)

    class Meta:
        model = DncEntry
        fields: list[str] = []


class DecisionFilterSet(StrictFilterSet):
    phone = PhoneFilter(field_name="number", label="Refused contacts with this number")
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    reason = django_filters.ChoiceFilter(choices=Reason.choices)
    date_start = DateStartFilter(field_name="created_at", label="From then on")
    date_end = DateEndFilter(field_name="created_at", label="Before then; a bare date is included whole")

    class Meta:
        model = Decision
        fields: list[str] = []
