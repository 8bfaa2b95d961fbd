from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from calls.actions import transcripts
from calls.admin.call import AgentFilter
from calls.admin.queue import QueueFilter
from calls.admin.recording import player
from calls.models import Mood, Segment, Transcript
from calls.transcript_search import query_for
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local, seconds
from zerovoice.carrier.work import State

STATUS_LABEL = {"Pending": "warning", "Processing": "info", "Completed": "success", "Failed": "danger"}
MOOD_LABEL = {"Negative": "danger", "Neutral": "default", "Positive": "success"}
_MOOD_COLOUR = {"negative": "#dc2626", "neutral": "#9ca3af", "positive": "#16a34a"}
_STEP = {State.PENDING: "waits", State.PROCESSING: "is worked on", State.DONE: "done", State.FAILED: "failed"}
#: Of how many matching lines, the newest, the transcripts are listed.
_MOST_LINES = 1000


class StatusFilter(DropdownFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Transcript.Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transcript]) -> QuerySet[Transcript]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class MoodFilter(DropdownFilter):
    title = "sentiment"
    parameter_name = "sentiment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Mood.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transcript]) -> QuerySet[Transcript]:
        return queryset.filter(sentiment=self.value()) if self.value() else queryset


@admin.register(Transcript)
class TranscriptAdmin(GrowingAdmin):
    scope = "transcripts"
    list_display = [
        *("when", "numbers", "queue_name", "agent_name", "length", "words", "mood_label", "status_label"),
        "how_far",
    ]
    list_filter = [OrganizationFilter, WhenFilter, StatusFilter, MoodFilter, QueueFilter, AgentFilter]
    list_before_template = "lists/calendar.html"
    list_per_page = 25
    ordering = ["-created_at", "-id"]
    search_fields = ["id"]  # which only shows the box: `get_search_results` looks in what was said
    search_help_text = 'Words that were said; "in quotes" exactly so, -word without it'
    actions = ["make_again"]
    fieldsets = [
        (
            None,
            {"fields": ["sound", ("numbers", "when"), ("queue_name", "agent_name"), ("mood_label", "status_label")]},
        ),
        ("What was said", {"fields": ["said"]}),
        ("How it was made", {"fields": [("engine", "language"), ("length", "words"), "steps_shown"]}),
    ]
    readonly_fields = [
        *("sound", "numbers", "when", "queue_name", "agent_name", "mood_label", "status_label", "said", "engine"),
        *("language", "length", "words", "steps_shown"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transcript]:
        rows = super().get_queryset(request).select_related("organization", "call", "recording", "queue", "agent")
        return rows.prefetch_related("steps")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        segments = Segment.objects.filter(search=query_for(search_term))
        if not staff_user(request).is_superuser:
            segments = segments.filter(organization__in=organizations_with(request, "transcripts:read"))
        found = segments.order_by("-called_at").values_list("transcript_id", flat=True)[:_MOST_LINES]
        return queryset.filter(pk__in=set(found)), False

    # --- actions ---

    def has_make_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "transcripts:write"))

    @admin.action(description="Make again from the sound", permissions=["make"])
    def make_again(self, request: HttpRequest, queryset: QuerySet[Transcript]) -> None:
        rows = queryset
        if not staff_user(request).is_superuser:
            rows = rows.filter(organization__in=organizations_with(request, "transcripts:write"))
        again = sum(
            transcripts.run_again(principal=principal_in(request, row.organization), transcript=row) for row in rows
        )
        self.message_user(request, f"{again} of {queryset.count()} will be made again; others are being made")

    # --- columns and fields ---

    @display(description="When")
    def when(self, transcript: Transcript) -> str:
        return local(transcript.created_at, transcript.organization.timezone)

    @display(description="Call")
    def numbers(self, transcript: Transcript) -> Any:
        url = reverse("admin:calls_call_change", args=[transcript.call_id])
        text = f"{transcript.call.from_number} → {transcript.call.to_number}"
        return format_html('<a href="{}" style="white-space:nowrap">{}</a>', url, text)

    @display(description="Queue")
    def queue_name(self, transcript: Transcript) -> str:
        return str(transcript.queue or "–")

    @display(description="Agent")
    def agent_name(self, transcript: Transcript) -> str:
        return str(transcript.agent or "–")

    @display(description="Length")
    def length(self, transcript: Transcript) -> str:
        return seconds(transcript.recording.duration_seconds)

    @display(description="Sentiment", label=MOOD_LABEL)
    def mood_label(self, transcript: Transcript) -> str:
        return str(transcript.get_sentiment_display()) or "–"

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, transcript: Transcript) -> str:
        return str(transcript.get_status_display())

    @display(description="Progress, or what is wrong")
    def how_far(self, transcript: Transcript) -> str:
        if transcript.reason:
            return transcript.reason
        if transcript.status == Transcript.Status.COMPLETED:
            return "–"
        step = next((step for step in transcript.steps.all() if step.state != State.DONE), None)
        return f"{step}: {step.progress} %" if step else "–"

    @display(description="Sound")
    def sound(self, transcript: Transcript) -> Any:
        return player(transcript.recording)

    @display(description="")
    def said(self, transcript: Transcript) -> Any:
        return conversation(transcript)

    @display(description="Steps")
    def steps_shown(self, transcript: Transcript) -> Any:
        rows = [
            (str(step), _STEP[State(step.state)], f"{step.progress} %" if step.state != State.DONE else "",
             f"after {step.attempts} attempts: {step.last_error}" if step.last_error else "")
            for step in transcript.steps.all()
        ]  # fmt: skip
        return format_html_join("", "<div>{}: {} {} {}</div>", rows) or "–"


def conversation(transcript: Transcript) -> Any:
    """What was said, a line for each segment: when, who, how, what."""
    lines = transcript.segments.only("speaker", "start", "text", "sentiment")
    rows = [
        (
            f"{int(line.start) // 60}:{int(line.start) % 60:02}",
            line.get_speaker_display(),
            _MOOD_COLOUR.get(line.sentiment, "transparent"),
            line.get_sentiment_display() or "Not judged yet",
            line.text,
        )
        for line in lines
    ]
    if not rows:
        return transcript.reason or "Nothing yet"
    body = format_html_join(
        "",
        '<tr><td style="padding:2px 12px 2px 0;color:#6b7280;font-variant-numeric:tabular-nums">{}</td>'
        '<td style="padding:2px 12px 2px 0;white-space:nowrap">{}</td>'
        '<td style="padding:2px 8px 2px 0"><span style="display:inline-block;width:8px;height:8px;border-radius:4px;'
        'background:{}" title="{}"></span></td><td style="padding:2px 0">{}</td></tr>',
        rows,
    )
    return format_html('<table style="line-height:1.4">{}</table>', body)
