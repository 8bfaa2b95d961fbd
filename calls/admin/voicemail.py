from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from calls.actions import voicemail as actions
from calls.admin.call import AgentFilter
from calls.admin.queue import QueueFilter
from calls.admin.recording import MEDIA_LABEL, player
from calls.models import Recording, Voicemail
from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local, seconds


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
    list_display = ["when", "from_number", "whose", "status_label", "length", "sound", "of_call"]
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
                    ("from_number", "whose"),
                    ("status_label", "length"),
                    ("when", "of_call"),
                    "media_label",
                ]
            },
        )
    ]
    readonly_fields = ["sound", "from_number", "whose", "status_label", "length", "when", "of_call", "media_label"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Voicemail]:
        """Those with a message in them."""
        rows = super().get_queryset(request).filter(recording__isnull=False)
        return rows.select_related("organization", "queue", "agent", "recording")

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


def _message(voicemail: Voicemail) -> Recording:
    assert voicemail.recording is not None  # `get_queryset` leaves the others out
    return voicemail.recording
