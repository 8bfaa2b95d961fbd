from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from calls import hours
from calls.models.fields import route
from zerovoice.accounts.models import TenantModel, country_code, validate_timezone


class BusinessHours(TenantModel):
    """When a number's calls take its own route, and where they go at other times. The rules are in `calls/hours.py`."""

    name = models.CharField(max_length=64)
    timezone = models.CharField(
        max_length=64, blank=True, validators=[validate_timezone], help_text="Empty: the organisation's"
    )
    weekly: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text='{"monday": [["09:00", "17:30"]]}; a day that is not named is closed; to "24:00"'
    )
    holidays_country = models.CharField(
        max_length=2, blank=True, validators=[country_code], help_text="Whose public holidays are closed; empty: none"
    )
    holidays_subdivision = models.CharField(max_length=8, blank=True, help_text="Such as CA in the United States")
    exceptions: models.JSONField[Any, Any] = models.JSONField(
        default=list,
        blank=True,
        help_text='Own dates: [{"date": "2026-12-24", "name": "…", "open": [["09:00", "12:00"]]}]',
    )
    closed_route = route("Where calls go while closed; empty: to the default queue's voicemail")

    class Meta:
        verbose_name = verbose_name_plural = "business hours"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="calls_hours_name")]

    def __str__(self) -> str:
        return self.name

    def as_hours(self) -> hours.Hours:
        return hours.Hours(
            zone=ZoneInfo(self.timezone or self.organization.timezone),
            weekly={day: _spans(spans) for day, spans in self.weekly.items()},
            country=self.holidays_country,
            subdivision=self.holidays_subdivision,
            exceptions={date.fromisoformat(row["date"]): _spans(row["open"]) for row in self.exceptions},
        )


def _spans(given: list[list[str]]) -> tuple[hours.Span, ...]:
    return tuple(
        (time.fromisoformat(begin), None if end == "24:00" else time.fromisoformat(end)) for begin, end in given
    )
