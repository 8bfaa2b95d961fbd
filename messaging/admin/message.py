"""Every message, with what became of it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from messaging import media
from messaging.models import Message, MessageMedia
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local
from zerovoice.lib import phone

STATUS_LABEL = {
    "Queued": "info", "Sent": "info", "Delivered": "success", "Received": "default",
    "Undelivered": "warning", "Failed": "danger",
}  # fmt: skip


class StatusFilter(DropdownFilter):
    title = "status"
    parameter_name = "status"
    field = Message.Status

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in self.field.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class DirectionFilter(StatusFilter):
    title = "direction"
    parameter_name = "direction"
    field = Message.Direction  # type: ignore[assignment]


@admin.register(Message)
class MessageAdmin(GrowingAdmin):
    scope = "messaging"
    list_display = ["when", "which_way", "person", "ours", "text", "status_label", "why"]
    list_filter = [OrganizationFilter, WhenFilter, StatusFilter, DirectionFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization", "conversation"]
    search_fields = ["from_number", "to_number"]
    search_help_text = "A whole phone number"
    ordering = ["-created_at", "-id"]
    fields = [
        ("person", "ours"), ("which_way", "status_label"), "text", ("why", "size"),
        ("conversation_link", "organization"),
        ("when", "sent", "delivered"), ("sid", "status_callback_url"),
    ]  # fmt: skip
    readonly_fields = [
        "person", "ours", "which_way", "status_label", "text", "why", "size", "conversation_link", "organization",
        "when", "sent", "delivered", "sid", "status_callback_url",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("organization", "conversation").prefetch_related("media")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = whole_number(search_term)
        return (queryset.filter(Q(from_number=number) | Q(to_number=number)) if number else queryset), False

    def get_urls(self) -> list[URLPattern]:
        file = self.admin_site.admin_view(self.media_file)
        return [path("media/<uuid:pk>", file, name="messaging_media_file"), *super().get_urls()]

    def media_file(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        medium = MessageMedia.objects.filter(message__in=self.get_queryset(request), pk=pk).first()
        if medium is None or not medium.file:
            raise Http404
        return media.as_response(medium)

    @display(description="When")
    def when(self, message: Message) -> str:
        return local(message.created_at, message.organization.timezone)

    @display(description="Direction")
    def which_way(self, message: Message) -> str:
        return "↗ To them" if message.direction == Message.Direction.OUTBOUND else "↙ From them"

    @display(description="Person")
    def person(self, message: Message) -> str:
        return phone.spelt(message.conversation.phone)

    @display(description="Our number")
    def ours(self, message: Message) -> str:
        return phone.spelt(message.conversation.our_number)

    @display(description="Conversation")
    def conversation_link(self, message: Message) -> Any:
        url = reverse("admin:messaging_conversation_change", args=[message.conversation_id])
        return format_html('<a href="{}" class="text-primary-600">All messages with them</a>', url)

    @display(description="Size")
    def size(self, message: Message) -> str:
        return f"{message.segments} SMS, {message.encoding}"

    @display(description="Sent")
    def sent(self, message: Message) -> str:
        return local(message.sent_at, message.organization.timezone)

    @display(description="Delivered")
    def delivered(self, message: Message) -> str:
        return local(message.delivered_at, message.organization.timezone)

    @display(description="Text")
    def text(self, message: Message) -> Any:
        return _text(message)

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, message: Message) -> str:
        return str(message.get_status_display())

    @display(description="Why not delivered")
    def why(self, message: Message) -> str:
        return why(message)


def whole_number(text: str) -> str:
    """What somebody typed as an E.164 number, blanks and punctuation gone; empty for nothing typed."""
    digits = re.sub(r"\D", "", text)
    return f"+{digits}" if digits else text.strip()


def _text(message: Message) -> Any:
    """The words, and below them what came along."""
    pictures = format_html_join(
        "",
        '<a href="{0}" class="text-primary-600 block" rel="noopener">{1}</a>',
        (
            (reverse("admin:messaging_media_file", args=[medium.pk]), medium.content_type)
            for medium in message.media.all()
            if medium.file
        ),
    )
    if not pictures:
        return message.body or "–"
    return format_html("{}{}", message.body, pictures)


def why(message: Message) -> str:
    code = f" ({message.carrier_error})" if message.carrier_error else ""
    return f"{message.error_meaning}{code}" if message.failure_reason else "–"
