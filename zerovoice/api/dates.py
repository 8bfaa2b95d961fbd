"""Moments and days as the API's users write them."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime

_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ].+")
_LOST_PLUS = re.compile(r"(T.*) (\d{2}:?\d{2})$")
YEARS = range(1900, 3000)

Bound = date | datetime


def parse_bound(text: str) -> Bound:
    """An ISO 8601 date, or date and time. Raises ValueError.

    A zone's `+` that was not escaped in the query arrives as a blank and is put back.
    """
    text = _LOST_PLUS.sub(r"\1+\2", text)
    bound: Bound | None = None
    if _BARE_DATE.fullmatch(text):
        bound = parse_date(text)
    elif _DATE_AND_TIME.fullmatch(text):
        bound = parse_datetime(text)
    if bound is None or bound.year not in YEARS:
        raise ValueError("Must be an ISO 8601 date or time")
    return bound


def start_of(bound: Bound, zone: str) -> datetime:
    """The first moment of the range, in UTC: a bare date is its midnight in `zone`, as is a time without offset."""
    moment = bound if isinstance(bound, datetime) else datetime(bound.year, bound.month, bound.day)  # noqa: DTZ001
    return _utc(moment, zone)


def end_of(bound: Bound, zone: str) -> datetime:
    """The first moment after the range, in UTC: a bare date is a whole day and is included."""
    if isinstance(bound, datetime):
        return _utc(bound, zone)
    return start_of(bound + timedelta(days=1), zone)


def _utc(moment: datetime, zone: str) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
