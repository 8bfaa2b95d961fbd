from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from calls.actions import menus
from calls.admin.forms import ActionAdmin, ActionForm, ReadableJSONFormField, RouteFormField
from calls.admin.routes import targets
from calls.models import IvrMenu, Prompt
from calls.serializers.ivr import WriteIvrMenuSerializer
from numbers.admin import route_names
from zerovoice.accounts.lists import OrganizationFilter
from zerovoice.api.principal import Principal


class IvrMenuForm(ActionForm):
    serializer = WriteIvrMenuSerializer
    names = {"prompt_id": "prompt"}
    options = ReadableJSONFormField(
        help_text='[{"digits": "1", "phrases": ["sales"], "route": {"type": "queue", "target_id": "…"}}]'
    )
    fallback_route = RouteFormField(label="Otherwise", help_text="Where callers go who are out of retries")

    class Meta:
        model = IvrMenu
        fields = [
            *("organization", "name", "greeting", "prompt", "language", "input", "options", "timeout_seconds"),
            *("no_input_retries", "invalid_retries", "no_input_text", "invalid_text", "fallback_route"),
        ]
        widgets: ClassVar = {"greeting": UnfoldAdminTextareaWidget}

    def payload(self) -> dict[str, Any]:
        data = super().payload()
        prompt = data.pop("prompt", None)
        return data | {"prompt_id": str(prompt.pk) if prompt else None}


@admin.register(IvrMenu)
class IvrMenuAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = IvrMenuForm
    readonly_fields = ["answers", "otherwise"]
    list_display = ["name", "input_label", "language", "number_of_answers"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    list_per_page = 50
    sortable_by = ["name"]
    search_fields = ["name"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only read sees where the answers lead, and not how that is written."""
        readable = ["answers", "otherwise"] if obj else []
        writes = self.has_change_permission(request, obj) if obj else True
        written = ["options", "fallback_route"] if writes else []
        asked = ["organization", ("name", "language", "input"), ("greeting", "prompt")]
        again = [("timeout_seconds", "no_input_retries", "invalid_retries"), ("no_input_text", "invalid_text")]
        return [
            (None, {"fields": asked}),
            ("Answers", {"fields": [*readable, *written]}),
            ("No answer, or a wrong one", {"fields": again}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "prompt" in form.base_fields:  # not so for those who may only read
            form.base_fields["prompt"].queryset = self.narrowed(request, obj, Prompt.objects.all())
            form.base_fields["fallback_route"].offer(targets(self, request, obj), obj.fallback_route if obj else {})
        return form

    def perform(self, principal: Principal, obj: IvrMenu | None, checked: dict[str, Any]) -> IvrMenu:
        return menus.save_menu(principal=principal, menu=obj, **checked)

    def perform_delete(self, principal: Principal, obj: IvrMenu) -> None:
        menus.delete_menu(principal=principal, menu=obj)

    @display(description="Input", label="info")
    def input_label(self, menu: IvrMenu) -> str:
        return str(menu.get_input_display())

    @display(description="Answers")
    def number_of_answers(self, menu: IvrMenu) -> str:
        return str(len(menu.options))

    @display(description="Leads to")
    def answers(self, menu: IvrMenu) -> Any:
        names = route_names(option["route"] for option in menu.options)
        lines = (
            (
                " or ".join(
                    [*filter(None, [option.get("digits")]), *(f"“{one}”" for one in option.get("phrases", ()))]
                ),
                name,
            )
            for option, name in zip(menu.options, names, strict=True)
        )
        return format_html_join("", "<div><b>{}</b> → {}</div>", lines) or "–"

    @display(description="Otherwise")
    def otherwise(self, menu: IvrMenu) -> str:
        return route_names([menu.fallback_route])[0] if menu.fallback_route else "Default queue"
