"""API keys in the admin site: made, shown once, changed, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from zerovoice.accounts import actions
from zerovoice.accounts.admin import RefusableAdmin, principal_in, show_once
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.accounts.models import ApiKey
from zerovoice.accounts.scopes import ALL


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=[(scope, scope) for scope in sorted(ALL)])

    class Meta:
        model = ApiKey
        fields = ["organization", "name", "scopes", "expires_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(RefusableAdmin):
    scope = "keys"
    form = ApiKeyForm
    list_display = ["name", "organization", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at"]
    list_select_related = ["organization"]
    list_filter = [OrganizationFilter]
    search_fields = ["name", "prefix"]
    actions = ["revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", "prefix", "revoked_at", "last_used_at"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # revoked, so that the audit still knows whose it was

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        actor = principal_in(request, obj.organization)
        given = {name: form.cleaned_data[name] for name in ("name", "scopes", "expires_at")}
        if change:
            actions.change_api_key(key=obj, actor=actor, **given)
            return
        made, request._made_key = actions.create_api_key(organization=obj.organization, actor=actor, **given)  # type: ignore[attr-defined]
        obj.pk, obj.prefix = made.pk, made.prefix

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        return show_once(
            request, self, title=f"The key of {obj.name}", secrets=[request._made_key],  # type: ignore[attr-defined]
            words="Copy it now to where the program finds it. It is not kept here: if it is lost, make another.",
        )  # fmt: skip

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.select_related("organization"):
            if self.has_change_permission(request, key):
                actions.revoke_api_key(key=key, actor=principal_in(request, key.organization))
