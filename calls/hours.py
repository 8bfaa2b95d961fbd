"""When a business is open. Plain functions over plain values; public holidays by the `holidays` library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: From, to; None is midnight at the day's end.
Span = tuple[time, time | None]


@dataclass(frozen=True, slots=True)
class Hours:
    """`weekly`: by the day's English name in small letters; a day that is not there is closed."""

    zone: ZoneInfo
    weekly: Mapping[str, tuple[Span, ...]]
    country: str = ""
    subdivision: str = ""
    exceptions: Mapping[date, tuple[Span, ...]] | None = None


def is_open(hours: Hours, at: datetime) -> bool:
    return not why_closed(hours, at)


def why_closed(hours: Hours, at: datetime) -> str:
    """`exception` (an own date says so), `holiday` or `closed`; empty while it is open. `at` has a zone."""
    local = at.astimezone(hours.zone)
    day = local.date()
    if hours.exceptions and day in hours.exceptions:
        spans, reason = hours.exceptions[day], "exception"
    elif day in public_holidays(hours.country, hours.subdivision, day.year):
        spans, reason = (), "holiday"
    else:
        spans, reason = hours.weekly.get(DAYS[day.weekday()], ()), "closed"
    return "" if any(begin <= local.time() and (end is None or local.time() < end) for begin, end in spans) else reason


@lru_cache(maxsize=1024)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Those of a year, with the days on which they are observed. Empty for no country."""
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def subdivisions(country: str) -> tuple[str, ...] | None:
    """Those whose holidays are known apart; None for a country whose holidays are not known at all."""
    try:
        return tuple(holidays.country_holidays(country).subdivisions)
    except NotImplementedError:
        return None
