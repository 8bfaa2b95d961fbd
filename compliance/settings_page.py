"""All that an organisation sets for itself, on one page: each section is saved alone, through the audited actions."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance import actions
from compliance.models import Channel, Settings
from zerovoice.accounts import actions as accounts
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import ApiError
from zerovoice.api.principal import Principal
from zerovoice.backoffice import pages
from zerovoice.billing import spending
from zerovoice.billing.models import Account
from zerovoice.webhooks.models import Endpoint


class Section(forms.ModelForm):
    """`scope`: who may write it. `save_as` carries the changed fields out."""

    name: ClassVar[str]
    title: ClassVar[str]
    words: ClassVar[str] = ""
    scope: ClassVar[str]

    @classmethod
    def row(cls, organization: Organization) -> Any:
        raise NotImplementedError

    def save_as(self, principal: Principal, organization: Organization, changed: dict[str, Any]) -> None:
        raise NotImplementedError


class General(Section):
    name, title, scope = "general", "General", "settings:write"
    timezone = forms.ChoiceField(
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        label="Time zone",
        help_text="Days, months and reports begin by it, and every time shown here is of it.",
    )

    class Meta:
        model = Organization
        fields = ["name", "country", "timezone"]
        help_texts = {
            "name": "As your people and your invoices call it.",
            "country": "Two letters, such as US. Numbers without a country's code are read as of there.",
        }

    @classmethod
    def row(cls, organization: Organization) -> Any:
        return Organization.objects.get(pk=organization.pk)  # a form that is refused must not change the page's

    def save_as(self, principal: Principal, organization: Organization, changed: dict[str, Any]) -> None:
        accounts.change_organization(organization=organization, actor=principal, **changed)


class _OfCompliance(Section):
    scope = "compliance:write"

    @classmethod
    def row(cls, organization: Organization) -> Any:
        found = Settings.objects.of(organization.pk).first()
        return found or Settings(organization_id=organization.pk)

    def save_as(self, principal: Principal, organization: Organization, changed: dict[str, Any]) -> None:
        actions.change_settings(principal=principal, **changed)


class Calling(_OfCompliance):
    name, title = "calling", "Calling"
    words = "Nobody is called or written to at hours when the law where they live forbids it, if you say so here."
    quiet_hours_channels = forms.MultipleChoiceField(
        choices=Channel.choices, widget=forms.CheckboxSelectMultiple, required=False, label="For"
    )

    class Meta:
        model = Settings
        fields = ["quiet_hours", "quiet_hours_channels"]
        labels = {"quiet_hours": "Keep quiet hours"}
        help_texts = {"quiet_hours": "What is refused is in the list of decisions, with why."}


class Recording(_OfCompliance):
    name, title = "recording", "Recording and consent"
    words = "Whether people must be told or asked before they are recorded is for the law where they are."

    class Meta:
        model = Settings
        fields = ["record_inbound", "recording_consent", "recording_consent_text"]
        labels = {
            "record_inbound": "Record calls that come in", "recording_consent": "Before a recording",
            "recording_consent_text": "What they are told",
        }  # fmt: skip
        help_texts = {"recording_consent_text": "Spoken to who is to be recorded. Empty: our words."}


class Retention(_OfCompliance):
    name, title = "retention", "Retention"
    words = "What is older goes at night, here and at the carrier, unless a legal hold keeps it. Empty: it is kept."

    class Meta:
        model = Settings
        fields = ["keep_recordings_days", "keep_transcripts_days", "keep_messages_days"]
        labels = {
            "keep_recordings_days": "Recordings, in days", "keep_transcripts_days": "Transcripts, in days",
            "keep_messages_days": "Messages, in days",
        }  # fmt: skip
        help_texts = dict.fromkeys(fields, "")


class Billing(Section):
    name, title, scope = "billing", "Spending limits", "billing:write"
    words = "Calls and messages that would exceed a limit are refused before they begin. Empty: no limit."

    class Meta:
        model = Account
        fields = ["daily_limit", "monthly_limit"]
        labels = {"daily_limit": "In a day", "monthly_limit": "In a month"}
        help_texts = dict.fromkeys(fields, "")

    @classmethod
    def row(cls, organization: Organization) -> Any:
        return Account.objects.get(organization=organization)

    def save_as(self, principal: Principal, organization: Organization, changed: dict[str, Any]) -> None:
        spending.change_limits(principal=principal, organization_id=organization.pk, **changed)


SECTIONS: list[type[Section]] = [General, Calling, Recording, Retention, Billing]


@pages.register
class SettingsPage(pages.StaffPage):
    """Supervisors read, owners and admins write; spending limits are an owner's."""

    route, name, scope, title = "organization/settings/", "organization_settings", "settings", "Settings"
    template_name = "compliance/settings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization = self.organization
        sent: Section | None = kwargs.pop("sent", None)
        sections = []
        for section in SECTIONS:
            if section is Billing and not pages.may_in(self.request, "billing:read", organization):
                continue
            is_sent = sent is not None and type(sent) is section
            may = pages.may_in(self.request, section.scope, organization)
            form = sent if is_sent else section(instance=section.row(organization), auto_id=f"{section.name}-%s")
            assert form is not None
            for field in form.fields.values():
                field.disabled = field.disabled or not may
            # Not asked of the form by the template: it would give a field of that name.
            said = {"key": section.name, "title": section.title, "words": section.words}
            sections.append({"form": form, "may": may, "currency": getattr(form.instance, "currency", ""), **said})
        endpoints = Endpoint.objects.kept().of(organization.pk)
        return super().get_context_data(
            sections=sections, endpoint_count=endpoints.count(), disabled_count=endpoints.filter(enabled=False).count(),
            **kwargs,
        )  # fmt: skip

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        organization = self.organization
        section = next((known for known in SECTIONS if known.name == request.POST.get("section")), None)
        if section is None or not pages.may_in(request, section.scope, organization):
            raise PermissionDenied
        form = section(request.POST, instance=section.row(organization), auto_id=f"{section.name}-%s")
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(sent=form), status=400)
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            if changed:
                form.save_as(self.principal(organization), organization, changed)
        except ApiError as error:
            form.add_error(None, error.message)
            return self.render_to_response(self.get_context_data(sent=form), status=error.status)
        messages.success(request, f"{section.title}: saved." if changed else "Nothing was changed.")
        return HttpResponseRedirect(f"{reverse('admin:organization_settings')}?in={organization.pk}#{section.name}")
