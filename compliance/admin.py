"""Who must not be contacted, whom we did not contact and why, and at what hours: in the admin site."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from compliance import actions, pages, privacy_admin, settings_page  # noqa: F401  # register themselves
from compliance.models import CarrierBlock, Channel, Decision, DncEntry, QuietHourRule, Settings
from contacts.models import Contact
from zerovoice.accounts.admin import (
    DiscreetAdmin,
    ReadOnlyAdmin,
    RefusableAdmin,
    organizations_with,
    principal_in,
    staff_user,
)
from zerovoice.accounts.lists import BoundedPaginator, OrganizationFilter, chosen_organization, local
from zerovoice.lib import clock, mentions, phone, pseudonym

_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")
_REASON_COLOURS = {
    "Do not call": "danger", "Opted Out": "danger", "Blocked at the carrier": "warning", "Quiet Hours": "info",
}  # fmt: skip


class PersonAdmin(RefusableAdmin):
    """Rows about somebody's number, with the name that a contact of that number has."""

    list_select_related = ["organization"]
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_fields = ["number"]  # which only shows the box
    search_help_text = "A whole phone number, in any spelling"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organization")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By its stand-in, so that an index answers, and those are found whose number was erased."""
        if not search_term.strip():
            return queryset, False
        organization = chosen_organization(request, self.scope)
        spellings = mentions.meant(search_term, organization.country if organization else "US")
        stand_ins = [stand_in for number in spellings for stand_in in pseudonym.all_of_number(number)]
        return queryset.filter(number_hash__in=stand_ins), False

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        several = staff_user(request).is_superuser or len(organizations_with(request, f"{self.scope}:read")) > 1
        return [*shown, "organization"] if several else shown

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of all people of a page in one query."""
        changelist = super().get_changelist_instance(request)
        changelist.full_result_count = changelist.result_count  # else the heading offers to "show all"
        _name(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _name([found] if found else [])
        return found

    @display(description="Person", header=True)
    def person(self, row: Any) -> list[str]:
        return [row.number or "Erased", row.contact_name]

    @display(description="Number")
    def number_(self, row: Any) -> str:
        return row.number or "Erased"

    @display(description="Contact")
    def contact(self, row: Any) -> str:
        return row.contact_name or "–"

    @display(description="When")
    def when(self, row: Any) -> str:
        return local(row.created_at, row.organization.timezone)


class DncForm(forms.ModelForm):
    number = forms.CharField(
        label="Phone number", help_text="With its country code: +1 415 555 0142", widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = DncEntry
        fields = ["organization", "number", "reason"]

    def clean_number(self) -> str:
        try:
            return phone.parse_e164(_BETWEEN_DIGITS.sub("", self.cleaned_data["number"]))
        except phone.InvalidPhone as error:
            raise forms.ValidationError(str(error)) from error


class SourceFilter(DropdownFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in DncEntry.Source.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DncEntry]) -> QuerySet[DncEntry]:
        return queryset.filter(source=self.value()) if self.value() else queryset


@admin.register(DncEntry)
class DncEntryAdmin(PersonAdmin):
    """Listed and taken off through the actions; an entry itself is never changed."""

    scope = "compliance"
    form = DncForm
    list_display = ["person", "source_label", "why", "added_by", "when"]
    list_filter = [OrganizationFilter, SourceFilter]
    list_before_template = "compliance/dnc_tools.html"
    ordering = ["-id"]
    shown = [("number_", "contact"), ("source_label", "reason"), ("added_by", "when"), "organization"]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shown if obj else ["organization", "number", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["number_", "contact", "source_label", "reason", "added_by", "when", "organization"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An opt-out is taken back by the person alone."""
        own = not isinstance(obj, DncEntry) or obj.source != DncEntry.Source.OPT_OUT
        return own and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if len(found := field.queryset.values_list("pk", flat=True)[:2]) == 1:
            field.initial = found[0]
        return field

    def save_model(self, request: HttpRequest, obj: DncEntry, form: Any, change: bool) -> None:
        principal = principal_in(request, obj.organization)
        entry, new = actions.add_dnc(principal=principal, phone=obj.number, reason=obj.reason)
        obj.pk = entry.pk
        if not new:
            self.message_user(request, f"{obj.number} was on the list already; that entry stays as it was.", "WARNING")

    def delete_model(self, request: HttpRequest, obj: DncEntry) -> None:
        actions.remove_dnc(principal=principal_in(request, obj.organization), entry=obj)

    @display(description="Source", label={"Manual": "info", "Import": "default", "Opt Out": "danger"})
    def source_label(self, entry: DncEntry) -> str:
        return str(entry.get_source_display())

    @display(description="Reason")
    def why(self, entry: DncEntry) -> str:
        return entry.reason or "–"

    @display(description="Added by")
    def added_by(self, entry: DncEntry) -> str:
        return entry.author_name or ("The person" if entry.source == DncEntry.Source.OPT_OUT else "–")


