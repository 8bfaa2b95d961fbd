from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import buckets, filters, reports, sentiment
from analytics.serializers import (
    AgentPerformanceSerializer,
    CallSentimentSerializer,
    CallVolumeSerializer,
    DispositionsSerializer,
    QueueReportSerializer,
)
from calls.models import Agent, Call, Queue, Transcript
from calls.views.call import taking_part
from zerovoice.api.errors import BadRequest, NotFound, bad_request
from zerovoice.api.filters import StrictFilterBackend
from zerovoice.api.pagination import PageLimitPagination
from zerovoice.api.viewsets import TenantViewSet
from zerovoice.bulk import jobs
from zerovoice.lib import clock

_AS = OpenApiParameter("as", str, enum=["csv", "json"], description="`csv`: a table to download; by default `json`")


def _answers(serializer: Any) -> dict[Any, Any]:
    table = OpenApiResponse(OpenApiTypes.STR, description="The same as a table, a header first")
    return {(200, "application/json"): serializer, (200, "text/csv"): table}


class PeriodPagination(PageLimitPagination):
    """A page of reports over the same time."""

    example: ClassVar[dict[str, Any]] = {
        "date_start": "2026-03-01T08:00:00Z",
        "date_end": "2026-04-01T07:00:00Z",
        "timezone": "America/Los_Angeles",
    }
    period: tuple[datetime, datetime]
    timezone: str

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        start, end = self.period
        answer.data |= {"date_start": start, "date_end": end, "timezone": self.timezone}
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        moment = {"type": "string", "format": "date-time"}
        page["properties"] |= {
            "date_start": {**moment, "description": "From then on"},
            "date_end": {**moment, "description": "Before then"},
            "timezone": {"type": "string", "description": "The organization's: bare dates are days in it"},
        }
        page["required"] = [*page["required"], "date_start", "date_end", "timezone"]
        return page


