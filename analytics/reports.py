"""The figures. Everything counts where it began; the time of agents' states is split.

Those of calls come from the rollups, where these know the filters, else from the rows, as all others do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    DurationField,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import ExpressionWrapper

from analytics import ledgers, metrics, rollups
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry, QueueMembership
from zerovoice.lib import clock

Report = dict[str, Any]

COUNTS = {
    "calls": Count("pk"),
    "inbound": Count("pk", filter=Q(direction=Call.Direction.INBOUND)),
    "outbound": Count("pk", filter=Q(direction=Call.Direction.OUTBOUND)),
    "answered": Count("pk", filter=Call.ANSWERED),
    "abandoned": Count("pk", filter=Q(disposition=Call.Disposition.ABANDONED)),
    "voicemail": Count("pk", filter=Q(disposition=Call.Disposition.VOICEMAIL)),
    "talk_seconds": Sum("talk_seconds", default=0),
    "hold_seconds": Sum("hold_seconds", default=0),
    "wait_seconds": Sum("wait_seconds", default=0),
    "wrap_up_seconds": Sum("wrap_up_seconds", default=0),
    "duration_seconds": Sum("duration_seconds", default=0),
}


def call_volume(
    calls: QuerySet[Call], of: ledgers.Of | None, edges: Sequence[datetime]
) -> tuple[list[Report], dict[str, int]]:
    """One for each two neighbours of `edges`, in their order, empty ones too; and what they come to. `of`: what `calls`
    are for the rollups, if they know them."""
    counted = _volume(calls, edges) if of is None else rollups.volume(of, edges)
    # Written out: of thousands of buckets, pairing names and figures one by one is what takes longest.
    buckets = [
        {
            "start": start,
            "end": end,
            "calls": calls,
            "inbound": inbound,
            "outbound": outbound,
            "answered": answered,
            "abandoned": abandoned,
            "voicemail": voicemail,
            "talk_seconds": talk,
            "hold_seconds": hold,
            "wait_seconds": wait,
            "wrap_up_seconds": wrap_up,
            "duration_seconds": duration,
        }
        for (start, end), (
            calls, inbound, outbound, answered, abandoned, voicemail, talk, hold, wait, wrap_up, duration
        ) in zip(pairwise(edges), counted, strict=True)
    ]  # fmt: skip
    totals = (sum(column) for column in zip(*counted, strict=True))
    return buckets, dict(zip(rollups.VOLUME_FIELDS, totals, strict=True))


def _volume(calls: QuerySet[Call], edges: Sequence[datetime]) -> list[tuple[int, ...]]:
    """From the rows; see `rollups.volume`."""
    moments = Value(list(edges), output_field=ArrayField(DateTimeField()))
    place = Func(F("created_at"), moments, function="width_bucket", output_field=IntegerField())
    within = calls.filter(created_at__gte=edges[0], created_at__lt=edges[-1]).order_by()
    rows: Any = within.annotate(place=place).values("place").annotate(**COUNTS)
    found = [(0,) * len(rollups.VOLUME_FIELDS)] * (len(edges) - 1)
    for number, *row in rows.values_list("place", *rollups.VOLUME_FIELDS):
        found[number - 1] = tuple(row)
    return found


def dispositions(calls: QuerySet[Call], of: ledgers.Of | None, start: datetime, end: datetime) -> list[Report]:
    """Of the calls that are over, the most frequent first. `of`: as for `call_volume`."""
    counted = _dispositions(calls, start, end) if of is None else rollups.dispositions(of, start, end)
    whole = sum(found for _, found in counted)
    return [
        {"disposition": disposition, "calls": found, "share": metrics.Ratio(found, whole)}
        for disposition, found in counted
    ]


def _dispositions(calls: QuerySet[Call], start: datetime, end: datetime) -> list[tuple[str, int]]:
    over = calls.filter(created_at__gte=start, created_at__lt=end, ended_at__isnull=False).order_by()
    rows: Any = over.values("disposition").annotate(calls=Count("pk")).order_by("-calls", "disposition")
    return list(rows.values_list("disposition", "calls"))


# --- queues ---

_State = QueueEntry.State
_SECOND = Value(timedelta(seconds=1), output_field=DurationField())


def queues(rows: Sequence[Queue], start: datetime, end: datetime) -> list[Report]:
    """What became of who entered each queue then, and who is there now."""
    (history,), live = queues_over(rows, [(start, end)]), queues_now(rows)
    return [{**told, "live": live[told["queue"].pk]} for told in history]


def queues_over(rows: Sequence[Queue], spans: Sequence[tuple[datetime, datetime]]) -> list[list[Report]]:
    """What became of who entered each queue, of each of the spans, which have no moment in common."""
    history = _entries(rows, spans)
    return [
        [_of_queue(queue, history.get((queue.pk, number), _NO_ENTRIES)) for queue in rows]
        for number in range(len(spans))
    ]


def _of_queue(queue: Queue, told: Report) -> Report:
    answered, abandoned, short = told["answered"], told["abandoned"], told["short_abandoned"]
    return {
        "queue": queue,
        **{name: told[name] for name in _OUTCOMES},
        "service_level_threshold_seconds": queue.service_level_seconds,
        "short_abandon_seconds": queue.short_abandon_seconds,
        "service_level": metrics.service_level(
            answered_in_time=told["answered_in_time"], answered=answered, abandoned=abandoned, short_abandoned=short
        ),
        "abandonment": metrics.abandonment(abandoned=abandoned, short_abandoned=short, offered=told["offered"]),
        "average_speed_of_answer": metrics.average_speed_of_answer(
            wait_seconds=_seconds(told["answered_wait"]), answered=answered
        ),
        "longest_wait_seconds": _seconds(told["longest_wait"]),
    }


def queues_now(rows: Sequence[Queue]) -> dict[UUID, Report]:
    """Who is in each queue now, by its id."""
    waiting, staff, now = _waiting(rows), _staff(rows), clock.now()
    found = {}
    for queue in rows:
        there = waiting.get(queue.pk, {"waiting": 0, "since": None})
        found[queue.pk] = {
            "waiting": there["waiting"],
            "longest_wait_seconds": _seconds(now - there["since"]) if there["since"] else 0,
            "agents": {state: staff[queue.pk].get(state, 0) for state in Agent.State.values},
        }
    return found


_OUTCOMES = ("offered", "answered", "abandoned", "short_abandoned", "overflow", "voicemail", "callback", "canceled")
_NO_ENTRIES: Report = {
    **dict.fromkeys((*_OUTCOMES, "answered_in_time"), 0),
    **dict.fromkeys(("answered_wait", "longest_wait")),
}


def _entries(rows: Sequence[Queue], spans: Sequence[tuple[datetime, datetime]]) -> dict[tuple[UUID, int], Report]:
    """Waits that began then, by queue and number of the span. Neither who comes back from a conversation nor who is
    called back is offered again."""
    within_spans = [Q(entered_at__gte=start, entered_at__lt=end) for start, end in spans]
    number = Case(
        *(When(within, then=Value(number)) for number, within in enumerate(within_spans)), output_field=IntegerField()
    )
    entries = QueueEntry.objects.filter(
        reduce(or_, within_spans), queue__in=rows, talked_before=False, call__original=None
    )
    wait = ExpressionWrapper(F("left_at") - F("entered_at"), output_field=DurationField())

    def within(seconds: str) -> Q:
        return Q(wait__lte=ExpressionWrapper(F(seconds) * _SECOND, output_field=DurationField()))

    answered, abandoned = Q(state=_State.ANSWERED), Q(state=_State.ABANDONED)
    counted = (
        entries.annotate(wait=wait, number=number)
        .order_by()
        .values("queue_id", "number")
        .annotate(
            offered=Count("pk"),
            answered=Count("pk", filter=answered),
            answered_in_time=Count("pk", filter=answered & within("queue__service_level_seconds")),
            abandoned=Count("pk", filter=abandoned),
            short_abandoned=Count("pk", filter=abandoned & within("queue__short_abandon_seconds")),
            overflow=Count("pk", filter=Q(state=_State.OVERFLOWED)),
            voicemail=Count("pk", filter=Q(state=_State.VOICEMAIL)),
            callback=Count("pk", filter=Q(state=_State.CALLBACK)),
            canceled=Count("pk", filter=Q(state=_State.CANCELED)),
            answered_wait=Sum("wait", filter=answered),
            longest_wait=Max("wait"),
        )
    )
    return {(row["queue_id"], row["number"]): dict(row) for row in counted}


def _waiting(rows: Sequence[Queue]) -> dict[UUID, Report]:
    entries = QueueEntry.objects.open().filter(
        organization__in={queue.organization_id for queue in rows}, queue__in=rows
    )
    counted = entries.order_by().values("queue_id").annotate(waiting=Count("pk"), since=Min("entered_at"))
    return {row["queue_id"]: dict(row) for row in counted}


def _staff(rows: Sequence[Queue]) -> dict[UUID, dict[str, int]]:
    """How many agents of each queue are in which state."""
    counted = (
        QueueMembership.objects.filter(queue__in=rows).values("queue_id", "agent__state").annotate(agents=Count("pk"))
    )
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in counted:
        found[row["queue_id"]][row["agent__state"]] = row["agents"]
    return found


# --- agents ---

_HANDLING = (Agent.State.RINGING, Agent.State.BUSY, Agent.State.WRAP_UP)


def agents(rows: Sequence[Agent], start: datetime, end: datetime) -> list[Report]:
    """What each did then."""
    ids = [agent.pk for agent in rows]
    handled, time = _handled(ids, start, end), _time_in_states(ids, start, end)
    reports = []
    for agent in rows:
        told = handled.get(agent.pk, _NO_LEGS)
        seconds = time.get(agent.pk, {})
        handling = sum(seconds.get(state, 0) for state in _HANDLING)
        reports.append(
            {
                "agent": agent,
                "state": agent.state,
                "rung": told["rung"],
                "handled": told["handled"],
                "missed": told["missed"],
                "talk_and_hold_seconds": _seconds(told["lasted"]),
                "wrap_up_seconds": told["wrap_up"],
                "average_handle_time": metrics.average_handle_time(
                    talk_and_hold_seconds=_seconds(told["lasted"]),
                    wrap_up_seconds=told["wrap_up"],
                    handled=told["handled"],
                ),
                "occupancy": metrics.occupancy(
                    handling_seconds=handling, available_seconds=seconds.get(Agent.State.AVAILABLE, 0)
                ),
                "seconds_in_state": {state: seconds.get(state, 0) for state in Agent.State.values},
            }
        )
    return reports


_NO_LEGS: Report = {"rung": 0, "handled": 0, "missed": 0, "lasted": None, "wrap_up": 0}


def _handled(ids: Sequence[UUID], start: datetime, end: datetime) -> dict[UUID, Report]:
    legs = CallLeg.objects.filter(agent__in=ids, created_at__gte=start, created_at__lt=end, ended_at__isnull=False)
    taken = Q(accepted_at__isnull=False)
    counted = (
        legs.order_by()
        .values("agent_id")
        .annotate(
            rung=Count("pk"),
            handled=Count("pk", filter=taken),
            missed=Count("pk", filter=~taken & Q(released=False)),
            lasted=Sum(ExpressionWrapper(F("ended_at") - F("accepted_at"), output_field=DurationField()), filter=taken),
            wrap_up=Sum("wrap_up_seconds", default=0),
        )
    )
    return {row["agent_id"]: dict(row) for row in counted}


_STATES = """
WITH changes AS (
    SELECT change.agent_id, change.state, change.created_at AS begin,
        lead(change.created_at) OVER (PARTITION BY change.agent_id ORDER BY change.created_at, change.id) AS following
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(created_at), '-infinity') AS since FROM calls_agentstatechange
        WHERE agent_id = agent.id AND created_at <= %(start)s
    ) AS before
    JOIN calls_agentstatechange AS change
        ON change.agent_id = agent.id AND change.created_at >= before.since AND change.created_at < %(end)s
)
SELECT agent_id, state,
    extract(epoch FROM sum(least(coalesce(following, %(end)s), %(end)s) - greatest(begin, %(start)s)))
FROM changes
WHERE coalesce(following, %(end)s) > %(start)s
GROUP BY agent_id, state
"""


def _time_in_states(ids: Sequence[UUID], start: datetime, end: datetime) -> dict[UUID, dict[str, int]]:
    """Seconds, as far as they have passed."""
    until = min(end, clock.now())
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    if until > start:
        with connection.cursor() as cursor:
            cursor.execute(_STATES, {"agents": list(ids), "start": start, "end": until})
            for agent_id, state, seconds in cursor.fetchall():
                found[agent_id][state] = round(seconds)
    return found


def _seconds(duration: timedelta | None) -> int:
    return round(duration.total_seconds()) if duration else 0
