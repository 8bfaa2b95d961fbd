from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from calls.actions import voicemail as actions
from calls.admin.call import AgentFilter
from calls.admin.queue import QueueFilter
from calls.admin.recording import MEDIA_LABEL, player
from calls.models import Recording, Segment, Voicemail
from contacts.models import Contact
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local, seconds
from zerovoice.lib import personal, phone

#: So much of a message is shown in the list: its first lines, cut off.
_LINES, _LETTERS = 6, 160


class StatusFilter(DropdownFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Voicemail.Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Voicemail]) -> QuerySet[Voicemail]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Voicemail)
class VoicemailAdmin(GrowingAdmin):
    scope = "voicemails"
    list_display = ["when", "caller", "whose", "status_label", "length", "sound", "excerpt", "of_call"]
    list_filter = [OrganizationFilter, WhenFilter, StatusFilter, QueueFilter, AgentFilter]
    list_before_template = "lists/calendar.html"
    list_per_page = 25
    ordering = ["-created_at", "-id"]
    actions = ["mark_new", "mark_read", "mark_archived"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "sound",
                    ("caller", "whose"),
                    ("status_label", "length"),
                    ("when", "of_call"),
                    "excerpt",
                    "media_label",
                ]
            },
        )
    ]
    readonly_fields = [
        *("sound", "caller", "whose", "status_label", "length", "when", "of_call", "excerpt", "media_label"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Voicemail]:
        """Those with a message in them."""
        rows = super().get_queryset(request).filter(recording__isnull=False)
        first = Segment.objects.filter(position__lt=_LINES).order_by("position").only("transcript", "text")
        said = Prefetch("recording__transcript__segments", first)
        return rows.select_related("organization", "queue", "agent", "recording__transcript").prefetch_related(said)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of all callers of a page in one query."""
        changelist = super().get_changelist_instance(request)
        _name(request, changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _name(request, [found] if found else [])
        return found

    # --- actions ---

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "voicemails:write"))

    @admin.action(description="Mark as new", permissions=["mark"])
    def mark_new(self, request: HttpRequest, queryset: QuerySet[Voicemail]) -> None:
        self._mark(request, queryset, Voicemail.Status.NEW)

    @admin.action(description="Mark as read", permissions=["mark"])
    def mark_read(self, request: HttpRequest, queryset: QuerySet[Voicemail]) -> None:
        self._mark(request, queryset, Voicemail.Status.READ)

    @admin.action(description="Archive", permissions=["mark"])
    def mark_archived(self, request: HttpRequest, queryset: QuerySet[Voicemail]) -> None:
        self._mark(request, queryset, Voicemail.Status.ARCHIVED)

    def _mark(self, request: HttpRequest, queryset: QuerySet[Voicemail], status: str) -> None:
        rows = queryset.exclude(status=status)
        if not staff_user(request).is_superuser:
            rows = rows.filter(organization__in=organizations_with(request, "voicemails:write"))
        marked = [
            actions.set_status(principal=principal_in(request, row.organization), voicemail=row, status=status)
            for row in rows
        ]
        self.message_user(request, f"{len(marked)} marked as {status}")

    # --- columns and fields ---

    @display(description="When")
    def when(self, voicemail: Voicemail) -> str:
        return local(voicemail.created_at, voicemail.organization.timezone)

    @display(description="From", header=True)
    def caller(self, voicemail: Any) -> list[str]:
        number = "Erased" if personal.is_stand_in(voicemail.from_number) else phone.spelt(voicemail.from_number)
        return [voicemail.contact_name or number, number if voicemail.contact_name else ""]

    @display(description="What was said")
    def excerpt(self, voicemail: Voicemail) -> Any:
        transcript = getattr(_message(voicemail), "transcript", None)
        if transcript is None:
            return "–"
        if transcript.erased_at:
            return "Removed"
        text = " ".join(segment.text for segment in transcript.segments.all())
        if not text:
            return transcript.reason or str(transcript.get_status_display())
        style = "display:block;max-width:22rem;white-space:normal"
        return format_html('<span style="{}">{}</span>', style, Truncator(text).chars(_LETTERS))

    @display(description="Box")
    def whose(self, voicemail: Voicemail) -> str:
        return voicemail.box or "–"

    @display(description="Status", label={"New": "info", "Read": "default", "Archived": "default"})
    def status_label(self, voicemail: Voicemail) -> str:
        return str(voicemail.get_status_display())

    @display(description="Length")
    def length(self, voicemail: Voicemail) -> str:
        return seconds(_message(voicemail).duration_seconds)

    @display(description="Sound")
    def sound(self, voicemail: Voicemail) -> Any:
        return player(_message(voicemail))

    @display(description="Media", label=MEDIA_LABEL)
    def media_label(self, voicemail: Voicemail) -> str:
        return str(_message(voicemail).get_state_display())

    @display(description="Call")
    def of_call(self, voicemail: Voicemail) -> Any:
        url = reverse("admin:calls_call_change", args=[voicemail.call_id])
        return format_html('<a href="{}" class="text-primary-600">Call</a>', url)


def _name(request: HttpRequest, voicemails: Iterable[Any]) -> None:
    """Sets `contact_name`; empty where the number is nobody's whom the person may see."""
    rows = list(voicemails)
    known = Contact.objects.filter(phone__in={row.from_number for row in rows})
    if not staff_user(request).is_superuser:
        known = known.filter(organization__in=organizations_with(request, "contacts:read"))
    found = known.filter(organization__in={row.organization_id for row in rows}).values_list(
        "organization", "phone", "name"
    )
    names = {(organization, number): name for organization, number, name in found} if rows else {}
    for row in rows:
        row.contact_name = names.get((row.organization_id, row.from_number), "")


def _message(voicemail: Voicemail) -> Recording:
    assert voicemail.recording is not None  # `get_queryset` leaves the others out
    return voicemail.recording
