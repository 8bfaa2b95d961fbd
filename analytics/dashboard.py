"""What the dashboard shows: the figures of the reports and rollups, and of none but these, next to earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count

from analytics import buckets, metrics, reports, rollups
from analytics.ledgers import FIGURES, Of
from analytics.metrics import Ratio
from analytics.ranges import Range, Span
from analytics.rollups import Ways
from calls.models import Agent, Call, Queue

#: Edges, and what is between each two.
Drawn = tuple[Sequence[datetime], Sequence[Ways]]


@dataclass(frozen=True)
class Figures:
    """Of one stretch of time. `offered`, `answered` and `abandoned` are of inbound calls, the handle time of all."""

    span: Span
    offered: int
    answered: int
    abandoned: int
    service_level: Ratio
    average_speed_of_answer: Ratio
    average_handle_time: Ratio


@dataclass(frozen=True)
class Column:
    """An hour of the day, or a day. `before` is what there was then in the stretch before; None: nothing known."""

    label: str
    span: Span | None
    inbound: int
    outbound: int
    before: int | None


@dataclass(frozen=True)
class Dashboard:
    now: Figures
    before: list[Figures]
    columns: list[Column]
    dispositions: list[reports.Report]
    queues: list[reports.Report]
    live: dict[UUID, reports.Report]
    agents: dict[str, int]


def of(organization_id: UUID, asked: Range, zone: str) -> Dashboard:
    """As many questions to the database whatever there is."""
    spans = [asked.span, *(span for _, span in asked.against)]
    queues = list(Queue.objects.of(organization_id).order_by("name", "id"))
    history = reports.queues_over(queues, [(span.start, span.end) for span in spans])
    here, there = (_edges(span, asked.interval, zone) for span in (asked.span, asked.drawn_before))
    stretches = [here, there, *([span.start, span.end] for span in spans[1:])]
    volume, drawn, *before = rollups.volume_each_way(Of(organization_id), stretches)
    volumes = [_sum(volume), *(one for (one,) in before)]
    figures = [_figures(*one) for one in zip(spans, volumes, history, strict=True)]
    return Dashboard(
        figures[0],
        figures[1:],
        _columns(asked, (here, volume), (there, drawn), zone),
        reports.dispositions(Call.objects.none(), Of(organization_id), asked.span.start, asked.span.end),
        history[0],
        reports.queues_now(queues),
        _agents(organization_id),
    )


def _edges(span: Span, interval: str, zone: str) -> list[datetime]:
    return buckets.edges(span.start, span.end, interval, zone)


def _sum(parts: Sequence[Ways]) -> Ways:
    return {way: {name: sum(part[way][name] for part in parts) for name in FIGURES} for way in rollups.WAYS}


def _figures(span: Span, volume: Ways, queues: Sequence[reports.Report]) -> Figures:
    inbound = volume["inbound"]
    both = {name: sum(volume[way][name] for way in rollups.WAYS) for name in inbound}
    return Figures(
        span,
        offered=inbound["calls"],
        answered=inbound["answered"],
        abandoned=inbound["abandoned"],
        service_level=_together(queue["service_level"] for queue in queues),
        average_speed_of_answer=_together(queue["average_speed_of_answer"] for queue in queues),
        average_handle_time=metrics.average_handle_time(
            talk_and_hold_seconds=both["talk_seconds"] + both["hold_seconds"],
            wrap_up_seconds=both["wrap_up_seconds"],
            handled=both["answered"],
        ),
    )


def _together(ratios: Iterable[Ratio]) -> Ratio:
    known = list(ratios)
    return Ratio(sum(ratio.numerator for ratio in known), sum(ratio.denominator for ratio in known))


def _columns(asked: Range, now: Drawn, before: Drawn, zone: str) -> list[Column]:
    """By the hour of the day all twenty-four; by the day as many as there are, each beside the one before."""
    (edges, volume), (earlier, drawn) = now, before
    here = [Span(*pair) for pair in pairwise(edges)]
    there = [Span(*pair) for pair in pairwise(earlier)]
    if asked.interval == "day":
        return [
            Column(f"{_local(span, zone):%a %-d %b}", span, part["inbound"]["calls"], part["outbound"]["calls"], then)
            for span, part, then in zip(here, volume, map(_both, drawn), strict=True)
        ]
    columns = []
    for hour in range(24):
        mine = [(span, part) for span, part in zip(here, volume, strict=True) if _local(span, zone).hour == hour]
        theirs = [part for span, part in zip(there, drawn, strict=True) if _local(span, zone).hour == hour]
        whole = Span(mine[0][0].start, mine[-1][0].end) if mine else None
        inbound, outbound = (sum(part[way]["calls"] for _, part in mine) for way in rollups.WAYS)
        then = sum(map(_both, theirs)) if theirs else None
        columns.append(Column(f"{hour:02}:00", whole, inbound, outbound, then))
    return columns


def _both(part: Ways) -> int:
    return sum(part[way]["calls"] for way in rollups.WAYS)


def _local(span: Span, zone: str) -> datetime:
    return span.start.astimezone(ZoneInfo(zone))


def _agents(organization_id: UUID) -> dict[str, int]:
    """How many are in which state now."""
    counted: Any = Agent.objects.of(organization_id).order_by().values("state").annotate(agents=Count("pk"))
    found = {row["state"]: row["agents"] for row in counted}
    return {state: found.get(state, 0) for state in Agent.State.values}
