"""Accounts at the carrier with their breaker, in the admin site. Receipts and commands: `work_admin`."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminPasswordWidget

from zerovoice.accounts import audit
from zerovoice.accounts.admin import TenantAdmin, principal_in, staff_user
from zerovoice.carrier import breaker, work_admin  # noqa: F401  # registers itself
from zerovoice.carrier.models import CarrierAccount


def breaker_words(account_sid: str) -> str:
    """One line about an account's breaker."""
    now = breaker.for_account(account_sid).snapshot()
    if now.state == "closed":
        return "closed" if not now.failures else f"closed, {now.failures} failures in a row"
    since = f" since {now.opened_at:%H:%M:%S} UTC" if now.opened_at else ""
    return f"{now.state}{since}, next try in {now.retry_after} s"


class CarrierAccountForm(forms.ModelForm):
    """Secrets go in and never come out; left empty, they stay as they are."""

    auth_token = forms.CharField(required=False, widget=UnfoldAdminPasswordWidget())
    api_key_secret = forms.CharField(required=False, widget=UnfoldAdminPasswordWidget())

    class Meta:
        model = CarrierAccount
        fields = ["organization", "account_sid", "auth_token", "api_key_sid", "api_key_secret", "active"]

    def clean_account_sid(self) -> str:
        sid = cast(str, self.cleaned_data["account_sid"])
        if sid == settings.TWILIO_ACCOUNT_SID:
            raise forms.ValidationError("This is the instance's own account; organisations use it without a row here")
        return sid

    def clean_auth_token(self) -> str:
        token = self.cleaned_data["auth_token"] or self.instance.auth_token
        if not token:
            raise forms.ValidationError("Without its token the account's webhooks cannot be verified")
        return cast(str, token)

    def clean_api_key_secret(self) -> str:
        return cast(str, self.cleaned_data["api_key_secret"] or self.instance.api_key_secret)


@admin.register(CarrierAccount)
class CarrierAccountAdmin(TenantAdmin):
    scope = "settings"
    form = CarrierAccountForm
    list_display = ["organization", "account_sid", "active", "breaker", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["account_sid", "organization__name"]

    @admin.display(description="Circuit breaker")
    def breaker(self, account: CarrierAccount) -> str:
        return breaker_words(account.account_sid)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", "account_sid"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            return form

        class Changing(form):  # type: ignore[misc, valid-type]
            clean_account_sid = None  # shown only, and not part of the form then

        return Changing

    def save_model(self, request: HttpRequest, obj: CarrierAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            organization_id=obj.organization_id,
            actor=principal_in(request, obj.organization),
            action="carrier_account.changed" if change else "carrier_account.created",
            target=obj,
            fields=form.changed_data,
        )

    def delete_model(self, request: HttpRequest, obj: CarrierAccount) -> None:
        actor = principal_in(request, obj.organization)
        with transaction.atomic():
            audit.record(organization_id=obj.organization_id, actor=actor, action="carrier_account.deleted", target=obj)
            super().delete_model(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The instance's account has no row; its breaker is told above the list."""
        if staff_user(request).is_superuser and settings.TWILIO_ACCOUNT_SID:
            words = breaker_words(settings.TWILIO_ACCOUNT_SID)
            level = messages.INFO if words.startswith("closed") else messages.WARNING
            self.message_user(request, f"The instance's account {settings.TWILIO_ACCOUNT_SID}: breaker {words}", level)
        return super().changelist_view(request, extra_context)
