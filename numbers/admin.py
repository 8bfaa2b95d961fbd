"""The organisation's phone numbers in the admin site, and how they differ from the carrier's list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from numbers import actions, drift
from numbers.models import Drift, PhoneNumber
from numbers.registry import BUSINESS_HOURS
from zerovoice.accounts.admin import ReadOnlyAdmin, organizations_with, principal_in, staff_user
from zerovoice.api.errors import ApiError
from zerovoice.carrier.errors import CarrierError
from zerovoice.lib import clock

_ADDRESSES = {
    "voice_url": "calls",
    "voice_fallback_url": "calls in an emergency",
    "status_callback": "ends of calls",
    "sms_url": "messages",
    "sms_fallback_url": "messages in an emergency",
}
_KINDS = {kind.label: colour for kind, colour in zip(Drift.Kind, ("danger", "info", "warning"), strict=True)}

_TITLES = {"ivr": "Menu", "forward": "Forward to", "voicemail": "Voicemail"}

Names = Callable[[Iterable[str]], Mapping[str, str]]
_names: dict[str, Names] = {}


def name_targets(kind: str, names: Names) -> None:
    """Let the app that owns a kind of routing target say what its rows are called; we know only their ids."""
    _names[kind] = names


def route_names(routes: Iterable[Mapping[str, Any]]) -> list[str]:
    """What people call where the routes lead. One query or two for each kind, however many there are."""
    routes = list(routes)
    asked: dict[str, set[str]] = {}
    for route in routes:
        asked.setdefault(route.get("type", ""), set()).add(route.get("target_id") or "")
        asked.setdefault(BUSINESS_HOURS, set()).add(route.get("business_hours_id") or "")
    known = {kind: _names[kind](filter(None, ids)) for kind, ids in asked.items() if kind in _names}
    return [_name(route, known) for route in routes]


def _name(route: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> str:
    kind = str(route.get("type") or "")
    title = _TITLES.get(kind, kind.capitalize()) or "–"
    name = known.get(kind, {}).get(route.get("target_id") or "")
    hours = known.get(BUSINESS_HOURS, {}).get(route.get("business_hours_id") or "")
    led = f"{title}: {name}" if name else title
    return f"{led}, while open: {hours}" if hours else led


class NumbersAdmin(ReadOnlyAdmin):
    """What the system writes, with actions for those who may write."""

    scope = "numbers"
    list_select_related = ["organization"]
    list_per_page = 50
    show_full_result_count = False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "numbers:write"))

    def writable(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of the chosen rows, those that the person may act upon."""
        if staff_user(request).is_superuser:
            return rows
        return rows.filter(organization__in=organizations_with(request, "numbers:write"))

    def carry_out(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str) -> None:
        """`act` on each row; what is refused is said, and the others are done all the same."""
        count = 0
        for row in rows:
            try:
                act(row)
                count += 1
            except ApiError as error:
                self.message_user(request, f"{row.number}: {error.message}", messages.ERROR)
        self.message_user(request, f"{count} {done}")


@admin.register(PhoneNumber)
class PhoneNumberAdmin(NumbersAdmin):
    list_display = [
        "number_",
        "friendly_name",
        "leads_to",
        "number_type",
        "country",
        "can",
        "status_label",
        "differs",
        "organization",
    ]
    list_filter = ["status", "number_type", "country"]
    search_fields = ["number", "friendly_name"]
    search_help_text = "Part of a number or of its name"
    ordering = ["-id"]
    sortable_by = ["friendly_name"]
    actions = ["repair", "release"]
    fields = [
        ("number_", "friendly_name"),
        ("leads_to", "can"),
        ("number_type", "country"),
        ("status_label", "failure_reason"),
        ("differs", "organization"),
        ("sid", "account_sid"),
        "created_at",
    ]
    readonly_fields = [name for row in fields for name in ([row] if isinstance(row, str) else row)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneNumber]:
        return super().get_queryset(request).select_related("organization").prefetch_related("drifts")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of all targets of a page in one query for each kind."""
        changelist = super().get_changelist_instance(request)
        _tell_targets(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _tell_targets([found] if found else [])
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

    @display(
        description="Status",
        label={"Active": "success", "Purchasing": "info", "Releasing": "warning", "Not bought": "danger"},
    )
    def status_label(self, number: PhoneNumber) -> str:
        return str(number.get_status_display())

    @display(description="At the carrier", label=_KINDS)
    def differs(self, number: PhoneNumber) -> str:
        return next((found.get_kind_display() for found in number.drifts.all()), "")

    @admin.action(description="Have its calls and messages come here again", permissions=["act"])
    def repair(self, request: HttpRequest, queryset: QuerySet[PhoneNumber]) -> None:
        self.carry_out(
            request,
            self.writable(request, queryset).select_related("organization"),
            lambda number: actions.repair_number(principal=principal_in(request, number.organization), number=number),
            "told to the carrier within moments",
        )

    @admin.action(description="Give back to the carrier, for good", permissions=["act"])
    def release(self, request: HttpRequest, queryset: QuerySet[PhoneNumber]) -> None:
        self.carry_out(
            request,
            self.writable(request, queryset).select_related("organization"),
            lambda number: actions.release_number(principal=principal_in(request, number.organization), number=number),
            "released",
        )


@admin.register(Drift)
class DriftAdmin(NumbersAdmin):
    """The last comparison. What nobody here owns on the shared account is shown to operators only."""

    list_display = ["number", "kind_label", "what", "account_sid", "found", "organization"]
    list_filter = ["kind"]
    search_fields = ["number"]
    search_help_text = "Part of a number"
    ordering = ["-found_at"]
    sortable_by = ()
    fields = [("number", "kind_label"), ("what", "found"), ("account_sid", "sid"), "organization"]
    readonly_fields = ["number", "kind_label", "what", "found", "account_sid", "sid", "organization"]
    actions = ["adopt", "compare"]

    @display(description="Difference", label=_KINDS)
    def kind_label(self, found: Drift) -> str:
        return str(found.get_kind_display())

    @display(description="What goes elsewhere")
    def what(self, found: Drift) -> str:
        return ", ".join(_ADDRESSES.get(name, name) for name in found.fields) or "–"

    @display(description="Since", ordering="found_at")
    def found(self, found: Drift) -> str:
        since = clock.now() - found.found_at
        return f"{since.days} days" if since.days else "today"

    @admin.action(description="Take over into the organization whose account it is on", permissions=["act"])
    def adopt(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        unowned = self.writable(request, queryset).filter(kind=Drift.Kind.UNKNOWN)
        if unowned.filter(organization=None).exists():
            words = "Numbers of the shared account: manage.py adopt_number <organization> <number>"
            self.message_user(request, words, messages.WARNING)
        self.carry_out(
            request,
            unowned.exclude(organization=None).select_related("organization"),
            lambda found: actions.adopt_number(
                organization_id=found.organization_id,
                phone_number=found.number,
                principal=principal_in(request, found.organization),
            ),
            "taken over",
        )

    @admin.action(description="Compare with the carrier now", permissions=["act"])
    def compare(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        for account_sid in set(self.writable(request, queryset).values_list("account_sid", flat=True)):
            try:
                drift.compare(account_sid)
            except CarrierError:
                self.message_user(request, f"{account_sid}: the carrier is not available", messages.ERROR)


def _tell_targets(numbers: Iterable[Any]) -> None:
    numbers = list(numbers)
    for number, name in zip(numbers, route_names(number.routing for number in numbers), strict=True):
        number.target_name = name
