"""The organisation's phone numbers in the admin site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from numbers.models import PhoneNumber
from zerovoice.accounts.admin import ReadOnlyAdmin

Names = Callable[[Iterable[UUID]], dict[UUID, str]]
_names: dict[str, Names] = {}


def name_targets(kind: str, names: Names) -> None:
    """Let the app that owns a kind of routing target say what its rows are called; we know only their ids."""
    _names[kind] = names


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnlyAdmin):
    scope = "numbers"
    list_display = [
        "number_",
        "friendly_name",
        "leads_to",
        "number_type",
        "country",
        "can",
        "status_label",
        "organization",
    ]
    list_filter = ["status", "number_type", "country"]
    list_select_related = ["organization"]
    list_per_page = 50
    search_fields = ["number", "friendly_name"]
    search_help_text = "Part of a number or of its name"
    ordering = ["-id"]
    sortable_by = ["friendly_name"]
    fields = [
        ("number_", "friendly_name"),
        ("leads_to", "can"),
        ("number_type", "country"),
        ("status_label", "organization"),
        ("sid", "created_at"),
    ]
    readonly_fields = [name for pair in fields for name in pair]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneNumber]:
        return super().get_queryset(request).select_related("organization")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of all targets of a page in one query for each kind."""
        changelist = super().get_changelist_instance(request)
        _name(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _name([found] if found else [])
        return found

    @display(description="Number")
    def number_(self, number: PhoneNumber) -> str:
        return number.number

    @display(description="Calls go to")
    def leads_to(self, number: Any) -> str:
        return number.target_name

    @display(description="Can")
    def can(self, number: PhoneNumber) -> str:
        able = [word for word, can in (("calls", number.voice), ("SMS", number.sms), ("MMS", number.mms)) if can]
        return ", ".join(able) or "–"

    @display(description="Status", label={"Active": "success", "Released": "default"})
    def status_label(self, number: PhoneNumber) -> str:
        return str(number.get_status_display())


def _name(numbers: Iterable[Any]) -> None:
    numbers = list(numbers)
    targets = {number: _target(number) for number in numbers}
    kinds = {kind for kind, target in targets.values() if target}
    known = {
        kind: _names[kind]([target for other, target in targets.values() if target and other == kind])
        for kind in kinds
        if kind in _names
    }
    for number, (kind, target) in targets.items():
        name = known.get(kind, {}).get(target) if target else None
        number.target_name = f"{kind.capitalize()}: {name}" if name else kind.capitalize() or "–"


def _target(number: PhoneNumber) -> tuple[str, UUID | None]:
    kind = str(number.routing.get("type") or "")
    try:
        return kind, UUID(str(number.routing.get("target_id") or ""))
    except ValueError:
        return kind, None
