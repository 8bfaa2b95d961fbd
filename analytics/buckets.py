"""The hours, days, weeks and months of a time zone, as moments: where each begins, daylight saving included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

INTERVALS = ("hour", "day", "week", "month")
#: Of all zones' offsets since 1980 the common measure: every bucket begins at a quarter of an hour of UTC.
QUARTER = timedelta(minutes=15)
#: A year by the hour has 8,784.
MOST = 10_000
_SHORTEST = {
    "hour": timedelta(minutes=30),
    "day": timedelta(hours=23),
    "week": timedelta(days=6),
    "month": timedelta(days=27),
}


class TooMany(ValueError):
    """The range has more than MOST buckets."""


def edges(start: datetime, end: datetime, interval: str, zone: str) -> list[datetime]:
    """`start`, every moment between at which a bucket begins, `end`; in UTC. Each pair of neighbours is one bucket, so
    the first and the last may be parts of one. Raises TooMany."""
    if (end - start) / _SHORTEST[interval] > 2 * MOST:
        raise TooMany
    between = _hours(start, end, ZoneInfo(zone)) if interval == "hour" else _days(start, end, interval, ZoneInfo(zone))
    found = [start, *between, end]
    if len(found) - 1 > MOST:
        raise TooMany
    return found


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """A clock that is put forward or back by half an hour has one hour of another length."""
    moment = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER + QUARTER
    while moment < end:
        if moment.astimezone(zone).minute:
            moment += QUARTER
            continue
        # No clock is put forward and back again within a day.
        day = moment + timedelta(days=1)
        if _offset(moment, zone) == _offset(day, zone):
            yield from _from(moment, min(day, end), timedelta(hours=1))
            moment = day
            continue
        yield moment
        following = moment + timedelta(hours=1)
        moment = following if _offset(moment, zone) == _offset(following, zone) else moment + QUARTER


def _from(moment: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while moment < end:
        yield moment
        moment += step


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _days(start: datetime, end: datetime, interval: str, zone: ZoneInfo) -> Iterator[datetime]:
    day = start.astimezone(zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    elif interval == "month":
        day = day.replace(day=1)
    last = start
    while (midnight := _midnight(day, zone)) < end:
        if midnight > last:  # where a day was left out, two begin at once
            yield midnight
            last = midnight
        day = _following(day, interval)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins; where its midnight is left out, the first moment of it that there is."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    while moment.astimezone(zone).date() < day:
        moment += QUARTER
    return moment


def _following(day: date, interval: str) -> date:
    if interval == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if interval == "week" else 1)
