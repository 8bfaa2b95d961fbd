"""The organisation's phone numbers: where their calls go, what they can, what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from numbers import actions
from numbers.admin import targets
from numbers.admin.acting import carry_out, may_write, writable
from numbers.admin.drift import KINDS
from numbers.models import PhoneNumber
from numbers.serializers import ConfigSerializer
from zerovoice.accounts.admin import principal_in
from zerovoice.accounts.lists import OrganizationFilter, local
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm
from zerovoice.billing.models import Account
from zerovoice.billing.spending import number_months
from zerovoice.lib import clock, phone

#: What of a route stands in fields of its own.
_BESIDE = ("priority", "skills", "business_hours_id")


class NumberForm(ActionForm):
    serializer = ConfigSerializer
    names = {"routing": "leads"}
    leads = targets.RouteFormField(label="Calls go to", otherwise="The default queue")
    hours = forms.ChoiceField(
        label="While open",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="While these hours are closed, calls go where the hours say",
    )
    priority = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=99,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="To a queue: higher ones are served first; 0 if empty",
    )
    skills = forms.CharField(
        label="Skills needed",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="To a queue: what an agent must know to be rung, such as: french, billing",
    )

    class Meta:
        model = PhoneNumber
        fields = ["friendly_name"]
        labels: ClassVar = {"friendly_name": "Name"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "leads" not in self.fields:
            return  # who may only read
        route = self.instance.routing or {}
        self.initial["leads"] = {name: value for name, value in route.items() if name not in _BESIDE}
        self.initial["hours"] = route.get("business_hours_id") or ""
        self.initial["priority"] = route.get("priority")
        self.initial["skills"] = ", ".join(route.get("skills") or [])

    def clean(self) -> dict[str, Any]:
        beside = [name for name in ("hours", "priority", "skills") if self.cleaned_data.get(name)]
        if beside and "leads" in self.cleaned_data and not self.cleaned_data["leads"]:
            self.add_error("leads", "Choose where calls go")
        return super().clean()

    def payload(self) -> dict[str, Any]:
        """An untouched route is not sent: nobody is told that where calls go was changed."""
        data = {"friendly_name": self.cleaned_data["friendly_name"]}
        route = self.cleaned_data["leads"]
        if not route or not {"leads", "hours", "priority", "skills"} & set(self.changed_data):
            return data
        skills = [word.strip() for word in self.cleaned_data["skills"].split(",") if word.strip()]
        beside = {
            "priority": self.cleaned_data["priority"],
            "skills": skills,
            "business_hours_id": self.cleaned_data["hours"],
        }
        return {**data, "routing": route | {name: value for name, value in beside.items() if value}}


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ActionAdmin):
    scope = "numbers"
    form = NumberForm
    list_display = ["number_", "called", "leads_to", "can", "month", "status_label", "differs"]
    list_filter = [OrganizationFilter, "status", "number_type"]
    list_filter_submit = True
    list_select_related = ["organization"]
    list_per_page = 50
    search_fields = ["number", "friendly_name"]
    search_help_text = "Part of a number or of its name"
    ordering = ["-id"]
    sortable_by = ["called"]
    actions = ["repair"]
    actions_list = ["buy"]
    actions_detail = ["release"]
    readonly_fields = [
        *("number_", "leads_to", "can", "kind", "country", "month", "status_label", "failure", "differs", "since"),
        *("sid", "account_sid"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneNumber]:
        return super().get_queryset(request).select_related("organization").prefetch_related("drifts")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        failed = obj is not None and obj.status == PhoneNumber.Status.FAILED
        state = ("status_label", "failure") if failed else ("status_label",)
        named = [("number_", "friendly_name"), ("can", "month"), state]
        routed: list[Any] = ["leads_to"]
        if obj is not None and self.has_change_permission(request, obj):
            routed = ["leads", ("hours", "priority"), "skills"]
        carrier = {
            "classes": ["collapse"],
            "fields": [("kind", "country"), ("differs", "since"), ("sid", "account_sid")],
        }
        return [(None, {"fields": named}), ("Calls", {"fields": routed}), ("At the carrier", carrier)]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "leads" in form.base_fields:
            within = self.within(request, obj)
            route = {name: value for name, value in (obj.routing or {}).items() if name not in _BESIDE}
            form.base_fields["leads"].offer(targets.choices(within), route)
            form.base_fields["hours"].choices = targets.hours_choices(within)
        return form

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        _know(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _know([found] if found else [])
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # it is bought

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        usable = obj is None or obj.status == PhoneNumber.Status.ACTIVE
        return usable and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is given back

    def has_act_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may_write(request)

    def perform(self, principal: Principal, obj: PhoneNumber | None, checked: dict[str, Any]) -> PhoneNumber:
        assert obj is not None
        return actions.configure_number(principal=principal, number=obj, **checked)

    # --- actions ---

    @action(description="Buy a number", url_path="buy-a-number", permissions=["act"], icon="add_call")
    def buy(self, request: HttpRequest) -> HttpResponseRedirect:
        return redirect("admin:buy_number")

    @action(description="Give back …", url_path="give-back", permissions=["act"], icon="phone_disabled")
    def release(self, request: HttpRequest, object_id: UUID) -> HttpResponseRedirect:
        return redirect("admin:release_number", pk=object_id)

    @admin.action(description="Have its calls and messages come here again", permissions=["act"])
    def repair(self, request: HttpRequest, queryset: QuerySet[PhoneNumber]) -> None:
        carry_out(
            self,
            request,
            writable(request, queryset).select_related("organization"),
            lambda number: actions.repair_number(principal=principal_in(request, number.organization), number=number),
            "told to the carrier within moments",
        )

    # --- columns ---

    @display(description="Number")
    def number_(self, number: PhoneNumber) -> str:
        return phone.spelt(number.number)

    @display(description="Name", ordering="friendly_name")
    def called(self, number: PhoneNumber) -> str:
        return number.friendly_name or "–"

    @display(description="Calls go to")
    def leads_to(self, number: Any) -> Any:
        return number.target

    @display(description="Can")
    def can(self, number: PhoneNumber) -> str:
        able = [word for word, can in (("calls", number.voice), ("SMS", number.sms), ("MMS", number.mms)) if can]
        return ", ".join(able) or "–"

    @display(description="Kind")
    def kind(self, number: PhoneNumber) -> str:
        return str(number.get_number_type_display())

    @display(description="A month")
    def month(self, number: Any) -> str:
        return f"{number.rate.amount:.2f} {number.rate.currency}" if number.rate else "–"

    @display(
        description="Status",
        label={"Active": "success", "Purchasing": "info", "Releasing": "warning", "Not bought": "danger"},
    )
    def status_label(self, number: PhoneNumber) -> str:
        return str(number.get_status_display())

    @display(description="Why it was not bought")
    def failure(self, number: PhoneNumber) -> str:
        return number.failure_reason.replace("_", " ") or "–"

    @display(description="At the carrier", label=KINDS)
    def differs(self, number: PhoneNumber) -> str:
        return next((found.get_kind_display() for found in number.drifts.all()), "")

    @display(description="Here since")
    def since(self, number: PhoneNumber) -> str:
        return local(number.created_at, number.organization.timezone)


def _know(numbers: Iterable[Any]) -> None:
    """Where each leads and what it costs, looked up for all of them at once."""
    numbers = list(numbers)
    known = targets.rows_led_to(number.routing for number in numbers)
    rates = _rates(numbers)
    for number in numbers:
        number.target = targets.route_link(number.routing, known) if number.routing else "Default queue"
        number.rate = rates.get(number.pk)


def _rates(numbers: list[Any]) -> dict[UUID, Any]:
    organizations = {number.organization_id for number in numbers}
    currencies = dict(Account.objects.filter(organization__in=organizations).values_list("organization_id", "currency"))
    found = {}
    today = clock.now().astimezone(UTC).date()
    for currency in set(currencies.values()):
        priced = [number for number in numbers if currencies.get(number.organization_id) == currency]
        rates = number_months([number.number for number in priced], currency, today)
        found.update({number.pk: rates[number.number] for number in priced if number.number in rates})
    return found
