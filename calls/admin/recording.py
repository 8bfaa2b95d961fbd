from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from calls.actions import recordings
from calls.models import Recording
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, local, seconds
from zerovoice.api.ranges import ranged_response
from zerovoice.lib import phone

MEDIA_LABEL = {"Pending": "warning", "Processing": "info", "Done": "success", "Failed": "danger"}


def player(recording: Recording) -> Any:
    """An audio element that loads nothing until somebody wants to hear it."""
    if not recording.file:
        return "–"
    url = reverse("admin:calls_recording_audio", args=[recording.pk])
    return format_html(
        '<audio controls preload="none" src="{}" style="height:32px;width:280px;vertical-align:middle"></audio>', url
    )


@admin.register(Recording)
class RecordingAdmin(GrowingAdmin):
    scope = "calls"
    list_display = ["when", "of_call", "length", "sound", "media_label", "problem_shortly"]
    list_filter = [OrganizationFilter, "state", "status"]
    list_per_page = 25
    ordering = ["-id"]
    actions = ["fetch_again"]
    fieldsets = [
        (None, {"fields": ["sound", ("of_call", "when"), ("length", "who_speaks"), ("carrier_status", "bytes")]}),
        (
            "Fetching it",
            {"fields": [("media_label", "attempts"), ("due_at", "finished_at"), "problem", "sha256", "sid"]},
        ),
    ]
    readonly_fields = [
        *("sound", "of_call", "when", "length", "who_speaks", "carrier_status", "bytes", "media_label", "attempts"),
        *("due_at", "finished_at", "problem", "sha256", "sid"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        return super().get_queryset(request).select_related("organization", "call")

    def get_urls(self) -> list[URLPattern]:
        audio = self.admin_site.admin_view(self.audio)
        return [path("<uuid:pk>/audio", audio, name="calls_recording_audio"), *super().get_urls()]

    def audio(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The sound, whole or a range of it, to whom may see the recording; to others it is not there."""
        recording = self.get_queryset(request).filter(pk=pk).first()
        if recording is None or not recording.file or not recording.file.storage.exists(str(recording.file.name)):
            raise Http404
        return ranged_response(
            request,
            recording.file,
            size=recording.size,
            content_type="audio/wav",
            filename=f"call-{recording.call_id}.wav",
        )

    def has_fetch_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "calls:write"))

    @admin.action(description="Fetch the sound again", permissions=["fetch"])
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        rows = queryset
        if not staff_user(request).is_superuser:
            rows = rows.filter(organization__in=organizations_with(request, "calls:write"))
        again = sum(
            recordings.fetch_again(principal=principal_in(request, row.organization), recording=row) for row in rows
        )
        self.message_user(request, f"{again} of {queryset.count()} will be fetched again; others have not failed")

    @display(description="When")
    def when(self, recording: Recording) -> str:
        return local(recording.started_at or recording.created_at, recording.organization.timezone)

    @display(description="Call")
    def of_call(self, recording: Recording) -> Any:
        url = reverse("admin:calls_call_change", args=[recording.call_id])
        text = f"{phone.spelt(recording.call.from_number)} → {phone.spelt(recording.call.to_number)}"
        return format_html('<a href="{}" style="white-space:nowrap">{}</a>', url, text)

    @display(description="Length")
    def length(self, recording: Recording) -> str:
        return seconds(recording.duration_seconds)

    @display(description="Sound")
    def sound(self, recording: Recording) -> Any:
        return player(recording)

    @display(description="Who speaks")
    def who_speaks(self, recording: Recording) -> str:
        sides = ("left", "right") if len(recording.channels) > 1 else ("",)
        return ", ".join(f"{who} {side}".strip() for who, side in zip(recording.channels, sides, strict=False))

    @display(description="Media", label=MEDIA_LABEL)
    def media_label(self, recording: Recording) -> str:
        return str(recording.get_state_display())

    @display(description="At the carrier")
    def carrier_status(self, recording: Recording) -> str:
        return str(recording.get_status_display())

    @display(description="Size")
    def bytes(self, recording: Recording) -> str:
        return filesizeformat(recording.size) if recording.size else "–"

    @display(description="Problem")
    def problem_shortly(self, recording: Recording) -> Any:
        text = recording.last_error or "–"
        style = "display:block;max-width:16rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
        return format_html('<span title="{}" style="{}">{}</span>', text, style, text)

    @display(description="Problem")
    def problem(self, recording: Recording) -> str:
        return recording.last_error or "–"
