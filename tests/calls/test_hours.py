"""When a business is open: weekly hours in its zone, public holidays, own dates, and the nights clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import DAYS, Hours, Span, is_open, public_holidays, subdivisions, why_closed

NINE_TO_FIVE: tuple[Span, ...] = ((time(9), time(17)),)
ALL_DAY: tuple[Span, ...] = ((time(0), None),)
WORKING_WEEK = dict.fromkeys(DAYS[:5], NINE_TO_FIVE)
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


def hours(zone: str = "UTC", weekly: dict[str, tuple[Span, ...]] = WORKING_WEEK, **fields: object) -> Hours:
    return Hours(ZoneInfo(zone), weekly, **fields)  # type: ignore[arg-type]


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-03-02T09:00", ""),  # a Monday
        ("2026-03-02T16:59:59.999999", ""),
        ("2026-03-02T17:00", "closed"),
        ("2026-03-02T08:59:59", "closed"),
        ("2026-03-07T12:00", "closed"),  # a Saturday
    ],
)
def test_a_working_week_in_its_own_zone(zone: str, at: str, why: str) -> None:
    assert why_closed(hours(zone), local(zone, at)) == why


def test_zones_half_an_hour_apart() -> None:
    assert is_open(hours("Asia/Kolkata"), datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    assert not is_open(hours("Asia/Kolkata"), datetime(2026, 3, 2, 3, 29, tzinfo=UTC))
    # In Lord Howe clocks are changed by half an hour: 10:30 from UTC in winter, 11:00 in summer.
    assert is_open(hours("Australia/Lord_Howe"), datetime(2026, 7, 5, 22, 30, tzinfo=UTC))
    assert is_open(hours("Australia/Lord_Howe"), datetime(2026, 1, 4, 22, 0, tzinfo=UTC))
    assert not is_open(hours("Australia/Lord_Howe"), datetime(2026, 7, 5, 22, 0, tzinfo=UTC))


def test_a_night_is_two_spans() -> None:
    night = hours(weekly={"friday": ((time(22), None),), "saturday": ((time(0), time(6)),)})
    begins = datetime(2026, 3, 6, 22, tzinfo=UTC)
    assert [is_open(night, begins + timedelta(minutes=at)) for at in (-1, 0, 119, 120, 479, 480)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip


# --- the nights in which clocks are changed ---


def open_minutes(of: Hours, day: date) -> int:
    begins = datetime(day.year, day.month, day.day, tzinfo=of.zone).astimezone(UTC)
    minutes = (begins + timedelta(minutes=at) for at in range(26 * 60))
    return sum(is_open(of, at) for at in minutes if at.astimezone(of.zone).date() == day)


@pytest.mark.parametrize(
    ("zone", "day", "whole", "night"),
    [
        ("America/New_York", date(2026, 3, 8), 23 * 60, 60),  # 02:00 is 03:00
        ("America/New_York", date(2026, 11, 1), 25 * 60, 3 * 60),  # from 01:00 to 02:00 comes twice
        ("Europe/Berlin", date(2026, 3, 29), 23 * 60, 60),
        ("Europe/Berlin", date(2026, 10, 25), 25 * 60, 3 * 60),  # from 02:00 to 03:00 comes twice
        ("Australia/Lord_Howe", date(2026, 10, 4), 23 * 60 + 30, 90),
        ("America/New_York", date(2026, 3, 9), 24 * 60, 2 * 60),
    ],
)
def test_hours_are_what_clocks_on_the_wall_show(zone: str, day: date, whole: int, night: int) -> None:
    assert open_minutes(hours(zone, dict.fromkeys(DAYS, ALL_DAY)), day) == whole
    assert open_minutes(hours(zone, dict.fromkeys(DAYS, ((time(1), time(3)),))), day) == night


# --- holidays and own dates ---


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "why"),
    [
        ("US", "", "2026-11-26", "holiday"),  # Thanksgiving
        ("US", "", "2026-07-03", "holiday"),  # the 4th is a Saturday: the day before is kept
        ("US", "", "2021-12-31", "holiday"),  # so is New Year's Day of the next year
        ("US", "", "2026-03-31", ""),
        ("US", "CA", "2026-03-31", "holiday"),  # Cesar Chavez Day
        ("DE", "", "2026-05-01", "holiday"),
        ("DE", "", "2026-01-06", ""),
        ("DE", "BY", "2026-01-06", "holiday"),  # Epiphany, in three of sixteen states
        ("DE", "BE", "2026-01-06", ""),
        ("", "", "2026-12-25", ""),
    ],
)
def test_public_holidays(country: str, subdivision: str, day: str, why: str) -> None:
    of = hours(country=country, subdivision=subdivision)
    assert why_closed(of, datetime.fromisoformat(f"{day}T10:00Z")) == why


def test_the_day_is_the_zones() -> None:
    auckland = hours("Pacific/Auckland", dict.fromkeys(DAYS, ALL_DAY), country="NZ")
    assert why_closed(auckland, datetime(2026, 12, 24, 12, tzinfo=UTC)) == "holiday"  # it is the 25th there
    assert is_open(auckland, datetime(2026, 12, 24, 10, tzinfo=UTC))


def test_own_dates_win_over_everything() -> None:
    own = {
        date(2026, 12, 24): ((time(9), time(12)),),
        date(2026, 12, 25): NINE_TO_FIVE,
        date(2026, 12, 28): (),
        date(2026, 12, 27): NINE_TO_FIVE,  # a Sunday
    }
    of = hours(country="US", exceptions=own)
    whys = {day: why_closed(of, datetime(2026, 12, day, 13, tzinfo=UTC)) for day in range(23, 30)}
    assert whys == {23: "", 24: "exception", 25: "", 26: "closed", 27: "", 28: "exception", 29: ""}
    assert is_open(of, datetime(2026, 12, 24, 11, 59, tzinfo=UTC))


def test_what_is_known_of_countries() -> None:
    assert subdivisions("XX") is None
    assert {"CA", "NY"} <= set(subdivisions("US") or ())
    assert public_holidays("DE", "", 1850) == frozenset()  # before the first
    assert public_holidays("US", "", 2999) == frozenset()  # after the last that anybody reckoned


# --- whatever the hours are ---

TIMES = st.lists(st.integers(0, 24 * 60), max_size=6, unique=True).map(sorted)


def spans(minutes: list[int]) -> tuple[Span, ...]:
    pairs = zip(minutes[::2], minutes[1::2], strict=False)
    return tuple((clock_time(begin), None if end == 24 * 60 else clock_time(end)) for begin, end in pairs)


def clock_time(minute: int) -> time:
    return time(minute // 60, minute % 60)


WEEKS = st.dictionaries(st.sampled_from(DAYS), TIMES, max_size=7)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))


@given(WEEKS, MOMENTS, st.sampled_from(ZONES))
def test_it_is_open_in_a_span_and_only_there(week: dict[str, list[int]], at: datetime, zone: str) -> None:
    there = at.astimezone(ZoneInfo(zone))
    minutes = week.get(there.strftime("%A").lower(), [])
    minute = there.hour * 60 + there.minute
    # Inside as often as not: an odd number of boundaries lies behind, and another one ahead.
    passed = sum(boundary <= minute for boundary in minutes)
    expected = passed % 2 == 1 and passed < len(minutes)
    assert is_open(hours(zone, {day: spans(given) for day, given in week.items()}), at) == expected


@given(WEEKS, MOMENTS, st.sampled_from(ZONES), TIMES)
def test_an_own_date_is_all_that_counts_on_its_day(
    week: dict[str, list[int]], at: datetime, zone: str, own: list[int]
) -> None:
    day = at.astimezone(ZoneInfo(zone)).date()
    weekly = {name: spans(given) for name, given in week.items()}
    with_own = hours(zone, weekly, country="US", exceptions={day: spans(own)})
    just_own = hours(zone, dict.fromkeys(DAYS, spans(own)))
    assert is_open(with_own, at) == is_open(just_own, at)
    elsewhere = hours(zone, weekly, country="US", exceptions={day + timedelta(days=1): spans(own)})
    assert why_closed(elsewhere, at) == why_closed(hours(zone, weekly, country="US"), at)


@given(MOMENTS, st.sampled_from([("US", ""), ("US", "CA"), ("DE", ""), ("DE", "BY"), ("GB", "SCT")]))
def test_a_holiday_is_closed_all_day(at: datetime, place: tuple[str, str]) -> None:
    country, subdivision = place
    of = hours("UTC", dict.fromkeys(DAYS, ALL_DAY), country=country, subdivision=subdivision)
    assert why_closed(of, at) == ("holiday" if at.date() in public_holidays(country, subdivision, at.year) else "")
    assert not is_open(of, datetime(at.year, 12, 25, at.hour, at.minute, tzinfo=UTC))
