"""What a call's page shows below it: legs, timeline, notes, recordings."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from calls.admin.recording import MEDIA_LABEL, player
from calls.models import CallEvent, CallLeg, CallNote, Recording
from zerovoice.accounts.lists import local, seconds

STATUS_LABEL = {
    "Queued": "warning", "Initiated": "info", "Ringing": "info", "In Progress": "success", "Completed": "default",
    "Busy": "warning", "No Answer": "warning", "Canceled": "default", "Failed": "danger",
}  # fmt: skip


_AS_WHAT = {
    "listen": "listening", "whisper": "whispering to the agent", "barge": "speaking with both",
    "cold": "cold transfer", "warm": "warm transfer",
}  # fmt: skip


def _who(leg: CallLeg) -> str:
    if leg.role == CallLeg.Role.SUPERVISOR:
        return "Supervisor"  # what they do stands beside it
    return f"Agent {leg.agent.name}" if leg.agent else str(leg.get_role_display())


class Part(TabularInline):
    """Rows of a call, to be read. Whoever sees the call sees them."""

    extra = 0
    can_delete = False
    hide_title = True
    show_change_link = False
    per_page = 100

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Legs(Part):
    model = CallLeg
    verbose_name_plural = "Legs"
    fields = [
        "who",
        "as_what",
        "to_number",
        "status_label",
        "rung",
        "answered",
        "accepted",
        "ended",
        "wrapped_up",
        "why",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallLeg]:
        return super().get_queryset(request).select_related("agent", "organization")

    @display(description="Who")
    def who(self, leg: CallLeg) -> str:
        return _who(leg)

    @display(description="As")
    def as_what(self, leg: CallLeg) -> str:
        return _AS_WHAT.get(leg.mode or leg.transfer, "–")

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, leg: CallLeg) -> str:
        return str(leg.get_status_display())

    @display(description="Rung")
    def rung(self, leg: CallLeg) -> str:
        return local(leg.created_at, leg.organization.timezone)

    @display(description="Answered")
    def answered(self, leg: CallLeg) -> str:
        return local(leg.answered_at, leg.organization.timezone)

    @display(description="Took the call")
    def accepted(self, leg: CallLeg) -> str:
        return local(leg.accepted_at, leg.organization.timezone)

    @display(description="Ended")
    def ended(self, leg: CallLeg) -> str:
        return local(leg.ended_at, leg.organization.timezone)

    @display(description="Wrap-up")
    def wrapped_up(self, leg: CallLeg) -> str:
        return seconds(leg.wrap_up_seconds)

    @display(description="Why it failed")
    def why(self, leg: CallLeg) -> str:
        code = f" ({leg.carrier_error})" if leg.carrier_error else ""
        return (leg.failure_reason.replace("_", " ") + code) or "–"


class Timeline(Part):
    model = CallEvent
    verbose_name_plural = "Timeline"
    fields = ["at", "what", "whose", "told"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallEvent]:
        return super().get_queryset(request).select_related("leg__agent", "organization")

    @display(description="At")
    def at(self, event: CallEvent) -> str:
        return local(event.created_at, event.organization.timezone)

    @display(description="What")
    def what(self, event: CallEvent) -> str:
        return event.kind.replace(".", " ").replace("_", " ").capitalize()

    @display(description="Leg")
    def whose(self, event: CallEvent) -> str:
        return _who(event.leg) if event.leg else "–"

    @display(description="Details")
    def told(self, event: CallEvent) -> str:
        """Ids are for programs; people see whom they mean in the other columns."""
        told = [
            (name, value) for name, value in event.data.items() if value and name != "role" and not name.endswith("_id")
        ]
        return ", ".join(f"{name}: {value}".replace("_", " ") for name, value in told) or "–"


class Notes(Part):
    model = CallNote
    verbose_name_plural = "Notes"
    fields = ["at", "author_name", "text"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallNote]:
        return super().get_queryset(request).select_related("organization")

    @display(description="At")
    def at(self, note: CallNote) -> str:
        return local(note.created_at, note.organization.timezone)


class Recordings(Part):
    model = Recording
    verbose_name_plural = "Recordings"
    fields = ["sound", "length", "who_speaks", "media_label", "transcript_link", "problem"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        return super().get_queryset(request).select_related("transcript")

    @display(description="Sound")
    def sound(self, recording: Recording) -> Any:
        return player(recording)

    @display(description="Length")
    def length(self, recording: Recording) -> str:
        return seconds(recording.duration_seconds)

    @display(description="Channels")
    def who_speaks(self, recording: Recording) -> str:
        return " | ".join(recording.channels)

    @display(description="Media", label=MEDIA_LABEL)
    def media_label(self, recording: Recording) -> str:
        return str(recording.get_state_display())

    @display(description="Transcript")
    def transcript_link(self, recording: Recording) -> Any:
        transcript = getattr(recording, "transcript", None)  # there is none of what is not transcribed
        if transcript is None:
            return "–"
        url = reverse("admin:calls_transcript_change", args=[transcript.pk])
        return format_html('<a href="{}" class="text-primary-600">{}</a>', url, transcript.get_status_display())

    @display(description="Problem")
    def problem(self, recording: Recording) -> str:
        return recording.last_error or "–"
