from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from calls.actions import prompts
from calls.models import Prompt
from calls.serializers.prompt import RenamePromptSerializer, UploadPromptSerializer
from calls.views.prompt import sound_response
from zerovoice.accounts.lists import OrganizationFilter, seconds
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm


class RenamePromptForm(ActionForm):
    serializer = RenamePromptSerializer

    class Meta:
        model = Prompt
        fields = ["organization", "name"]


class UploadPromptForm(ActionForm):
    serializer = UploadPromptSerializer
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="WAV or MP3; at most 10 MB and 10 minutes")

    class Meta:
        model = Prompt
        fields = ["organization", "name"]


@admin.register(Prompt)
class PromptAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = RenamePromptForm
    readonly_fields = ["sound", "length", "content_type", "bytes", "sha256"]
    list_display = ["name", "sound", "length", "content_type", "bytes"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    list_per_page = 25
    sortable_by = ["name"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        return super().get_queryset(request).select_related("organization")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["organization", "name", "file"]
        return [("name", "organization"), ("sound", "length"), ("content_type", "bytes"), "sha256"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = UploadPromptForm
        return super().get_form(request, obj, change, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        audio = self.admin_site.admin_view(self.audio)
        return [path("<uuid:pk>/audio", audio, name="calls_prompt_audio"), *super().get_urls()]

    def audio(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The sound, whole or a range of it, to whom may see the prompt; to others it is not there."""
        prompt = self.get_queryset(request).filter(pk=pk).first()
        if prompt is None:
            raise Http404
        return sound_response(request, prompt)

    def perform(self, principal: Principal, obj: Prompt | None, checked: dict[str, Any]) -> Prompt:
        if obj is None:
            return prompts.create_prompt(principal=principal, **checked)
        return prompts.rename_prompt(principal=principal, prompt=obj, **checked)

    def perform_delete(self, principal: Principal, obj: Prompt) -> None:
        prompts.delete_prompt(principal=principal, prompt=obj)

    @display(description="Sound")
    def sound(self, prompt: Prompt) -> Any:
        url = reverse("admin:calls_prompt_audio", args=[prompt.pk])
        return format_html(
            '<audio controls preload="none" src="{}" style="height:32px;width:280px;vertical-align:middle"></audio>',
            url,
        )

    @display(description="Length")
    def length(self, prompt: Prompt) -> str:
        return seconds(prompt.duration_seconds)

    @display(description="Size")
    def bytes(self, prompt: Prompt) -> str:
        return filesizeformat(prompt.size)
