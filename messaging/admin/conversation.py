"""Conversations: whom we write with, and who wrote last."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.decorators import display

from contacts.models import Contact
from messaging.admin.message import STATUS_LABEL, whole_number
from messaging.admin.thread import ThreadPage
from messaging.models import Conversation, Message
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local
from zerovoice.lib import phone


class LastFilter(WhenFilter):
    field = "last_at"


@admin.register(Conversation)
class ConversationAdmin(GrowingAdmin):
    scope = "messaging"
    list_display = ["person", "last_said", "state_label", "when", "number_of_messages", "ours"]
    list_filter = [OrganizationFilter, LastFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization"]
    search_fields = ["phone"]
    search_help_text = "A whole phone number"
    ordering = ["-last_at", "-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        known = Contact.objects.filter(organization_id=OuterRef("organization_id"), phone=OuterRef("phone"))
        conversations = super().get_queryset(request).select_related("last_message", "organization")
        return conversations.annotate(contact_name=Subquery(known.values("name")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = whole_number(search_term)
        return (queryset.filter(phone=number) if number else queryset), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return ThreadPage.as_view(site=self.admin_site)(request, pk=object_id)

    @display(description="Last")
    def when(self, conversation: Conversation) -> str:
        return local(conversation.last_at, conversation.organization.timezone)

    @display(description="Person")
    def person(self, conversation: Any) -> str:
        name = conversation.contact_name
        number = phone.spelt(conversation.phone)
        return f"{name} ({number})" if name else number

    @display(description="Our number")
    def ours(self, conversation: Conversation) -> str:
        return phone.spelt(conversation.our_number)

    @display(description="Messages")
    def number_of_messages(self, conversation: Conversation) -> str:
        return f"{conversation.message_count}, {conversation.inbound_count} from them"

    @display(description="State", label={**STATUS_LABEL, "They wrote last": "warning"})
    def state_label(self, conversation: Conversation) -> str:
        message = conversation.last_message
        if message is None:
            return ""
        inbound = message.direction == Message.Direction.INBOUND
        return "They wrote last" if inbound else str(message.get_status_display())

    @display(description="Last said")
    def last_said(self, conversation: Conversation) -> str:
        message = conversation.last_message
        if message is None:
            return "–"
        text = message.body if len(message.body) <= 80 else f"{message.body[:79]}…"
        text = text or ("erased" if message.erased_at else "Picture")
        return text if message.direction == Message.Direction.INBOUND else f"We: {text}"
