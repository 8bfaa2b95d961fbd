from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import display

from calls.actions import hours
from calls.admin.forms import DatesFormField, WeekFormField, spans_text, week_lines
from calls.hours import why_closed
from calls.models import BusinessHours
from calls.serializers.hours import WriteBusinessHoursSerializer
from numbers.admin import targets
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm
from zerovoice.lib import clock

_STATES = {"": "open", "closed": "closed", "holiday": "closed: a holiday", "exception": "closed: an own date"}


class BusinessHoursForm(ActionForm):
    serializer = WriteBusinessHoursSerializer
    weekly = WeekFormField(
        initial=dict,
        label="Week",
        help_text="A line for each day or some days: Mon-Fri 09:00-12:00, 13:00-24:00. Other days are closed.",
    )
    exceptions = DatesFormField(
        initial=list,
        label="Own dates",
        help_text="A line for each: 2026-12-24 09:00-12:00 Christmas Eve, or 2026-12-25 closed",
    )
    closed_route = targets.RouteFormField(
        label="While closed", help_text="If nothing is chosen: default queue's voicemail"
    )

    class Meta:
        model = BusinessHours
        fields = [
            *("organization", "name", "timezone", "weekly", "holidays_country", "holidays_subdivision", "exceptions"),
            "closed_route",
        ]


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
            offered = targets.choices(self.within(request, obj), without=obj)
            form.base_fields["closed_route"].offer(offered, obj.closed_route if obj else {})
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
        return format_html_join("", "<div>{} {}</div>", week_lines(of.weekly)) or "Always closed"

    @display(description="Own dates")
    def own_dates(self, of: BusinessHours) -> Any:
        lines = ((row["date"], row.get("name", ""), spans_text(row["open"])) for row in of.exceptions)
        return format_html_join("", "<div>{} {} {}</div>", lines) or "–"

    @display(description="While closed")
    def while_closed(self, of: BusinessHours) -> str:
        return targets.route_names([of.closed_route])[0] if of.closed_route else "Voicemail of the default queue"

    @display(description="Zone")
    def zone(self, of: BusinessHours) -> str:
        return of.timezone or str(of.organization.timezone)

    @display(description="Holidays of")
    def holidays(self, of: BusinessHours) -> str:
        return " ".join(filter(None, [of.holidays_country, of.holidays_subdivision])) or "–"
