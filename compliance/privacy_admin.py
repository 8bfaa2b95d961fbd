"""Requests about people's data, legal holds and what went at night, in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from compliance import holds, privacy_pages
from compliance.models import LegalHold, PrivacyRequest, RetentionRun
from contacts.models import Contact
from zerovoice.accounts.admin import principal_in
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, local
from zerovoice.api.errors import ApiError
from zerovoice.backoffice.orders import Order, OrdersAdmin
from zerovoice.carrier.work import State

STATE_LABEL = {"Pending": "info", "Processing": "info", "Done": "success", "Failed": "danger"}


class KindFilter(DropdownFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in PrivacyRequest.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(GrowingAdmin):
    """The list. A request's own page, and that on which one is asked for, are in `privacy_pages`."""

    scope = "compliance"
    list_display = ["what", "when", "person", "state_label", "progress", "waiting", "author", "due_date"]
    list_filter = [OrganizationFilter, KindFilter, StateFilter]
    list_select_related = ["organization"]
    list_before_template = "bulk/list.html"
    ordering = ["-created_at", "-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "write", None)

    @display(description="Request")
    def what(self, request: PrivacyRequest) -> str:
        return privacy_pages.words(request)

    @display(description="Asked")
    def when(self, request: PrivacyRequest) -> str:
        return local(request.created_at, request.organization.timezone)

    @display(description="Person")
    def person(self, request: PrivacyRequest) -> str:
        return ", ".join([*request.names, *request.phones, *request.emails]) or "Forgotten"

    @display(description="State", label=STATE_LABEL)
    def state_label(self, request: PrivacyRequest) -> str:
        return str(request.get_state_display())

    @display(description="Progress")
    def progress(self, request: PrivacyRequest) -> Any:
        return format_html(
            '<progress class="bo-bar" max="100" value="{0}" aria-label="How far it is"></progress>&nbsp;{0}&nbsp;%',
            request.percent,
        )

    @display(description="Waits for")
    def waiting(self, request: PrivacyRequest) -> str:
        return request.waiting_for or "–"

    @display(description="Asked by")
    def author(self, request: PrivacyRequest) -> str:
        return request.author_name or "–"


@admin.register(LegalHold)
class LegalHoldAdmin(OrdersAdmin):
    """Placed on a page of its own (`privacy_pages`) and released, through the actions; never changed."""

    scope = "compliance"
    list_display = ["on", "reason", "author", "when", "released"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    ordering = ["-id"]
    sortable_by = ()
    list_per_page = 50
    show_full_result_count = False
    actions = ["release"]
    fields = [("on_what", "reason"), ("author", "when", "released"), "organization"]
    readonly_fields = ["on_what", "reason", "author", "when", "released", "organization"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # released, so that it can be told what was held, and when

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What all holds of a page are on, in two queries."""
        changelist = super().get_changelist_instance(request)
        _describe(list(changelist.result_list))
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            _describe([found])
        return found

    def orders(self, row: LegalHold) -> list[Order]:
        sure = "Release the hold? Erasures and retention periods then touch what it kept."
        return [] if row.released_at else [Order("release", "Release", sure)]

    def order_release(self, request: HttpRequest, row: LegalHold) -> str:
        holds.release(principal=principal_in(request, row.organization), hold=row)
        return "The hold is released. What was asked to be erased meanwhile has to be asked for again."

    @admin.action(description="Release", permissions=["add"])
    def release(self, request: HttpRequest, queryset: QuerySet[LegalHold]) -> None:
        for hold in queryset.select_related("organization"):
            if not self._may(request, "write", hold):
                continue
            try:
                holds.release(principal=principal_in(request, hold.organization), hold=hold)
            except ApiError as error:
                messages.warning(request, error.message)

    @display(description="On")
    def on(self, hold: Any) -> str:
        return hold.described or f"A {'call' if hold.call_id else 'contact'} that is gone"

    @display(description="On")
    def on_what(self, hold: Any) -> Any:
        """Leads to the contact or the call, where it is still there."""
        if not hold.described:
            return self.on(hold)
        kind = "calls_call" if hold.call_id else "contacts_contact"
        url = reverse(f"admin:{kind}_change", args=[hold.call_id or hold.contact_id])
        return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', url, hold.described)

    @display(description="Placed by")
    def author(self, hold: LegalHold) -> str:
        return hold.author_name or "–"

    @display(description="Placed")
    def when(self, hold: LegalHold) -> str:
        return local(hold.created_at, hold.organization.timezone)

    @display(description="Released")
    def released(self, hold: LegalHold) -> str:
        return local(hold.released_at, hold.organization.timezone)


@admin.register(RetentionRun)
class RetentionRunAdmin(GrowingAdmin):
    scope = "compliance"
    list_display = ["day", "kind", "days", "removed", "held", "state_label"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    ordering = ["-id"]
    fields = [("day", "kind", "state_label"), ("days", "before"), ("removed", "held"), "organization"]
    readonly_fields = ["day", "kind", "state_label", "days", "before", "removed", "held", "organization"]

    @display(description="State", label=STATE_LABEL)
    def state_label(self, run: RetentionRun) -> str:
        return str(run.get_state_display())


def _describe(rows: list[Any]) -> None:
    for organization_id in {row.organization_id for row in rows}:
        theirs = [row for row in rows if row.organization_id == organization_id]
        calls = holds.described_calls(organization_id, [row.call_id for row in theirs if row.call_id])
        contacts = dict(
            Contact.objects.of(organization_id)
            .filter(pk__in=[row.contact_id for row in theirs if row.contact_id])
            .values_list("pk", "name")
        )
        for row in theirs:
            call, contact = calls.get(row.call_id, ""), contacts.get(row.contact_id, "")
            row.described = f"Call of {call}" if call else f"Contact {contact}" if contact else ""
