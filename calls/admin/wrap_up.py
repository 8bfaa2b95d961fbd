from __future__ import annotations

from typing import Any

from django.contrib import admin

from calls.actions import wrap_up_codes
from calls.models import WrapUpCode
from calls.serializers.wrap_up import WriteWrapUpCodeSerializer
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm


class WrapUpCodeForm(ActionForm):
    serializer = WriteWrapUpCodeSerializer

    class Meta:
        model = WrapUpCode
        fields = ["organization", "code", "label", "active"]


@admin.register(WrapUpCode)
class WrapUpCodeAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = WrapUpCodeForm
    fields = ["organization", ("label", "code"), "active"]
    list_display = ["label", "code", "active"]
    list_filter = [OrganizationFilter, "active"]
    list_select_related = ["organization"]
    list_per_page = 50
    sortable_by = ["label", "code"]
    search_fields = ["label", "code"]

    def perform(self, principal: Principal, obj: WrapUpCode | None, checked: dict[str, Any]) -> WrapUpCode:
        return wrap_up_codes.save_wrap_up_code(principal=principal, wrap_up_code=obj, **checked)

    def perform_delete(self, principal: Principal, obj: WrapUpCode) -> None:
        wrap_up_codes.delete_wrap_up_code(principal=principal, wrap_up_code=obj)
