"""Where calls may go, by name. The apps that own the targets say which models they are; we know only their ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import Model, Q
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from numbers.registry import BUSINESS_HOURS, NAMED_BY
from zerovoice.lib import phone

Route = Mapping[str, Any]
Rows = dict[str, dict[str, Model]]  # kind → id → row
Choices = list[tuple[str, list[tuple[str, str]]]]  # heading → [(the route as text, its name)]

TITLES = {
    "queue": "Queue",
    "agent": "Agent",
    "ivr": "Menu",
    "voicemail": "Voicemail",
    "forward": "Forward to",
    "hangup": "Hang up",
}
GONE = "no longer there"
#: Of each kind, no form offers more.
MOST_OFFERED = 500
_models: dict[str, tuple[type[Model], ...]] = {}


def name_targets(kind: str, *models: type[Model]) -> None:
    """Let the app that owns a kind of routing target say whose rows they are. Each has a name, and a page here."""
    _models[kind] = models


def rows_led_to(routes: Iterable[Route]) -> Rows:
    """The rows that the routes name. One query or two for each kind, however many there are."""
    asked: dict[str, set[UUID]] = {}
    for route in routes:
        for kind, key in ((str(route.get("type")), "target_id"), (BUSINESS_HOURS, "business_hours_id")):
            if kind in _models and (known := _as_id(route.get(key))):
                asked.setdefault(kind, set()).add(known)
    return {
        kind: {str(row.pk): row for model in _models[kind] for row in model._default_manager.filter(pk__in=ids)}
        for kind, ids in asked.items()
    }


def route_names(routes: Iterable[Route]) -> list[str]:
    """What people call where the routes lead, each in one line."""
    routes = list(routes)
    known = rows_led_to(routes)
    return [route_name(route, known) for route in routes]


def route_name(route: Route, known: Rows) -> str:
    kind = str(route.get("type") or "")
    if not kind:
        return "–"
    title = TITLES.get(kind, kind.capitalize())
    name = _target(route, known)
    hours = known.get(BUSINESS_HOURS, {}).get(str(route.get("business_hours_id")))
    led = f"{title}: {name}" if name else title
    return f"{led}, while open: {hours}" if hours else led


def _target(route: Route, known: Rows) -> str:
    kind, given = str(route.get("type")), route.get("target_id")
    if given is None:
        return "default queue" if kind == "voicemail" else ""
    if NAMED_BY.get(kind) == "number":
        return phone.spelt(str(given))
    row = known.get(kind, {}).get(str(given))
    return str(row) if row else GONE


def leads_nowhere(route: Route, known: Rows) -> bool:
    """Whether what it names does not exist (any more)."""
    kind = str(route.get("type") or "")
    return bool(kind in _models and route.get("target_id") and str(route["target_id"]) not in known.get(kind, {}))


def route_link(route: Route, known: Rows) -> Any:
    """The route's name; where it leads to a row, a link to that."""
    row = known.get(str(route.get("type")), {}).get(str(route.get("target_id")))
    if row is None:
        return route_name(route, known)
    return format_html('<a href="{}" class="text-primary-600">{}</a>', page_of(row), route_name(route, known))


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def choices(within: Q, *, without: Model | None = None) -> Choices:
    """What a form may offer, of the rows that `within` describes; none that leads back to `without`."""
    found: Choices = []
    for kind in ("queue", "agent", "ivr", "voicemail"):
        offered = [(as_text({"type": kind, "target_id": None}), "Default queue")] if kind == "voicemail" else []
        for model in _models.get(kind, ()):
            rows = model._default_manager.filter(within)[:MOST_OFFERED]
            offered += [
                (as_text({"type": kind, "target_id": str(row.pk)}), str(row))
                for row in rows
                if kind == "voicemail" or row != without
            ]
        found += [(TITLES[kind], offered)] if offered else []
    for kind in ("forward", "hangup"):
        found.append((TITLES[kind], [(as_text({"type": kind, "target_id": None}), TITLES[kind])]))
    return found


def hours_choices(within: Q) -> list[tuple[str, str]]:
    rows = (row for model in _models.get(BUSINESS_HOURS, ()) for row in model._default_manager.filter(within))
    return [("", "Always"), *((str(row.pk), str(row)) for row in rows)]


def beside(route: Route) -> str:
    """What a route to a queue says beside the queue, in words; empty when that is nothing."""
    told = [f"priority {route['priority']}"] if route.get("priority") else []
    told += [f"needs {', '.join(route['skills'])}"] if route.get("skills") else []
    return "; ".join(told)


def chosen(route: Route, known: Rows) -> dict[str, str]:
    """A route as a choice: its heading, its name below that, its text."""
    more = beside(route)
    name = _target(route, known) or route_name(route, known)
    return {
        "heading": TITLES.get(str(route.get("type")), ""),
        "name": f"{name} ({more})" if more else name,
        "value": as_text(route),
    }


def as_text(route: Route) -> str:
    return json.dumps(route, sort_keys=True)


class RouteSelect(UnfoldAdminSelectWidget):
    """One list with headings; `route_picker.js` makes a kind and a fitting list of names of it."""

    class Media:
        css: ClassVar = {"all": ["numbers/route_picker.css"]}
        js = (Script("numbers/route_picker.js", type="module"),)

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"data-route-picker": "", **(attrs or {})}, choices)


class RouteFormField(forms.ChoiceField):
    """Where callers go: one of what the organisation has, or a number. Whether it may, the action says."""

    is_one_thing = True  # for people: what is wrong with a part of it is wrong with it

    def __init__(self, *, otherwise: str = "–", **kwargs: Any) -> None:
        self.otherwise = otherwise  # what it means when nothing is chosen
        super().__init__(**{"required": False, "widget": RouteSelect, **kwargs})

    def offer(self, found: Choices, present: Route) -> None:
        """`present`: what is chosen now; kept as it is, even when there is more to it than a form can say."""
        known = {value for _, group in found for value, _ in group}
        if present and as_text(present) not in known:
            kept = chosen(present, rows_led_to([present]))
            option = (kept["value"], kept["name"])
            found = [(title, [*group, option] if title == kept["heading"] else group) for title, group in found]
        self.choices = [("", self.otherwise), *found]

    def prepare_value(self, value: Any) -> Any:
        return as_text(value) if isinstance(value, dict) and value else value or ""

    def valid_value(self, value: Any) -> bool:
        return True  # a number to forward to is in no list

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        if not chosen:
            return None
        try:
            route = json.loads(chosen)
        except ValueError:
            route = None
        if not isinstance(route, dict):
            raise forms.ValidationError("Choose one of the list")
        return route


def _as_id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
