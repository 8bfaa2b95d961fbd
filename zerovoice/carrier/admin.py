"""What operators and organisations see of the carrier: accounts with their breaker, receipts, commands."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminPasswordWidget

from zerovoice.accounts import audit
from zerovoice.accounts.admin import (
    DiscreetAdmin,
    ReadOnlyAdmin,
    TenantAdmin,
    organizations_with,
    principal_in,
    staff_user,
)
from zerovoice.carrier import breaker, commands, receipts
from zerovoice.carrier.models import CarrierAccount, Command, Receipt
from zerovoice.carrier.work import State


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


_WORK = ["state", "attempts", "due_at", "lease_expires_at", "last_error", "created_at", "finished_at"]
_REPLAYABLE = (State.DONE, State.FAILED)


@admin.register(Receipt)
class ReceiptAdmin(DiscreetAdmin):
    """Every notice and what became of it. For the operator of the instance: a receipt belongs to no organisation."""

    list_display = ["created_at", "kind", "state", "attempts", "last_error", "ref"]
    list_filter = ["state", "kind"]
    search_fields = ["ref__exact", "key__exact"]
    show_full_result_count = False
    ordering = ["-id"]
    fields = ["id", "kind", "ref", "key", "account_sid", "payload", *_WORK]
    readonly_fields = fields
    actions = ["replay"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    has_replay_permission = has_module_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> None:
        done = [receipt for receipt in queryset.filter(state__in=_REPLAYABLE) if receipts.replay(receipt)]
        for receipt in done:
            self.log_change(request, receipt, "Replayed")  # it belongs to no organisation, whose audit would have it
        self.message_user(request, f"{len(done)} replayed")


@admin.register(Command)
class CommandAdmin(ReadOnlyAdmin):
    """What the carrier was told to do, and what became of it."""

    scope = "settings"
    list_display = ["created_at", "organization", "kind", "target_id", "state", "attempts", "last_error"]
    list_filter = ["state", "kind"]
    list_select_related = ["organization"]
    search_fields = ["target_id__exact"]
    show_full_result_count = False
    ordering = ["-id"]
    fields = ["id", "organization", "kind", "target_id", "payload", "at_most_once", "give_up_at", *_WORK]
    readonly_fields = fields
    actions = ["replay"]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "settings:write"))

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Command]) -> None:
        """What may happen at most once stays as it is: nobody knows here whether it happened."""
        finished = queryset.filter(state__in=_REPLAYABLE, at_most_once=False)
        if not staff_user(request).is_superuser:
            finished = finished.filter(organization__in=organizations_with(request, "settings:write"))
        done = 0
        for command in finished.select_related("organization"):
            with transaction.atomic():
                if commands.replay(command):
                    actor = principal_in(request, command.organization)
                    audit.record(
                        organization_id=command.organization_id, actor=actor, action="command.replayed", target=command
                    )
                    done += 1
        self.message_user(request, f"{done} of {queryset.count()} replayed")