class ReadOnlyPersonAdmin(PersonAdmin, ReadOnlyAdmin):
    pass


@admin.register(CarrierBlock)
class CarrierBlockAdmin(ReadOnlyPersonAdmin):
    scope = "compliance"
    list_display = ["person", "sender", "when"]
    ordering = ["-id"]
    fields = [("number_", "contact"), ("sender", "when"), "organization"]
    readonly_fields = ["number_", "contact", "sender", "when", "organization"]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyPersonAdmin):
    scope = "compliance"
    list_display = ["when", "person", "channel_label", "reason_label", "detail", "sender", "asked_by"]
    list_filter = ["reason", "channel"]
    ordering = ["-created_at", "-id"]
    fields = [("number_", "contact"), ("channel_label", "reason_label"), "detail", ("sender", "asked_by"), "when"]
    readonly_fields = [*("number_", "contact", "channel_label", "reason_label"), "detail", "sender", "asked_by", "when"]

    @display(description="Channel")
    def channel_label(self, decision: Decision) -> str:
        return str(decision.get_channel_display())

    @display(description="Reason", label=_REASON_COLOURS)
    def reason_label(self, decision: Decision) -> str:
        return str(decision.get_reason_display())

    @display(description="Asked by")
    def asked_by(self, decision: Decision) -> str:
        return decision.actor_name or "The system"


SETTINGS = (
    *("quiet_hours", "quiet_hours_channels", "keep_recordings_days", "keep_transcripts_days", "keep_messages_days"),
    *("record_inbound", "recording_consent", "recording_consent_text"),
)


class SettingsForm(forms.ModelForm):
    quiet_hours_channels = forms.MultipleChoiceField(
        choices=Channel.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False
    )

    class Meta:
        model = Settings
        fields = ["organization", *SETTINGS]


@admin.register(Settings)
class SettingsAdmin(RefusableAdmin):
    scope = "compliance"
    form = SettingsForm
    list_display = [
        *("organization", "quiet_hours", "channels", "keep_recordings_days", "keep_transcripts_days"),
        *("keep_messages_days", "recording_consent"),
    ]
    list_select_related = ["organization"]
    list_display_links = ["organization"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["organization"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # turned off, rather

    def save_model(self, request: HttpRequest, obj: Settings, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in SETTINGS}
        obj.pk = actions.change_settings(principal=principal_in(request, obj.organization), **given).pk

    @display(description="For")
    def channels(self, settings: Settings) -> str:
        names = dict(Channel.choices)
        return ", ".join(f"{names[channel]}s".lower() for channel in settings.quiet_hours_channels) or "–"


@admin.register(QuietHourRule)
class QuietHourRuleAdmin(DiscreetAdmin):
    """The instance's, not an organisation's: everybody reads them, its operator writes them."""

    list_display = ["place", "day", "contact_allowed", "in_force", "effective_from", "effective_to", "source"]
    list_filter = ["country"]
    search_fields = ["country", "region", "source"]
    ordering = ["country", "region", "weekday"]
    sortable_by = ()
    list_per_page = 100
    fields = [
        ("country", "region", "weekday"),
        ("opens", "closes"),
        ("effective_from", "effective_to"),
        "source",
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = staff_user(request)
        return user.is_active and (user.is_superuser or bool(organizations_with(request, "compliance:read")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    @display(description="Where")
    def place(self, rule: QuietHourRule) -> str:
        return " ".join(part for part in (rule.country, rule.region) if part) or "Everywhere else"

    @display(description="Day")
    def day(self, rule: QuietHourRule) -> str:
        return str(rule.get_weekday_display()) if rule.weekday is not None else "Every day"

    @display(description="Contact allowed")
    def contact_allowed(self, rule: QuietHourRule) -> str:
        return f"{rule.opens:%H:%M}–{rule.closes:%H:%M}" if rule.opens < rule.closes else "Not at all"

    @display(description="In force", boolean=True)
    def in_force(self, rule: QuietHourRule) -> bool:
        today = clock.now().date()
        return (rule.effective_from or today) <= today <= (rule.effective_to or today)


def _name(rows: Iterable[Any]) -> None:
    rows = list(rows)
    wanted = Q(pk__in=[])
    for organization_id in {row.organization_id for row in rows}:
        numbers = [row.number for row in rows if row.number and row.organization_id == organization_id]
        wanted |= Q(organization_id=organization_id, phone__in=numbers)
    known = {
        (organization_id, number): name
        for organization_id, number, name in Contact.objects.filter(wanted).values_list(
            "organization_id", "phone", "name"
        )
    }
    for row in rows:
        row.contact_name = known.get((row.organization_id, row.number), "")
