from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import display

from calls.actions import menus
from calls.admin.menus import MenuTreePage
from calls.models import IvrMenu
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm


@admin.register(IvrMenu)
class IvrMenuAdmin(ActionAdmin):
    """The list, and removing one. A menu is made, looked at and changed in the tree."""

    scope = "calls"
    write_scope = "settings"
    form = ActionForm
    list_display = ["name", "asks", "input_label", "language", "number_of_answers"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization", "prompt"]
    list_per_page = 50
    sortable_by = ["name"]
    search_fields = ["name"]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect(f"{reverse('admin:menu_tree')}?new=1")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return MenuTreePage.as_view(site=self.admin_site)(request, menu=object_id)

    def perform_delete(self, principal: Principal, obj: IvrMenu) -> None:
        menus.delete_menu(principal=principal, menu=obj)

    @display(description="Asks")
    def asks(self, menu: IvrMenu) -> str:
        text = f"plays {menu.prompt.name}" if menu.prompt else menu.greeting
        return text if len(text) <= 80 else f"{text[:79]}…"

    @display(description="Input", label="info")
    def input_label(self, menu: IvrMenu) -> str:
        return str(menu.get_input_display())

    @display(description="Answers")
    def number_of_answers(self, menu: IvrMenu) -> str:
        return str(len(menu.options))
