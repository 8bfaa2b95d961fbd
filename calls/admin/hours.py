from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import display

from calls.actions import hours
from calls.admin.forms import ActionAdmin, ActionForm, ReadableJSONFormField, RouteFormField
from calls.admin.routes import targets
from calls.hours import DAYS, why_closed
from calls.models import BusinessHours
from calls.serializers.hours import WriteBusinessHoursSerializer
from numbers.admin import route_names
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.api.principal import Principal
from zerovoice.lib import clock

_STATES = {"": "open", "closed": "closed", "holiday": "closed: a holiday", "exception": "closed: an own date"}


class BusinessHoursForm(ActionForm):
    serializer = WriteBusinessHoursSerializer
    weekly = ReadableJSONFormField(
        initial=dict,
        required=False,
        help_text='{"monday": [["09:00", "12:00"], ["13:00", "24:00"]]}; a day that is not there is closed',
    )
    exceptions = ReadableJSONFormField(
        initial=list,
        required=False,
        label="Own dates",
        help_text='[{"date": "2026-12-24", "name": "Christmas Eve", "open": [["09:00", "12:00"]]}]',
    )
    closed_route = RouteFormField(label="While closed", help_text="If nothing is chosen: default queue's voicemail")

    class Meta:
        model = BusinessHours
        fields = [
            *("organization", "name", "timezone", "weekly", "holidays_country", "holidays_subdivision", "exceptions"),
            "closed_route",
        ]

    def payload(self) -> dict[str, Any]:
        data = super().payload()
        return data | {"weekly": data["weekly"] or {}, "exceptions": data["exceptions"] or []}


@admin.register(BusinessHours)
class BusinessHoursAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = BusinessHoursForm
    readonly_fields = ["now", "week", "own_dates", "while_closed"]
    list_display = ["name", "now", "week", "zone", "holidays"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    list_per_page = 50
    sortable_by = ["name"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BusinessHours]:
        return super().get_queryset(request).select_related("organization")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only read sees the hours, and not how they are written."""
        named = ["organization", ("name", "timezone"), ("holidays_country", "holidays_subdivision")]
        readable = [("now", "while_closed"), ("week", "own_dates")] if obj else []
        writes = self.has_change_permission(request, obj) if obj else True
        return [*named, *readable, *(["weekly", "exceptions", "closed_route"] if writes else [])]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "closed_route" in form.base_fields:
            form.base_fields["closed_route"].offer(targets(self, request, obj), obj.closed_route if obj else {})
        return form

    def perform(self, principal: Principal, obj: BusinessHours | None, checked: dict[str, Any]) -> BusinessHours:
        return hours.save_hours(principal=principal, hours=obj, **checked)

    def perform_delete(self, principal: Principal, obj: BusinessHours) -> None:
        hours.delete_hours(principal=principal, hours=obj)

    @display(description="Now", label={"open": "success"})
    def now(self, of: BusinessHours) -> str:
        return _STATES[why_closed(of.as_hours(), clock.now())]

    @display(description="Week")
    def week(self, of: BusinessHours) -> Any:
        lines = ((day.capitalize()[:3], _spans(of.weekly[day])) for day in DAYS if of.weekly.get(day))
        return format_html_join("", "<div>{} {}</div>", lines) or "Always closed"

    @display(description="Own dates")
    def own_dates(self, of: BusinessHours) -> Any:
        lines = ((row["date"], row.get("name", ""), _spans(row["open"])) for row in of.exceptions)
        return format_html_join("", "<div>{} {} {}</div>", lines) or "–"

    @display(description="While closed")
    def while_closed(self, of: BusinessHours) -> str:
        return route_names([of.closed_route])[0] if of.closed_route else "Voicemail of the default queue"

    @display(description="Zone")
    def zone(self, of: BusinessHours) -> str:
        return of.timezone or str(of.organization.timezone)

    @display(description="Holidays of")
    def holidays(self, of: BusinessHours) -> str:
        return " ".join(filter(None, [of.holidays_country, of.holidays_subdivision])) or "–"


def _spans(spans: Iterable[list[str]]) -> str:
    return ", ".join(f"{begin}–{end}" for begin, end in spans) or "closed"
