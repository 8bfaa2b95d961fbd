"""When a business is open. Plain functions over plain values; public holidays by the `holidays` library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

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
    raise NotImplementedError
