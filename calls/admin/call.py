from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from calls.actions import hangup
from calls.admin import call_page
from calls.admin.queue import QueueFilter
from calls.models import Agent, Call
from contacts.models import Contact
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import (
    GrowingAdmin,
    OrganizationFilter,
    RelatedFilter,
    WhenFilter,
    local,
    seconds,
)
from zerovoice.api.errors import ApiError
from zerovoice.lib import phone

STATUS_LABEL = {
    "Queued": "warning", "Initiated": "info", "Ringing": "info", "In Progress": "success", "Completed": "default",
    "Busy": "warning", "No Answer": "warning", "Canceled": "default", "Failed": "danger",
}  # fmt: skip
_PUNCTUATION = re.compile(r"[\s().\-/]")


class AgentFilter(RelatedFilter):
    title = "agent"
    parameter_name = "agent"
    model = Agent


class DispositionFilter(DropdownFilter):
    """What happens sets; people's own words are found by the API and the exports."""

    title = "disposition"
    parameter_name = "disposition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Call.Disposition.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        return queryset.filter(disposition=self.value()) if self.value() else queryset


class DirectionFilter(DispositionFilter):
    title = "direction"
    parameter_name = "direction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Call.Direction.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        return queryset.filter(direction=self.value()) if self.value() else queryset


class AnsweredFilter(DispositionFilter):
    """Whatever disposition a person chose since. Read in the index of the day or the direction: most calls are."""

    title = "spoken with"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Somebody spoke with them")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        return queryset.filter(Call.ANSWERED) if self.value() else queryset


class LiveFilter(DropdownFilter):
    title = "live or over"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Live now"), ("no", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Call]:
        if not self.value():
            return queryset
        return queryset.live() if self.value() == "yes" else queryset.over()


@admin.register(Call)
class CallAdmin(GrowingAdmin):
    scope = "calls"
    list_display = [
        *("when", "direction_label", "customer", "ours", "status_label", "outcome", "queue_name", "agent_name"),
        *("waited", "talked"),
    ]
    list_filter = [
        OrganizationFilter, WhenFilter, LiveFilter, DirectionFilter, AnsweredFilter, DispositionFilter, QueueFilter,
        AgentFilter,
    ]  # fmt: skip
    list_before_template = "lists/calendar.html"
    ordering = ["-created_at", "-id"]
    search_fields = ["from_number", "to_number"]
    search_help_text = "A whole phone number, or the id of a call"
    actions = ["hang_up"]
    change_form_template = "calls/call.html"
    fields = readonly_fields = ["id"]  # the page has a template of its own

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        return super().get_queryset(request).select_related("organization", "queue", "agent")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        """Whole numbers and ids, so that an index answers whatever the size of the table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            pass
        digits = _PUNCTUATION.sub("", term).lstrip("+")
        numbers = {term, f"+{digits}", *([f"+1{digits}"] if len(digits) == 10 else [])}
        return queryset.filter(Q(from_number__in=numbers) | Q(to_number__in=numbers)), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = _with_names(changelist.result_list)
        return changelist

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Call | None = None, **kwargs: Any
    ) -> Any:
        if obj is not None:
            context.update(call_page.context(request, obj))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    # --- actions ---

    def has_hang_up_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "calls:write"))

    @admin.action(description="Hang up", permissions=["hang_up"])
    def hang_up(self, request: HttpRequest, queryset: QuerySet[Call]) -> None:
        rows = queryset
        if not staff_user(request).is_superuser:
            rows = rows.filter(organization__in=organizations_with(request, "calls:write"))
        for call in rows:
            try:
                hangup.hang_up(principal=principal_in(request, call.organization), call=call)
                self.message_user(request, f"{call} is being ended")
            except ApiError as error:
                self.message_user(request, f"{call}: {error.message}", "ERROR")

    # --- columns and fields ---

    @display(description="When")
    def when(self, call: Call) -> str:
        return local(call.created_at, call.organization.timezone)

    @display(description="Direction")
    def direction_label(self, call: Call) -> str:
        return "↗ Outbound" if call.direction == Call.Direction.OUTBOUND else "↙ Inbound"

    @display(description="Customer")
    def customer(self, call: Any) -> str:
        number = phone.spelt(call.customer_number)
        return f"{call.contact_name} {number}" if call.contact_name else number

    @display(description="Our number")
    def ours(self, call: Call) -> str:
        return phone.spelt(call.from_number if call.direction == Call.Direction.OUTBOUND else call.to_number)

    @display(description="From")
    def from_(self, call: Call) -> str:
        return call.from_number

    @display(description="To")
    def to(self, call: Call) -> str:
        return call.to_number

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, call: Call) -> str:
        return str(call.get_status_display())

    @display(description="Disposition")
    def outcome(self, call: Call) -> str:
        if not call.disposition:
            return call.get_phase_display() if call.ended_at is None else "–"
        known = dict(Call.Disposition.choices)
        return str(known.get(call.disposition, call.disposition))

    @display(description="Queue")
    def queue_name(self, call: Call) -> str:
        return call.queue.name if call.queue else "–"

    @display(description="Agent")
    def agent_name(self, call: Call) -> str:
        return call.agent.name if call.agent else "–"

    @display(description="Wait")
    def waited(self, call: Call) -> str:
        return seconds(call.wait_seconds)

    @display(description="Talk")
    def talked(self, call: Call) -> str:
        return seconds(call.talk_seconds)


def _with_names(calls: Iterable[Any]) -> list[Any]:
    """Who the customers are, as far as they are contacts: one query for all of them."""
    found = list(calls)
    known = Contact.objects.filter(
        organization__in={call.organization_id for call in found}, phone__in={call.customer_number for call in found}
    )
    names = {(of, number): name for of, number, name in known.values_list("organization_id", "phone", "name")}
    for call in found:
        call.contact_name = names.get((call.organization_id, call.customer_number), "")
    return found
