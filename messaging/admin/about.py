"""What was written with a contact."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from contacts import about
from contacts.models import Contact
from messaging.models import Conversation
from zerovoice.accounts.lists import local
from zerovoice.lib import phone


def conversations(contact: Contact) -> about.Part:
    found = (
        Conversation.objects.of(contact.organization_id).filter(phone=contact.phone).select_related("last_message")
    )[: about.MOST_LINES]
    lines = [
        about.Line(
            at=local(one.last_at, contact.organization.timezone),
            text=_summary(one),
            url=reverse("admin:messaging_conversation_change", args=[one.pk]),
        )
        for one in found
    ]
    return about.Part("Messages", lines, empty="Nothing was written yet.")


def _summary(conversation: Conversation) -> str:
    count, last = conversation.message_count, conversation.last_message
    words = (last.body if last else "")[:80] or "no text"
    return f"{count} {'message' if count == 1 else 'messages'} with {phone.spelt(conversation.our_number)}: {words}"


def last_messages(contacts: Collection[Contact]) -> dict[UUID, datetime]:
    of = Conversation.objects.filter(organization=OuterRef("organization"), phone=OuterRef("phone"))
    rows = Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).annotate(
        last=Subquery(of.order_by("-last_at").values("last_at")[:1])
    )
    return {pk: at for pk, at in rows.values_list("pk", "last") if at}


about.register_last("messaging", last_messages)
about.register("messaging", conversations)
