"""What was used in a stretch of time, by day, kind and direction: whole days from what is kept of them, parts of days
from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from zerovoice.api.dates import end_of, start_of
from zerovoice.billing.models import LedgerEntry, SpentDay

_KEYS = ("day", "kind", "direction")


@dataclass(frozen=True, slots=True)
class Amount:
    """`direction` is empty for what has none."""

    kind: str
    direction: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DayAmount(Amount):
    day: date


def by_day(
    organization_id: UUID,
    start: datetime,
    end: datetime,
    zone: str,
    *,
    now: datetime,
    kind: str = "",
    direction: str = "",
) -> list[DayAmount]:
    """From `start` on and before `end`, days without usage left out. A day of which nothing but the future is not asked
    for is a whole one."""
    if start >= end:
        return []
    asked = {name: value for name, value in (("kind", kind), ("direction", direction)) if value}
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (start, end - timedelta(microseconds=1)))
    whole_first = first if start_of(first, zone) == start else first + timedelta(days=1)
    whole_last = last if end_of(last, zone) == end or end >= now else last - timedelta(days=1)
    kept = SpentDay.objects.filter(organization_id=organization_id, day__gte=whole_first, day__lte=whole_last, **asked)
    # An entry is in exactly one of the two, by the day that it was given when it was entered.
    parts = Q(day__lt=whole_first) | Q(day__gt=whole_last)
    entered = LedgerEntry.objects.of(organization_id).filter(parts, **asked)
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for rows in (kept, *(entered.filter(**bounds) for bounds in _parts(start, end, whole_first, whole_last, zone))):
        for *key, quantity, amount in _summed(rows):
            found[tuple(key)][0] += quantity
            found[tuple(key)][1] += amount
    return [
        DayAmount(day=day, kind=kind, direction=direction, quantity=quantity, amount=amount)
        for (day, kind, direction), (quantity, amount) in sorted(found.items())
    ]


def _parts(
    start: datetime, end: datetime, whole_first: date, whole_last: date, zone: str
) -> Iterable[dict[str, datetime]]:
    """What of the stretch is no whole day."""
    if whole_first > whole_last:
        return [{"occurred_at__gte": start, "occurred_at__lt": end}]
    begin, finish = start_of(whole_first, zone), end_of(whole_last, zone)
    bounds = [(start, begin), (finish, end)]
    return [{"occurred_at__gte": since, "occurred_at__lt": until} for since, until in bounds if since < until]


def _summed(rows: QuerySet[Any]) -> Iterable[tuple[Any, ...]]:
    summed = rows.order_by().values(*_KEYS).annotate(number=Sum("quantity"), sum=Sum("amount"))
    return summed.values_list(*_KEYS, "number", "sum")


def by_kind(days: Iterable[Amount]) -> list[Amount]:
    """All days together, by kind and direction."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in days:
        quantity, amount = found.get((row.kind, row.direction), (0, Decimal(0)))
        found[row.kind, row.direction] = quantity + row.quantity, amount + row.amount
    return [
        Amount(kind, direction, quantity, amount) for (kind, direction), (quantity, amount) in sorted(found.items())
    ]
