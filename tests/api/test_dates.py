"""What a date range means."""

from datetime import UTC, datetime

import pytest

from zerovoice.api.dates import end_of, parse_bound, start_of


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("2026-03-01", "UTC", at(2026, 3, 1), at(2026, 3, 2)),
        ("2026-03-01", "America/New_York", at(2026, 3, 1, 5), at(2026, 3, 2, 5)),
        # The clocks go forward, the day has 23 hours; and back, 25.
        ("2026-03-08", "America/New_York", at(2026, 3, 8, 5), at(2026, 3, 9, 4)),
        ("2026-11-01", "America/New_York", at(2026, 11, 1, 4), at(2026, 11, 2, 5)),
        ("2026-12-31", "Pacific/Kiritimati", at(2026, 12, 30, 10), at(2026, 12, 31, 10)),
        ("2026-03-01T09:30:00Z", "America/New_York", at(2026, 3, 1, 9, 30), at(2026, 3, 1, 9, 30)),
        ("2026-03-01T09:30:00+02:00", "UTC", at(2026, 3, 1, 7, 30), at(2026, 3, 1, 7, 30)),
        ("2026-03-01T09:30:00 02:00", "UTC", at(2026, 3, 1, 7, 30), at(2026, 3, 1, 7, 30)),  # a `+` that was lost
        ("2026-03-01T09:30", "America/New_York", at(2026, 3, 1, 14, 30), at(2026, 3, 1, 14, 30)),
    ],
)
def test_the_moments_it_means(text: str, zone: str, start: datetime, end: datetime) -> None:
    bound = parse_bound(text)
    assert (start_of(bound, zone), end_of(bound, zone)) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "today", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "1e9", "20260301", "2026-03-01T25:00"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_bound(text)
