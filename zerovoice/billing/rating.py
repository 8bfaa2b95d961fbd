"""How usage becomes money: plain functions over plain values. Exact decimals, no floats.

Minutes are paid for from their beginning. Amounts are exact to a millionth in the ledger; cents come about on the
invoice alone, once, half a cent rounded up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

CENT = Decimal("0.01")
#: Currencies without cents, as Stripe has it. https://docs.stripe.com/currencies#zero-decimal
_WHOLE = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905 - as in their list
)


def started_minutes(seconds: float) -> int:
    """
    >>> [started_minutes(seconds) for seconds in (0, 1, 60, 61)]
    [0, 1, 1, 2]
    """
    return max(0, -int(-seconds // 60))


def longest_prefix(number: str, prefixes: Iterable[str]) -> str | None:
    """Of those with which the number (E.164) begins; None when it begins with none.

    >>> longest_prefix("+442071838750", ["", "44", "4420", "1"])
    '4420'
    """
    digits = number.removeprefix("+")
    return max((prefix for prefix in prefixes if digits.startswith(prefix)), key=len, default=None)


def smallest_unit(currency: str) -> Decimal:
    return Decimal(1) if currency in _WHOLE else CENT


def rounded(amounts: Iterable[Decimal], currency: str) -> list[Decimal]:
    """Each in whole cents, so that they add up to their exact sum's cents: an invoice is rounded once, not by line.

    >>> rounded([Decimal("0.004"), Decimal("0.004"), Decimal("0.004")], "USD")
    [Decimal('0.00'), Decimal('0.01'), Decimal('0.00')]
    """
    unit = smallest_unit(currency)
    exact, told, found = Decimal(0), Decimal(0), []
    for amount in amounts:
        exact += amount
        up_to_here = exact.quantize(unit, ROUND_HALF_UP).quantize(CENT)
        found.append(up_to_here - told)
        told = up_to_here
    return found


def in_smallest_unit(amount: Decimal, currency: str) -> int:
    """As Stripe wants it: cents, or whole ones of a currency that has none."""
    return int(amount / smallest_unit(currency))


def month_of(moment: datetime, zone: str) -> str:
    """
    >>> month_of(datetime(2026, 3, 1, 4, tzinfo=UTC), "America/Los_Angeles")
    '2026-02'
    """
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def bounds_of(month: str, zone: str) -> tuple[datetime, datetime]:
    """The first moment of a month, and the first after it, in UTC. Raises ValueError."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.astimezone(UTC), following.astimezone(UTC)


def month_before(month: str) -> str:
    """
    >>> month_before("2026-01")
    '2025-12'
    """
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02}"
