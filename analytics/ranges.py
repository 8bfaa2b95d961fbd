"""The stretches of time that the dashboard shows, and those that each is held against. No clock, no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zerovoice.api.dates import end_of, start_of


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Range:
    """`against`: what figures are compared with, in words, the first drawn as a line over `drawn_before`, which may go
    on where its figures end. `day`: the one day that it is, if it is one."""

    name: str
    span: Span
    against: tuple[tuple[str, Span], ...]
    drawn_before: Span
    interval: str
    day: date | None = None


NAMES = {"today": "Today", "yesterday": "Yesterday", "7-days": "7 days", "30-days": "30 days"}


def of(name: str, now: datetime, zone: str) -> Range:
    """A range of NAMES. What is not over is held against as much of what it is compared with.

    >>> from datetime import UTC
    >>> today = of("today", datetime(2026, 3, 9, 20, tzinfo=UTC), "America/Los_Angeles")
    >>> today.span.start.isoformat()
    '2026-03-09T07:00:00+00:00'
    >>> [(words, span.end.isoformat()) for words, span in today.against]
    [('yesterday at this time', '2026-03-08T20:00:00+00:00'), ('last Monday at this time', '2026-03-02T21:00:00+00:00')]
    """
    there = now.astimezone(ZoneInfo(zone))
    today = there.date()
    if name == "today":
        before = (
            ("yesterday at this time", today - timedelta(days=1)),
            (f"last {today:%A} at this time", today - timedelta(days=7)),
        )
        return Range(
            name,
            Span(start_of(today, zone), now),
            tuple((words, Span(start_of(day, zone), _at(day, there.time(), zone))) for words, day in before),
            _day(today - timedelta(days=1), zone),
            "hour",
            today,
        )
    if name == "yesterday":
        day = today - timedelta(days=1)
        days = (("the day before", day - timedelta(days=1)), (f"the {day:%A} before", day - timedelta(days=7)))
        against = tuple((words, _day(one, zone)) for words, one in days)
        return Range(name, _day(day, zone), against, against[0][1], "hour", day)
    length = {"7-days": 7, "30-days": 30}[name]
    first = today - timedelta(days=length - 1)
    earlier = first - timedelta(days=length)
    span = Span(start_of(earlier, zone), _at(today - timedelta(days=length), there.time(), zone))
    return Range(name, Span(start_of(first, zone), now), ((f"the {length} days before", span),), span, "day")


def _day(day: date, zone: str) -> Span:
    return Span(start_of(day, zone), end_of(day, zone))


def _at(day: date, clock_time: time, zone: str) -> datetime:
    """That time of that day; never before the day begins."""
    return max(start_of(day, zone), start_of(datetime.combine(day, clock_time), zone))
