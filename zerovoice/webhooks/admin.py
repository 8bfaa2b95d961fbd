"""Webhook endpoints in the admin site. What was sent to them: `log_admin`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from zerovoice.accounts.admin import principal_in, show_once
from zerovoice.accounts.lists import local
from zerovoice.api.errors import ApiError
from zerovoice.backoffice.orders import Order, OrdersAdmin
from zerovoice.lib import clock, guarded
from zerovoice.webhooks import actions, catalogue, log_admin  # noqa: F401  # registers itself
from zerovoice.webhooks.models import Delivery, Endpoint

_ONCE = "Copy it now to where signatures are verified. It is not shown again: if it is lost, rotate it."
_LINK = "text-primary-600 dark:text-primary-500"


class EndpointForm(forms.ModelForm):
    types = forms.CharField(
        label="Kinds of events",
        help_text="Separated by commas: call.*, voicemail.new, or * for all",
        widget=UnfoldAdminTextInputWidget,
    )
    url = forms.CharField(label="URL", max_length=2048, widget=UnfoldAdminTextInputWidget)

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
class EndpointAdmin(OrdersAdmin):
    scope = "settings"
    form = EndpointForm
    list_display = ["name", "wants", "state_label", "why", "waiting", "failing", "organization"]
    list_select_related = ["organization"]
    search_fields = ["url", "description"]
    sortable_by = ()
    readonly_fields = ["state_label", "why", "failing", "waiting", "overlap", "log"]
    fields = ["organization", "url", "description", "types", "enabled"]
    shown = [*fields, ("state_label", "why"), ("failing", "waiting"), ("overlap", "log")]
    actions = ["rotate", "test"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).filter(deleted_at=None).defer("secret", "previous_secret")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", *self.readonly_fields] if obj else []

    @display(description="Endpoint")
    def name(self, endpoint: Endpoint) -> str:
        return f"{endpoint.description} ({endpoint.url})" if endpoint.description else endpoint.url

    @display(description="Is told of")
    def wants(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.types)

    @display(description="State", label={"Enabled": "success", "Disabled": "danger"})
    def state_label(self, endpoint: Endpoint) -> str:
        return "Enabled" if endpoint.enabled else "Disabled"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shown if obj else self.fields

    @display(description="Why it is disabled, and since when")
    def why(self, endpoint: Endpoint) -> str:
        if endpoint.enabled:
            return "–"
        return f"{endpoint.get_disabled_reason_display()}, {local(endpoint.disabled_at, self._zone(endpoint))}"

    @display(description="Every attempt has failed since")
    def failing(self, endpoint: Endpoint) -> str:
        return local(endpoint.failing_since, self._zone(endpoint))

    @display(description="The secret before signs until")
    def overlap(self, endpoint: Endpoint) -> str:
        until = endpoint.previous_secret_until
        return local(until if until and until > clock.machine_now() else None, self._zone(endpoint))

    @display(description="Log")
    def log(self, endpoint: Endpoint) -> Any:
        """A list filters by enabled endpoints and by disabled ones alike."""
        url = reverse("admin:webhooks_delivery_changelist")
        query = urlencode({"in": endpoint.organization_id, "endpoint": endpoint.pk})
        return format_html('<a href="{}?{}" class="{}">Its deliveries</a>', url, query, _LINK)

    def orders(self, row: Endpoint) -> list[Order]:
        if not row.enabled:
            return [Order("enable", "Enable again")]
        sure = "Rotate the secret? For a day, messages are signed with the old one as well."
        return [
            Order("test", "Send a test event"),
            Order("undelivered", "Send what failed in the last day again"),
            Order("rotate", "Rotate the secret", sure),
        ]

    def order_enable(self, request: HttpRequest, row: Endpoint) -> str:
        actions.change_endpoint(endpoint=row, principal=principal_in(request, row.organization), enabled=True)
        return "It is enabled. What was not delivered meanwhile can be sent again."

    def order_test(self, request: HttpRequest, row: Endpoint) -> str:
        actions.send_test(endpoint=row, principal=principal_in(request, row.organization))
        return "A test event is on its way; see its deliveries."

    def order_undelivered(self, request: HttpRequest, row: Endpoint) -> str:
        now = clock.now()
        replay = actions.replay(
            endpoint=row, principal=principal_in(request, row.organization), since=now - timedelta(days=1), until=now
        )
        return "There was nothing." if replay.finished_at else "It is sent again, in the order in which it happened."

    def order_rotate(self, request: HttpRequest, row: Endpoint) -> HttpResponse:
        return show_once(
            request, self, title="The endpoint's new secret", words=_ONCE, secrets=[self._fresh(request, row)]
        )

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
        if change:
            changed = {name: value for name, value in given.items() if name in form.changed_data}
            actions.change_endpoint(endpoint=obj, principal=actor, **changed)
            return
        made = actions.create_endpoint(organization_id=obj.organization_id, principal=actor, **given)
        obj.pk, obj.secret = made.pk, made.secret

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: Any = None) -> HttpResponse:
        return show_once(request, self, title="The endpoint's secret", words=_ONCE, secrets=[obj.secret])

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        actions.delete_endpoint(endpoint=obj, principal=principal_in(request, obj.organization))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only it: its log is not counted through, and goes with the events."""
        return [str(endpoint) for endpoint in objs], {"endpoints": len(objs)}, set(), []

    @admin.action(description="Rotate the secret (a day of overlap)", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> HttpResponse:
        secrets = [f"{endpoint}: {self._fresh(request, endpoint)}" for endpoint in self._changeable(request, queryset)]
        return show_once(request, self, title="New secrets", words=_ONCE, secrets=secrets)

    def _fresh(self, request: HttpRequest, endpoint: Endpoint) -> str:
        return actions.rotate_secret(signer=endpoint, principal=principal_in(request, endpoint.organization))

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
