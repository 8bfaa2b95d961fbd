from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet

from analytics import ledgers
from analytics.buckets import INTERVALS
from analytics.models import Dimension
from calls.models import Agent, Call, Queue
from numbers.models import PhoneNumber
from zerovoice.api.dates import end_of, start_of
from zerovoice.api.filters import DateEndFilter, DateStartFilter, PhoneFilter, StrictFilterSet

#: What is looked at when no range is given.
USUAL = timedelta(days=30)
_START = "From then on; a bare date begins at midnight in the organization's zone. By default 30 days before the end"
_END = "Before then; a bare date is included whole, in the organization's zone. By default now"


class _Unfiltered:
    """A bound of the period, which the view applies: the other end may be the usual one."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs


class _PeriodStart(_Unfiltered, DateStartFilter):
    pass


class _PeriodEnd(_Unfiltered, DateEndFilter):
    pass


class PeriodFilterSet(StrictFilterSet):
    date_start = _PeriodStart(label=_START)
    date_end = _PeriodEnd(label=_END)

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """The range, in UTC. The filters must be valid."""
        data = self.form.cleaned_data
        end = end_of(data["date_end"], self.timezone) if data.get("date_end") else now
        start = start_of(data["date_start"], self.timezone) if data.get("date_start") else end - USUAL
        return start, max(start, end)


class DispositionFilterSet(PeriodFilterSet):
    direction = django_filters.ChoiceFilter(choices=Call.Direction.choices)
    queue_id = django_filters.UUIDFilter(label="Calls that went, at last, through this queue")
    agent_id = django_filters.UUIDFilter(label="Calls that this agent took, or took last")
    number = PhoneFilter(field_name="own_number__number", label="Calls from or to this number of yours")

    class Meta:
        model = Call
        fields: list[str] = []

    def known(self, organization_id: UUID) -> ledgers.Of | None:
        """What is asked for, if the rollups know it. The filters must be valid."""
        data = self.form.cleaned_data
        queue, number = data.get("queue_id"), data.get("number")
        if data.get("agent_id") or (queue and number):
            return None
        keys = {"direction": data["direction"]} if data.get("direction") else {}
        if queue:
            return ledgers.Of(organization_id, Dimension.QUEUE, [queue], keys)
        if number:
            ids = PhoneNumber.objects.filter(organization_id=organization_id, number=number).values_list(
                "pk", flat=True
            )
            return ledgers.Of(organization_id, Dimension.NUMBER, list(ids), keys)
        return ledgers.Of(organization_id, keys=keys)


class CallVolumeFilterSet(DispositionFilterSet):
    interval = django_filters.ChoiceFilter(
        choices=[(name, name) for name in INTERVALS],
        label="How long each bucket is; by default a day",
        method="unfiltered",
    )

    def unfiltered(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return queryset


class AgentPerformanceFilterSet(PeriodFilterSet):
    agent_id = django_filters.UUIDFilter(field_name="pk", label="This agent alone")
    queue_id = django_filters.UUIDFilter(field_name="memberships__queue_id", label="Agents of this queue")

    class Meta:
        model = Agent
        fields: list[str] = []


class QueueReportFilterSet(PeriodFilterSet):
    queue_id = django_filters.UUIDFilter(field_name="pk", label="This queue alone")

    class Meta:
        model = Queue
        fields: list[str] = []
