"""Fields of forms about the floor, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from calls.hours import DAYS

CLOSED = "closed"
_SPAN = r"\d\d?:\d\d\s*[-–]\s*\d\d?:\d\d"
_DATE_SPANS = re.compile(rf"closed\b|{_SPAN}(?:\s*,\s*{_SPAN})*", re.IGNORECASE)


class SkillLevelsFormField(forms.CharField):
    """`french 8, billing 5` for {"french": 8, "billing": 5}."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextInputWidget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{skill} {level}" for skill, level in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        levels = {}
        for part in filter(str.strip, str(super().to_python(value)).split(",")):
            skill, _, level = part.strip().rpartition(" ")
            if not skill or not level.isdecimal():
                raise forms.ValidationError("Each skill with its level, such as: french 8, billing 5")
            levels[skill.strip()] = int(level)
        return levels


class WeekFormField(forms.CharField):
    """`Mon-Fri 09:00-12:00, 13:00-17:30`, a line for each day or some days; days that are not there are closed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextareaWidget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{days} {spans}" for days, spans in week_lines(value)) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        week: dict[str, list[list[str]]] = {}
        for line in filter(str.strip, str(super().to_python(value)).splitlines()):
            days, _, spans = line.strip().partition(" ")
            for day in _days(days):
                if day in week:
                    raise forms.ValidationError(f"{day.capitalize()} stands in two lines")
                week[day] = _spans(spans)
        return {day: week[day] for day in DAYS if week.get(day)}


class DatesFormField(forms.CharField):
    """`2026-12-24 09:00-12:00 Christmas Eve`, a line for each day; `closed` in place of the hours."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "widget": UnfoldAdminTextareaWidget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{row['date']} {spans_text(row['open'])} {row.get('name', '')}".rstrip() for row in value)

    def to_python(self, value: Any) -> Any:
        found = []
        for line in filter(str.strip, str(super().to_python(value)).splitlines()):
            date, _, rest = line.strip().partition(" ")
            spans = _DATE_SPANS.match(rest)
            if spans is None:
                raise forms.ValidationError(f"{line.strip()}: the hours or closed stand after the date")
            name = rest[spans.end() :].strip()
            found.append({"date": date, "open": _spans(spans.group()), **({"name": name} if name else {})})
        return found


def week_lines(week: dict[str, list[list[str]]]) -> list[tuple[str, str]]:
    """Days that have the same hours and follow each other stand in one line: `Mon–Fri`, `09:00–17:00`."""
    lines: list[tuple[list[str], str]] = []
    for day in DAYS:
        hours = spans_text(week.get(day) or [])
        if lines and lines[-1][1] == hours:
            lines[-1][0].append(day)
        else:
            lines.append(([day], hours))
    return [(_named(days), hours) for days, hours in lines if hours != CLOSED]


def spans_text(spans: Iterable[Sequence[str]]) -> str:
    return ", ".join(f"{begin}–{end}" for begin, end in spans) or CLOSED


def _named(days: list[str]) -> str:
    short = [day.capitalize()[:3] for day in days]
    return short[0] if len(short) == 1 else f"{short[0]}–{short[-1]}"


def _days(text: str) -> list[str]:
    """`Mon`, `monday`, `Mon-Fri`, `Sat,Sun`."""
    found: list[str] = []
    for part in text.rstrip(":").split(","):
        ends = [_day(end) for end in re.split("[-–]", part)]
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        if len(ends) > 2 or last < first:
            raise forms.ValidationError(f"{part}: from one day to a later one, such as Mon-Fri")
        found += DAYS[first : last + 1]
    return found


def _day(text: str) -> str:
    found = [day for day in DAYS if len(text) >= 2 and day.startswith(text.lower())]
    if len(found) != 1:
        raise forms.ValidationError(f"{text}: not a day of the week; each line begins with one, such as Mon or Mon-Fri")
    return found[0]


def _spans(text: str) -> list[list[str]]:
    if text.strip().lower() in ("", CLOSED):
        return []
    return [[end.strip() for end in re.split("[-–]", part)] for part in text.split(",")]
