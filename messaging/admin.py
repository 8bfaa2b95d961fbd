"""Messages in the admin site: conversations, and every message with what became of it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from contacts.models import Contact
from messaging import media
from messaging.models import Conversation, Message, MessageMedia
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local

STATUS_LABEL = {
    "Queued": "info", "Sent": "info", "Delivered": "success", "Received": "default",
    "Undelivered": "warning", "Failed": "danger",
}  # fmt: skip
_SHOWN = 100


class Messages(TabularInline):
    """The conversation itself, the newest first."""

    model = Message
    fk_name = "conversation"
    fields = ["at", "who", "text", "status_label", "why"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    show_change_link = False
    per_page = _SHOWN
    verbose_name_plural = "Messages"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("organization").prefetch_related("media")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description="At")
    def at(self, message: Message) -> str:
        return local(message.created_at, message.organization.timezone)

    @display(description="Who")
    def who(self, message: Message) -> str:
        return "They" if message.direction == Message.Direction.INBOUND else "We"

    @display(description="Text")
    def text(self, message: Message) -> Any:
        return _text(message)

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, message: Message) -> str:
        return str(message.get_status_display())

    @display(description="Why not delivered")
    def why(self, message: Message) -> str:
        return _why(message)


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


class LastFilter(WhenFilter):
    field = "last_at"


@admin.register(Message)
class MessageAdmin(GrowingAdmin):
    scope = "messaging"
    list_display = ["when", "direction", "from_number", "to_number", "text", "status_label", "why"]
    list_filter = [OrganizationFilter, WhenFilter, StatusFilter, DirectionFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization"]
    search_fields = ["from_number", "to_number"]
    search_help_text = "A whole phone number"
    ordering = ["-created_at", "-id"]
    fields = [
        ("from_number", "to_number"), ("direction", "status_label"), "text", ("why", "segments"),
        ("created_at", "sent_at", "delivered_at"), ("sid", "status_callback_url", "organization"),
    ]  # fmt: skip
    readonly_fields = [
        "from_number", "to_number", "direction", "status_label", "text", "why", "segments", "created_at", "sent_at",
        "delivered_at", "sid", "status_callback_url", "organization",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).prefetch_related("media")

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

    @display(description="Text")
    def text(self, message: Message) -> Any:
        return _text(message)

    @display(description="Status", label=STATUS_LABEL)
    def status_label(self, message: Message) -> str:
        return str(message.get_status_display())

    @display(description="Why not delivered")
    def why(self, message: Message) -> str:
        return _why(message)


@admin.register(Conversation)
class ConversationAdmin(GrowingAdmin):
    scope = "messaging"
    list_display = ["person", "our_number", "last_said", "when", "message_count"]
    list_filter = [OrganizationFilter, LastFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization"]
    search_fields = ["phone"]
    search_help_text = "A whole phone number"
    ordering = ["-last_at", "-id"]
    fields = [("person", "our_number"), ("message_count", "inbound_count", "last_at"), "organization"]
    readonly_fields = ["person", "our_number", "message_count", "inbound_count", "last_at", "organization"]
    inlines = [Messages]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        known = Contact.objects.filter(organization_id=OuterRef("organization_id"), phone=OuterRef("phone"))
        conversations = super().get_queryset(request).select_related("last_message", "organization")
        return conversations.annotate(contact_name=Subquery(known.values("name")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = whole_number(search_term)
        return (queryset.filter(phone=number) if number else queryset), False

    @display(description="Last")
    def when(self, conversation: Conversation) -> str:
        return local(conversation.last_at, conversation.organization.timezone)

    @display(description="Person")
    def person(self, conversation: Any) -> str:
        name = conversation.contact_name
        return f"{name} ({conversation.phone})" if name else conversation.phone

    @display(description="Last said")
    def last_said(self, conversation: Conversation) -> str:
        message = conversation.last_message
        if message is None:
            return "–"
        text = message.body if len(message.body) <= 80 else f"{message.body[:79]}…"
        return text or "Picture"


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


def _why(message: Message) -> str:
    code = f" ({message.carrier_error})" if message.carrier_error else ""
    return f"{message.error_meaning}{code}" if message.failure_reason else "–"
