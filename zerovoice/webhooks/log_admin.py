"""What was sent to endpoints, and the events themselves, in the admin site."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, chosen_organization, local
from zerovoice.backoffice.orders import Order, OrdersAdmin
from zerovoice.webhooks import actions, catalogue
from zerovoice.webhooks.models import Delivery, Endpoint, Event

_STATE_LABEL = {
    "Waiting": "info", "Failing, tried again": "warning", "Being sent": "info", "Delivered": "success",
    "Failed": "danger",
}  # fmt: skip
_WORDS = {"dnc_entry": "Do-not-call entry", "gdpr_request": "Privacy request"}
_MOST_AGAIN = 1000
_LINK = "text-primary-600 dark:text-primary-500"
#: Whose page an event's subject has, by the names of apps above.
_PAGES = {
    "call": "calls.Call", "message": "messaging.Message", "voicemail": "calls.Voicemail", "agent": "calls.Agent",
    "recording": "calls.Recording", "transcript": "calls.Transcript", "number": "numbers.PhoneNumber",
    "endpoint": "webhooks.Endpoint", "dnc_entry": "compliance.DncEntry", "gdpr_request": "compliance.PrivacyRequest",
}  # fmt: skip


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Delivery.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        state = self.value()
        if not state or state == Delivery.State.DELIVERED:  # which most are: the newest are soon found
            return queryset.filter(state=state) if state else queryset
        # The index of what is not delivered has the endpoint before the state.
        organization = chosen_organization(request, "settings")
        endpoints = Endpoint.objects.filter(organization=organization).values_list("pk", flat=True)
        return queryset.filter(Q(endpoint__in=list(endpoints)) | Q(endpoint=None), state=state)


class EndpointFilter(DropdownFilter):
    title = "endpoint"
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.admin_site.get_model_admin(Endpoint).get_queryset(request).order_by("-id")
        return [("none", "Single requests"), *((str(row.pk), str(row)) for row in rows[:200])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = self.value()
        if not chosen:
            return queryset
        return queryset.filter(endpoint=None if chosen == "none" else chosen)


class DeliveryKindFilter(DropdownFilter):
    """Of one endpoint: only there an index has the kinds."""

    title = "kind of event"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get("endpoint")
        return [(kind.name, kind.name) for kind in catalogue.every()] if chosen and chosen != "none" else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen else queryset


class KindFilter(DropdownFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name) for kind in catalogue.every()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(OrdersAdmin, GrowingAdmin):
    scope = "settings"
    list_display = ["when", "kind", "about", "where", "state_label", "attempts", "answer", "next_attempt"]
    list_filter = [OrganizationFilter, WhenFilter, EndpointFilter, StateFilter, DeliveryKindFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization", "endpoint", "event"]
    ordering = ["-created_at", "-id"]
    fields = [
        ("kind", "subject"), ("where", "state_label"), ("attempts", "answer"), ("when", "next_attempt", "finished"),
        "history", "sent", ("event_link", "id", "organization"),
    ]  # fmt: skip
    readonly_fields = [
        "kind", "subject", "where", "state_label", "attempts", "answer", "when", "next_attempt", "finished",
        "history", "sent", "event_link", "id", "organization",
    ]  # fmt: skip
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("endpoint__secret", "endpoint__previous_secret")

    def orders(self, row: Delivery) -> list[Order]:
        over = row.state in (Delivery.State.DELIVERED, Delivery.State.FAILED)
        reachable = row.endpoint is None or (row.endpoint.enabled and not row.endpoint.deleted_at)
        return [Order("send_again", "Send again")] if over and row.body and reachable else []

    def order_send_again(self, request: HttpRequest, row: Delivery) -> str:
        done = actions.send_again(deliveries=[row], principal=principal_in(request, row.organization))
        return "It is being sent again: the same id, the same body." if done else "It is about to be sent already."

    @display(description="About")
    def about(self, delivery: Delivery) -> str:
        return _kind_of(delivery.event)

    @display(description="About")
    def subject(self, delivery: Delivery) -> Any:
        return _subject(delivery.event)

    @display(description="Event")
    def event_link(self, delivery: Delivery) -> Any:
        url = reverse("admin:webhooks_event_change", args=[delivery.event_id])
        return format_html('<a href="{}" class="{}">{}</a>', url, _LINK, delivery.event_id)

    @display(description="Last answer")
    def answer(self, delivery: Delivery) -> str:
        if delivery.response_status is None:
            return delivery.last_error or "–"
        said = f" {http.client.responses.get(delivery.response_status, '')}".rstrip()
        return f"{delivery.response_status}{said}"

    @display(description="Ended")
    def finished(self, delivery: Delivery) -> str:
        return local(delivery.finished_at, delivery.organization.timezone)

    @display(description="What is sent")
    def sent(self, delivery: Delivery) -> Any:
        if not delivery.body:
            return "Cleared: it was too old, or about a person who was erased"
        body = _indented(delivery.body)
        return format_html(
            '<details class="bo-fold"><summary>Show</summary><pre class="bo-raw">{}</pre></details>', body
        )

    @display(description="When")
    def when(self, delivery: Delivery) -> str:
        return local(delivery.created_at, delivery.organization.timezone)

    @display(description="Where to")
    def where(self, delivery: Delivery) -> str:
        return str(delivery.endpoint) if delivery.endpoint else delivery.url or "–"

    @display(description="State", label=_STATE_LABEL)
    def state_label(self, delivery: Delivery) -> str:
        if delivery.state == Delivery.State.PENDING:
            return "Failing, tried again" if delivery.round_attempts else "Waiting"
        return "Being sent" if delivery.state == Delivery.State.PROCESSING else str(delivery.get_state_display())

    @display(description="Next attempt")
    def next_attempt(self, delivery: Delivery) -> str:
        pending = delivery.state == Delivery.State.PENDING
        return local(delivery.due_at if pending else None, delivery.organization.timezone)

    @display(description="Attempts, one by one")
    def history(self, delivery: Delivery) -> Any:
        zone = delivery.organization.timezone
        lines = (
            (local(datetime.fromisoformat(entry["at"]), zone), entry["status"] or "no answer", entry["latency_ms"],
             entry["error"])
            for entry in delivery.log
        )  # fmt: skip
        return format_html_join("", "<div>{}: {} in {} ms. {}</div>", lines) or "None yet"

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "settings:write"))

    @admin.action(description="Send again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        if not staff_user(request).is_superuser:
            queryset = queryset.filter(organization__in=organizations_with(request, "settings:write"))
        chosen = list(queryset.select_related("endpoint", "organization")[:_MOST_AGAIN])
        by_organization: dict[Any, list[Delivery]] = {}
        for delivery in chosen:
            by_organization.setdefault(delivery.organization, []).append(delivery)
        done = sum(
            actions.send_again(deliveries=theirs, principal=principal_in(request, organization))
            for organization, theirs in by_organization.items()
        )
        self.message_user(request, f"{done} of {len(chosen)} will be sent again")


@admin.register(Event)
class EventAdmin(GrowingAdmin):
    """Everything that happened, as webhooks and the feed tell it."""

    scope = "settings"
    list_display = ["when", "kind", "about", "position", "told"]
    list_filter = [OrganizationFilter, WhenFilter, KindFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization"]
    ordering = ["-created_at", "-id"]
    fields = [("kind", "when"), "subject", ("position", "sequence"), "contents", ("id", "organization")]
    readonly_fields = ["kind", "when", "subject", "position", "sequence", "contents", "id", "organization"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """As subqueries, so that only the page's events are asked about."""
        own = Delivery.objects.filter(event=OuterRef("pk")).order_by().values("event")
        counted = own.annotate(number=Count("pk")).values("number")
        delivered = own.filter(state=Delivery.State.DELIVERED).annotate(number=Count("pk")).values("number")
        rows = super().get_queryset(request)
        return rows.annotate(all_told=Subquery(counted), delivered=Subquery(delivered))

    @display(description="When")
    def when(self, event: Event) -> str:
        return local(event.created_at, event.organization.timezone)

    @display(description="About")
    def about(self, event: Event) -> str:
        return _kind_of(event)

    @display(description="About")
    def subject(self, event: Event) -> Any:
        return _subject(event)

    @display(description="Delivered")
    def told(self, event: Any) -> str:
        return f"{event.delivered or 0} of {event.all_told}" if event.all_told else "–"

    @display(description="Data")
    def contents(self, event: Event) -> Any:
        return format_html('<pre class="bo-raw">{}</pre>', json.dumps(event.data, indent=2))


def _kind_of(event: Event) -> str:
    return _WORDS.get(event.subject_type) or event.subject_type.replace("_", " ").capitalize()


def _subject(event: Event) -> Any:
    """Leads to what it is about, where admin has a page of it and it is still there."""
    words = _kind_of(event)
    label = _PAGES.get(event.subject_type)
    if not label or not _is_there(label, event):
        return f"{words} {event.subject_id}"
    url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[event.subject_id])
    return format_html('<a href="{}" class="{}">{}</a>', url, _LINK, words)


def _is_there(label: str, event: Event) -> bool:
    rows = apps.get_model(label)._base_manager
    return rows.filter(pk=event.subject_id, organization=event.organization_id).exists()


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
