"""Requests about people's data, legal holds and what went at night, in the admin site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from compliance import exporting, holds, privacy, removals
from compliance.models import LegalHold, PrivacyRequest, RetentionRun
from contacts.models import Contact
from zerovoice.accounts.admin import TenantAdmin, principal_in
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, local
from zerovoice.api.errors import ApiError
from zerovoice.lib import phone

STATE_LABEL = {"Pending": "info", "Processing": "info", "Done": "success", "Failed": "danger"}


def _table(counts: dict[str, int]) -> Any:
    if not counts:
        return "–"
    rows = ((kind.replace("_", " ").capitalize(), number) for kind, number in sorted(counts.items()))
    return format_html("<table>{}</table>", format_html_join("", "<tr><td>{}</td><td>&nbsp;{}</td></tr>", rows))


class AskForm(forms.ModelForm):
    """A request is made by the action; the form only names the person."""

    phone = forms.CharField(required=False, help_text="+1 415 555 0142", widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label="E-mail", required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = PrivacyRequest
        fields = ["organization", "kind", "dry_run", "reason"]
        widgets = {"reason": UnfoldAdminTextareaWidget}

    def clean_phone(self) -> str:
        given = self.cleaned_data["phone"]
        try:
            return phone.parse_e164("".join(one for one in given if one not in " ().-/")) if given else ""
        except phone.InvalidPhone as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("phone")) == bool(given.get("email")) and not self.errors:
            raise forms.ValidationError("Name the person by a phone number or an e-mail address: one of the two.")
        return given


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(GrowingAdmin):
    scope = "compliance"
    form = AskForm
    list_display = ["what", "when", "person", "state_label", "progress", "waiting_for", "author_name", "due_date"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    ordering = ["-created_at", "-id"]
    shown = [
        ("what", "state_label", "progress"), ("person", "reason"), ("author_name", "when", "due_date"), "waiting_for",
        ("counted", "held_"), ("elsewhere", "kept"), ("file", "organization"),
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "write", None)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The file is all that is known of a person: it is for those who may ask for it, as in the API."""
        if obj is None:
            return ["organization", "kind", "phone", "email", "dry_run", "reason"]
        return self.shown if self._may(request, "write", obj) else [*self.shown[:-1], "organization"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        flat = [name for names in self.shown for name in (names if isinstance(names, tuple) else (names,))]
        return flat if obj else []

    def save_model(self, request: HttpRequest, obj: PrivacyRequest, form: Any, change: bool) -> None:
        given = form.cleaned_data
        obj.pk = privacy.ask(
            principal=principal_in(request, obj.organization), kind=given["kind"], reason=given["reason"],
            phone=given["phone"], email=given["email"], dry_run=given["dry_run"],
        ).pk  # fmt: skip

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit has it."""

    @display(description="Request")
    def what(self, request: PrivacyRequest) -> str:
        return f"{request.get_kind_display()}{' (dry run)' if request.dry_run else ''}"

    @display(description="Asked")
    def when(self, request: PrivacyRequest) -> str:
        return local(request.created_at, request.organization.timezone)

    @display(description="Person")
    def person(self, request: PrivacyRequest) -> str:
        return ", ".join([*request.names, *request.phones, *request.emails]) or "Erased"

    @display(description="State", label=STATE_LABEL)
    def state_label(self, request: PrivacyRequest) -> str:
        return str(request.get_state_display())

    @display(description="Progress")
    def progress(self, request: PrivacyRequest) -> Any:
        return format_html('<progress max="100" value="{0}"></progress> {0} %', request.percent)

    @display(description="Records")
    def counted(self, request: PrivacyRequest) -> Any:
        return _table(request.counts)

    @display(description="Kept by a legal hold")
    def held_(self, request: PrivacyRequest) -> Any:
        return _table(request.held)

    @display(description="Removed elsewhere")
    def elsewhere(self, request: PrivacyRequest) -> Any:
        waiting = removals.still_to_go(request.pk) if request.kind == PrivacyRequest.Kind.DELETE else 0
        return f"{waiting} to go" if waiting else _table(request.certificate.get("elsewhere", {}))

    @display(description="What stays, and why")
    def kept(self, request: PrivacyRequest) -> Any:
        rows = ((kind.replace("_", " ").capitalize(), why) for kind, why in request.certificate.get("kept", {}).items())
        return format_html_join("", "<p>{}: {}</p>", rows) or "–"

    @display(description="File")
    def file(self, request: PrivacyRequest) -> Any:
        url = exporting.link(request)
        return format_html('<a href="{}" class="text-primary-600">Download</a>', url) if url else "–"


class HoldForm(forms.ModelForm):
    contact_id = forms.UUIDField(label="Contact's id", required=False, widget=UnfoldAdminTextInputWidget)
    call_id = forms.UUIDField(label="Call's id", required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = LegalHold
        fields = ["organization", "contact_id", "call_id", "reason"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("contact_id")) == bool(given.get("call_id")):
            raise forms.ValidationError("A hold is on a contact or on a call: one of the two.")
        try:
            if not self.errors:
                self.instance = holds.place(
                    principal=self.principal_for(given["organization"]),  # type: ignore[attr-defined]
                    reason=given["reason"], contact_id=given.get("contact_id"), call_id=given.get("call_id"),
                )  # fmt: skip
        except ApiError as error:
            raise forms.ValidationError(error.message) from error
        return given

    def _post_clean(self) -> None:
        """The action has made the row."""


@admin.register(LegalHold)
class LegalHoldAdmin(TenantAdmin):
    """Placed and released through the actions; a hold itself is never changed."""

    scope = "compliance"
    form = HoldForm
    list_display = ["on", "reason", "author_name", "when", "released"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    ordering = ["-id"]
    sortable_by = ()
    actions = ["release"]
    shown = [("on", "reason"), ("author_name", "when", "released"), "organization"]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.shown if obj else ["organization", "contact_id", "call_id", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["on", "reason", "author_name", "when", "released", "organization"] if obj else []

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.principal_for = lambda self, organization: principal_in(request, organization)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # released, so that it can be told what was held, and when

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        """The form's action has."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit has it."""

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
    def on(self, hold: LegalHold) -> str:
        if hold.call_id:
            return f"Call {hold.call_id}"
        contact = Contact.objects.of(hold.organization_id).filter(pk=str(hold.contact_id)).first()
        return f"Contact {contact.name}" if contact else "A contact that is gone"

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
