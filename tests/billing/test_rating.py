"""Minutes, prefixes, cents and months, against other ways to work them out."""

import doctest
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerovoice.billing import rating

AMOUNTS = st.lists(st.decimals(min_value=0, max_value=10_000, places=6, allow_nan=False), max_size=30)
DIGITS = st.text("0123456789", max_size=5)


def test_its_examples() -> None:
    assert doctest.testmod(rating).failed == 0


@given(st.integers(0, 100_000))
def test_a_started_minute_is_a_minute(seconds: int) -> None:
    assert rating.started_minutes(seconds) == len(range(0, seconds, 60))


@given(DIGITS, st.lists(DIGITS))
def test_the_longest_prefix(number: str, prefixes: list[str]) -> None:
    found = rating.longest_prefix(f"+{number}", prefixes)
    cut = [number[:length] for length in range(len(number), -1, -1)]
    assert found == next((prefix for prefix in cut if prefix in prefixes), None)


@given(AMOUNTS)
def test_lines_in_cents_add_up_to_the_exact_sum_rounded_once(amounts: list[Decimal]) -> None:
    lines = rating.rounded(amounts, "USD")
    millionths = sum(int(amount * 1_000_000) for amount in amounts)
    assert sum(lines) * 100 == (millionths + 5_000) // 10_000  # half a cent up
    assert all(abs(line - amount) < Decimal("0.0100001") for line, amount in zip(lines, amounts, strict=True))


def test_a_currency_without_cents() -> None:
    assert rating.rounded([Decimal("10.4"), Decimal("10.4")], "JPY") == [Decimal(10), Decimal(11)]
    assert rating.in_smallest_unit(Decimal("21.00"), "JPY") == 21
    assert rating.in_smallest_unit(Decimal("21.00"), "USD") == 2100


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC"])
def test_months_follow_each_other_without_a_gap(zone: str) -> None:
    month = "2027-02"
    for _ in range(24):
        before = rating.month_before(month)
        assert rating.bounds_of(before, zone)[1] == rating.bounds_of(month, zone)[0]
        start, end = rating.bounds_of(month, zone)
        assert rating.month_of(start, zone) == rating.month_of(end - timedelta(seconds=1), zone) == month
        assert start.astimezone(ZoneInfo(zone)).day == 1
        month = before


def test_a_month_is_one_of_the_zone() -> None:
    assert rating.month_of(datetime(2026, 4, 1, 6, 59, tzinfo=UTC), "America/Los_Angeles") == "2026-03"
