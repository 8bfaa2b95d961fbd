from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet

from zerovoice.api.dates import end_of, start_of
from zerovoice.api.filters import DateEndFilter, DateStartFilter, StrictFilterSet, WordFilter
from zerovoice.billing import rating
from zerovoice.billing.models import Direction, Invoice, Kind, LedgerEntry

_START = "From then on; a bare date begins at midnight in the organization's zone. By default the present month"
_END = "Before then; a bare date is included whole, in the organization's zone. By default now"


class _Bound:
    """The view applies it: the other end may be the usual one."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs


class _Start(_Bound, DateStartFilter):
    pass


class _End(_Bound, DateEndFilter):
    pass


class UsageFilterSet(StrictFilterSet):
    date_start = _Start(label=_START)
    date_end = _End(label=_END)
    kind = django_filters.ChoiceFilter(choices=Kind.choices, label="Usage of this kind alone")
    direction = django_filters.ChoiceFilter(choices=Direction.choices, label="Calls and messages this way alone")

    class Meta:
        model = LedgerEntry
        fields: list[str] = []

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """The range, in UTC. The filters must be valid."""
        data = self.form.cleaned_data
        end = end_of(data["date_end"], self.timezone) if data.get("date_end") else now
        if data.get("date_start"):
            start = start_of(data["date_start"], self.timezone)
        else:
            start = rating.bounds_of(rating.month_of(end, self.timezone), self.timezone)[0]
        return start, max(start, end)


class InvoiceFilterSet(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Invoice.Status.choices)
    month = WordFilter(label="Such as 2026-03")

    class Meta:
        model = Invoice
        fields: list[str] = []
