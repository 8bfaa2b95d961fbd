"""Webhooks in the admin site: endpoints, what was sent to them, and the events themselves."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts.admin import TenantAdmin, organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local
from zerovoice.api.errors import ApiError
from zerovoice.lib import guarded
from zerovoice.webhooks import actions, catalogue
from zerovoice.webhooks.models import Delivery, Endpoint, Event

_STATE_LABEL = {"Pending": "info", "Processing": "info", "Delivered": "success", "Failed": "danger"}
_MOST_AGAIN = 1000


class EndpointForm(forms.ModelForm):
    types = forms.CharField(help_text="Kinds of events, separated by commas: call.*, voicemail.new, or * for all")

    class Meta:
        model = Endpoint
        fields = ["organization", "url", "description", "types", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:
            self.initial["types"] = ", ".join(self.instance.types)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            guarded.check(url, look_up=True)
        except guarded.Refused as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean_types(self) -> list[str]:
        patterns = [pattern.strip() for pattern in self.cleaned_data["types"].split(",") if pattern.strip()]
        if unknown := [pattern for pattern in patterns if not catalogue.is_known(pattern)]:
            raise forms.ValidationError(f"No kind of event is called {unknown[0]}")
        return patterns


@admin.register(Endpoint)
class EndpointAdmin(TenantAdmin):
    scope = "settings"
    form = EndpointForm
    list_display = ["name", "organization", "wants", "state_label", "waiting", "failing"]
    list_select_related = ["organization"]
    search_fields = ["url", "description"]
    readonly_fields = ["state_label", "failing", "previous_secret_until"]
    fields = ["organization", "url", "description", "types", "enabled", "state_label", "failing"]
    actions = ["rotate", "test"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).filter(deleted_at=None).defer("secret", "previous_secret")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", *self.readonly_fields] if obj else list(self.readonly_fields)

    @display(description="Endpoint")
    def name(self, endpoint: Endpoint) -> str:
        return f"{endpoint.description} ({endpoint.url})" if endpoint.description else endpoint.url

    @display(description="Is told of")
    def wants(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.types)

    @display(description="State", label={"Enabled": "success", "Disabled": "danger"})
    def state_label(self, endpoint: Endpoint) -> str:
        return "Enabled" if endpoint.enabled else "Disabled"

    @display(description="Why, or since when it fails")
    def failing(self, endpoint: Endpoint) -> str:
        if not endpoint.enabled:
            return f"{endpoint.get_disabled_reason_display()}, {local(endpoint.disabled_at, self._zone(endpoint))}"
        return local(endpoint.failing_since, self._zone(endpoint))

    @display(description="Not yet delivered")
    def waiting(self, endpoint: Endpoint) -> str:
        """Counted no further than matters."""
        unsent = Delivery.objects.filter(
            organization=endpoint.organization_id, lane=endpoint.pk, state=Delivery.State.PENDING
        )
        number = unsent.order_by()[:1001].count()
        return "more than 1000" if number > 1000 else str(number)

    @staticmethod
    def _zone(endpoint: Endpoint) -> str:
        return endpoint.organization.timezone

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        actor = principal_in(request, obj.organization)
        given = {name: form.cleaned_data[name] for name in ("url", "description", "types", "enabled")}
        try:
            if change:
                changed = {name: value for name, value in given.items() if name in form.changed_data}
                actions.change_endpoint(endpoint=obj, principal=actor, **changed)
                return
            made = actions.create_endpoint(organization_id=obj.organization_id, principal=actor, **given)
        except ApiError as error:
            messages.error(request, error.message)
            return
        obj.pk = made.pk
        messages.warning(request, f"Copy the secret now, it is not shown again: {made.secret}")

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        actions.delete_endpoint(endpoint=obj, principal=principal_in(request, obj.organization))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset.select_related("organization"):
            self.delete_model(request, endpoint)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only it: its log is not counted through, and goes with the events."""
        return [str(endpoint) for endpoint in objs], {"endpoints": len(objs)}, set(), []

    @admin.action(description="Rotate the secret (a day of overlap)", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in self._changeable(request, queryset):
            fresh = actions.rotate_secret(signer=endpoint, principal=principal_in(request, endpoint.organization))
            messages.warning(request, f"{endpoint}: copy the new secret now, it is not shown again: {fresh}")

    @admin.action(description="Send a test event", permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in self._changeable(request, queryset):
            try:
                actions.send_test(endpoint=endpoint, principal=principal_in(request, endpoint.organization))
            except ApiError as error:
                messages.error(request, f"{endpoint}: {error.message}")
            else:
                messages.info(request, f"{endpoint}: a test event is on its way; see its deliveries")

    def _changeable(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> list[Endpoint]:
        rows = queryset.select_related("organization")
        return [endpoint for endpoint in rows if self.has_change_permission(request, endpoint)]


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Delivery.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(state=self.value()) if self.value() else queryset


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


class KindFilter(DropdownFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name) for kind in catalogue.every()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(GrowingAdmin):
    scope = "settings"
    list_display = ["when", "kind", "where", "state_label", "attempts", "last_error", "next_attempt"]
    list_filter = [OrganizationFilter, WhenFilter, StateFilter, EndpointFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization", "endpoint"]
    ordering = ["-created_at", "-id"]
    fields = [
        ("kind", "where", "state_label"), ("attempts", "response_status", "last_error"),
        ("when", "next_attempt", "finished_at"), "history", "body", ("event_id", "id", "organization"),
    ]  # fmt: skip
    readonly_fields = [
        "kind", "where", "state_label", "attempts", "response_status", "last_error", "when", "next_attempt",
        "finished_at", "history", "body", "event_id", "id", "organization",
    ]  # fmt: skip
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("endpoint__secret", "endpoint__previous_secret")

    @display(description="When")
    def when(self, delivery: Delivery) -> str:
        return local(delivery.created_at, delivery.organization.timezone)

    @display(description="Where to")
    def where(self, delivery: Delivery) -> str:
        return str(delivery.endpoint) if delivery.endpoint else delivery.url or "–"

    @display(description="State", label=_STATE_LABEL)
    def state_label(self, delivery: Delivery) -> str:
        return str(delivery.get_state_display())

    @display(description="Next attempt")
    def next_attempt(self, delivery: Delivery) -> str:
        pending = delivery.state == Delivery.State.PENDING
        return local(delivery.due_at if pending else None, delivery.organization.timezone)

    @display(description="Attempts, one by one")
    def history(self, delivery: Delivery) -> Any:
        lines = (
            (entry["at"], entry["status"] or "no answer", entry["latency_ms"], entry["error"]) for entry in delivery.log
        )
        return format_html_join("", "<div>{}: {} in {} ms. {}</div>", lines) or "–"

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
    list_display = ["when", "kind", "subject", "position", "told"]
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
    def subject(self, event: Event) -> str:
        return f"{event.subject_type.replace('_', ' ')} {event.subject_id}"

    @display(description="Delivered")
    def told(self, event: Any) -> str:
        return f"{event.delivered or 0} of {event.all_told}" if event.all_told else "–"

    @display(description="Data")
    def contents(self, event: Event) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2))