@extend_schema(tags=["Analytics"])
class AnalyticsViewSet(TenantViewSet):
    """What happened on the floor, in numbers. Each is explained in the [guide](/docs/api/analytics)."""

    scope = "analytics"
    queryset = Call.objects.all()
    serializer_class = CallSentimentSerializer
    lists = {"agent_performance": AgentPerformanceSerializer, "queue_reports": QueueReportSerializer}
    filtersets = {
        "call_volume": filters.CallVolumeFilterSet,
        "dispositions": filters.DispositionFilterSet,
        "agent_performance": filters.AgentPerformanceFilterSet,
        "queue_reports": filters.QueueReportFilterSet,
    }
    query_parameters = dict.fromkeys(("call_volume", "dispositions", "agent_performance", "queue_reports"), ("as",))
    operation_ids = {
        "call_volume": "get_call_volume",
        "dispositions": "get_dispositions",
        "agent_performance": "list_agent_performance",
        "queue_reports": "list_queue_reports",
        "sentiment": "get_call_sentiment",
    }

    @extend_schema(responses=_answers(CallVolumeSerializer), parameters=[_AS], filters=True)
    @action(detail=False, url_path="call-volume")
    def call_volume(self, request: Request) -> HttpResponseBase:
        """How many calls there were, by the hour, day, week or month of the organization's time zone.

        A call counts where it began. Buckets without calls are there too; the first and the last are cut to the range.
        """
        calls, filterset = self._filtered(self.own(Call.objects.all()))
        start, end = filterset.period(clock.now())
        interval = filterset.form.cleaned_data.get("interval") or "day"
        try:
            edges = buckets.edges(start, end, interval, filterset.timezone)
        except buckets.TooMany as error:
            raise BadRequest(f"More than {buckets.MOST:,} buckets: take a longer one", "interval") from error
        known = filterset.known(self.principal.organization_id)
        counted, totals = reports.call_volume(calls, known, edges)
        told = {
            "interval": interval,
            **self._period(start, end, filterset.timezone),
            "buckets": counted if start < end else [],
            "totals": totals,
        }
        return self._told(told, "buckets")  # as CallVolumeSerializer has it: a year's hours are 100,000 fields

    @extend_schema(responses=_answers(DispositionsSerializer), parameters=[_AS], filters=True)
    @action(detail=False)
    def dispositions(self, request: Request) -> HttpResponseBase:
        """What became of the calls that are over, the most frequent first."""
        calls, filterset = self._filtered(self.own(Call.objects.all()))
        start, end = filterset.period(clock.now())
        counted = reports.dispositions(calls, filterset.known(self.principal.organization_id), start, end)
        told = {
            **self._period(start, end, filterset.timezone),
            "calls": sum(row["calls"] for row in counted),
            "dispositions": counted,
        }
        return self._told(DispositionsSerializer(told).data, "dispositions")

    @extend_schema(responses=_answers(AgentPerformanceSerializer), parameters=[_AS])
    @action(detail=False, url_path="agent-performance", pagination_class=PeriodPagination)
    def agent_performance(self, request: Request) -> HttpResponseBase:
        """What each agent did: calls, handle time, occupancy, time in each state; by name."""
        return self._reported(self.own(Agent.objects.order_by("name", "id")), reports.agents)

    @extend_schema(responses=_answers(QueueReportSerializer), parameters=[_AS])
    @action(detail=False, url_path="queue-reports", pagination_class=PeriodPagination)
    def queue_reports(self, request: Request) -> HttpResponseBase:
        """What became of who came to each queue, and who waits there now; by name."""
        return self._reported(self.own(Queue.objects.order_by("name", "id")), reports.queues)

    @extend_schema(
        parameters=[OpenApiParameter("call_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="A call's id")]
    )
    @action(detail=False, url_path="sentiment/(?P<call_id>[^/.]+)")
    def sentiment(self, request: Request, call_id: str) -> Response:
        """How people sounded in a call: overall, each of them, and as the call went on.

        404: the call has no transcript, because it was not recorded or is none of yours.
        """
        call = taking_part(self.principal, self.own(Call.objects.filter(pk=call_id))).first()
        transcript = Transcript.objects.of(self.principal.organization_id).of_call(call) if call else None
        if transcript is None:
            raise NotFound()
        return self.answer(sentiment.of(transcript))

    # --- parts ---

    def _filtered(self, rows: QuerySet[Any]) -> tuple[QuerySet[Any], Any]:
        filterset: Any = StrictFilterBackend().get_filterset(self.request, rows, self)
        if not filterset.is_valid():
            raise bad_request(filterset.errors)
        return filterset.qs, filterset

    def _period(self, start: datetime, end: datetime, timezone: str) -> dict[str, Any]:
        return {"date_start": start, "date_end": end, "timezone": timezone}

    def _reported(self, rows: QuerySet[Any], report: Callable[..., list[reports.Report]]) -> HttpResponseBase:
        """One page of rows, and what is to be said of each."""
        rows, filterset = self._filtered(rows)
        paginator: Any = self.paginator
        paginator.period, paginator.timezone = filterset.period(clock.now()), filterset.timezone
        page = self.paginate_queryset(rows.distinct())
        told = self.lists[self.action_name](report(page, *paginator.period), many=True).data
        return self._told(paginator.get_paginated_response(told).data, "results")

    def _told(self, told: Any, rows: str) -> HttpResponseBase:
        form = self.request.query_params.get("as", "json")
        if form not in ("csv", "json"):
            raise BadRequest("Must be csv or json", "as")
        if form == "json":
            return Response(told)
        answer = HttpResponse(_table(told[rows]), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{self.action_name.replace("_", "-")}.csv"'
        return answer


def _table(rows: Sequence[Any]) -> str:
    """A column for each figure; those within others are named `service_level.value`."""
    flat = [dict(_flat(row)) for row in rows]
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(flat[0]) if flat else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    return file.getvalue()


def _flat(row: Any, before: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, datetime):
            yield f"{before}{name}", value.isoformat().replace("+00:00", "Z")
        else:
            yield f"{before}{name}", jobs.safe_cell(value) if isinstance(value, str) else value
