"""When people may be contacted: plain functions over plain values.

The strictest reading throughout. Where a person may be in several zones, it must be allowed in each; where a country
has stricter regions and the region is not known, theirs are observed too; a country without a rule has the general one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from compliance.places import Place


@dataclass(frozen=True)
class Rule:
    """Contact is allowed in [opens, closes) of the person's day. No country: everywhere that has no rule of its own.

    No region: the whole country. No weekday (Monday is 0): every day that has no rule of its own for the same place.
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
    for zone in sorted(place.zones):
        there = at.astimezone(ZoneInfo(zone))
        for opens, closes in _windows(place, rules, there):
            if not opens <= there.time() < closes:
                certain = len(place.zones) == 1
                return (
                    f"It {'is' if certain else 'may be'} {there:%H:%M} on {there:%A} where the person is ({zone}); "
                    f"contact is allowed from {opens:%H:%M} to {closes:%H:%M}"
                )
    return ""


def _windows(place: Place, rules: list[Rule], there: datetime) -> list[tuple[time, time]]:
    in_force = [rule for rule in rules if _in_force(rule, there.date())]
    country = [rule for rule in in_force if rule.country == place.country] if place.country else []
    if not country:
        country = [rule for rule in in_force if not rule.country]
    regions = {rule.region for rule in country if not place.region or rule.region in ("", place.region)}
    found = []
    for region in sorted(regions):
        of_region = [rule for rule in country if rule.region == region]
        today = [rule for rule in of_region if rule.weekday == there.weekday()]
        for rule in today or [rule for rule in of_region if rule.weekday is None]:
            found.append((rule.opens, rule.closes))
    return found


def _in_force(rule: Rule, day: date) -> bool:
    return (rule.effective_from is None or rule.effective_from <= day) and (
        rule.effective_to is None or day <= rule.effective_to
    )
