"""When people may be contacted: plain functions over plain values.

The strictest reading throughout. Where a person may be in several places, it must be allowed in each; where a country
has stricter regions and the region is not known, theirs are observed too; where there is no rule of a country's own the
general one counts, and where there is none at all nobody is contacted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from compliance.places import Place


@dataclass(frozen=True)
class Rule:
    """Contact is allowed in [opens, closes) of the person's day; not at all where the two are the same.

    No country: everywhere that has no rule of its own. No region: the whole country. No weekday (Monday is 0): every
    day that has no rule of its own for the same place.
    """

    country: str
    region: str
    weekday: int | None
    opens: time
    closes: time
    effective_from: date | None = None
    effective_to: date | None = None


def refusal(place: Place, rules: Iterable[Rule], at: datetime) -> str:
    """Why nobody who may be at `place` is to be contacted at that moment, in words; empty when they may be."""
    rules = list(rules)
    is_or_may_be = "is" if len(place.zones) == 1 else "may be"
    for region, zone in sorted(place.spots):
        there = at.astimezone(ZoneInfo(zone))
        windows = _windows(place.country, region, rules, there)
        if not windows:
            return f"No rule says when people in {place.country} may be contacted"
        for opens, closes in windows:
            if not opens <= there.time() < closes:
                allowed = f"from {opens:%H:%M} to {closes:%H:%M}" if opens < closes else "on another day only"
                return (
                    f"It {is_or_may_be} {there:%H:%M} on {there:%A} where the person is ({zone}); "
                    f"contact is allowed {allowed}"
                )
    return ""


def _windows(country: str, region: str, rules: list[Rule], there: datetime) -> list[tuple[time, time]]:
    """All of which must be observed."""
    in_force = [rule for rule in rules if _in_force(rule, there.date())]
    of_country = [rule for rule in in_force if rule.country == country] if country else []
    national = _of_day((rule for rule in of_country if not rule.region), there)
    found = national or _of_day((rule for rule in in_force if not rule.country), there)
    for name in sorted({rule.region for rule in of_country if rule.region and region in ("", rule.region)}):
        found += _of_day((rule for rule in of_country if rule.region == name), there)
    return [(rule.opens, rule.closes) for rule in found]


def _of_day(rules: Iterable[Rule], there: datetime) -> list[Rule]:
    rules = list(rules)
    today = [rule for rule in rules if rule.weekday == there.weekday()]
    return today or [rule for rule in rules if rule.weekday is None]


def _in_force(rule: Rule, day: date) -> bool:
    return (rule.effective_from is None or rule.effective_from <= day) and (
        rule.effective_to is None or day <= rule.effective_to
    )
