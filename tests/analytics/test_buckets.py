"""Hours, days, weeks and months of every time zone, against what its clock and calendar show."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.buckets import MOST, QUARTER, TooMany, edges

ZONES = (
    "UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Kolkata",
    "America/St_Johns", "Pacific/Chatham", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut",
    "America/Havana", "Asia/Pyongyang", "Pacific/Kiritimati",
)  # fmt: skip
LENGTHS = {"hour": 3, "day": 40, "week": 100, "month": 300}
KEYS: dict[str, Callable[[datetime], object]] = {
    "day": lambda local: local.date(),
    "week": lambda local: local.isocalendar()[:2],
    "month": lambda local: (local.year, local.month),
}


def begins(moment: datetime, interval: str, zone: ZoneInfo) -> bool:
    local, before = moment.astimezone(zone), (moment - QUARTER).astimezone(zone)
    if interval == "hour":
        return local.minute == 0
    return KEYS[interval](local) > KEYS[interval](before)  # type: ignore[operator]


@settings(max_examples=150)
@given(
    # Until 2011 St. John's put its clock back a minute after midnight, so a day began twice: nobody's calls are as old.
    st.datetimes(datetime(2012, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.floats(0.01, 1),
    st.sampled_from(sorted(LENGTHS)),
    st.sampled_from(ZONES),
)
def test_a_bucket_begins_where_the_clock_says(start: datetime, part: float, interval: str, zone: str) -> None:
    end = start + timedelta(days=LENGTHS[interval] * part)
    found = edges(start, end, interval, zone)
    first = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER + QUARTER
    quarters = [first + number * QUARTER for number in range(int((end - first) / QUARTER) + 1)]
    expected = [moment for moment in quarters if moment < end and begins(moment, interval, ZoneInfo(zone))]
    assert found == [start, *expected, end]


def test_the_hour_that_comes_twice_is_two() -> None:
    start = datetime(2026, 11, 1, 7, tzinfo=UTC)  # midnight in Los Angeles
    assert len(edges(start, start + timedelta(hours=25), "hour", "America/Los_Angeles")) - 1 == 25
    assert len(edges(start, start + timedelta(hours=25), "day", "America/Los_Angeles")) - 1 == 1


def test_the_day_that_was_left_out_is_none() -> None:
    """Samoa had no 30 December 2011."""
    found = edges(datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2012, 1, 1, 10, tzinfo=UTC), "day", "Pacific/Apia")
    assert [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(found)] == [24] * 3


def test_a_year_by_the_hour_is_not_too_much_and_ten_are() -> None:
    start = datetime(2028, 1, 1, tzinfo=UTC)
    assert len(edges(start, start + timedelta(days=366), "hour", "UTC")) - 1 == 8784
    with pytest.raises(TooMany):
        edges(start, start + timedelta(days=3660), "hour", "UTC")
    assert MOST > 8784
