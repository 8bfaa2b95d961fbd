"""One conversation: what was written, in order, and an answer to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.functional import cached_property

from compliance import gate
from compliance.models import Channel
from contacts.models import Contact
from messaging import actions, media
from messaging.admin.message import why
from messaging.models import Conversation, Message, MessageMedia
from messaging.serializers import MOST_CHARACTERS, SendMessageSerializer
from numbers.models import PhoneNumber
from zerovoice.accounts.lists import local
from zerovoice.accounts.models import ApiKey, AuditEntry, Organization, User
from zerovoice.api.errors import BadRequest, bad_request
from zerovoice.backoffice import pages
from zerovoice.lib import phone

SHOWN = 50
_TONES = {"delivered": "good", "undelivered": "bad", "failed": "bad"}


@pages.register
class ThreadPage(pages.RowPage[Conversation]):
    route = "messages/conversation/<uuid:pk>"
    name = "conversation"
    scope = "messaging"
    model = Conversation
    title = "Conversation"
    template_name = "messaging/conversation.html"

    @cached_property
    def contact(self) -> Contact | None:
        of = self.object
        return Contact.objects.of(of.organization_id).defer("search_text").filter(phone=of.phone).first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        of = self.object
        try:
            shown = thread(of, before=self.request.GET.get("before", ""))
        except BadRequest as error:
            raise Http404 from error
        others = Conversation.objects.of(of.organization_id).filter(phone=of.phone).exclude(pk=of.pk)
        return super().get_context_data(
            title=self.contact.name if self.contact else phone.spelt(of.phone),
            conversation=of,
            person=phone.spelt(of.phone),
            ours=phone.spelt(of.our_number),
            contact=self.contact,
            refused=self._refused(),
            others=[(other, phone.spelt(other.our_number)) for other in others[:10]],
            may_read_contacts=pages.may_in(self.request, "contacts:read", of.organization),
            most=MOST_CHARACTERS,
            past="before" in self.request.GET,
            data={
                "thread": shown,
                "asked_at": reverse("admin:conversation_messages", args=[of.pk]),
                "sent_to": reverse("admin:conversation_send", args=[of.pk]),
                "past": "before" in self.request.GET,
            },
            **kwargs,
        )

    def _refused(self) -> str:
        """Why they may not be written to now; empty if they may."""
        of = self.object
        if not PhoneNumber.objects.of(of.organization_id).active().filter(number=of.our_number, sms=True).exists():
            return "Our number of this conversation can send no messages any more."
        answer = gate.may_contact(
            organization_id=of.organization_id, number=of.phone, channel=Channel.SMS, sender=of.our_number
        )
        return answer.detail


@pages.register
class ThreadMessages(pages.StaffData):
    """The newest messages, or those before one."""

    route = "messages/conversation/<uuid:pk>/messages"
    name = "conversation_messages"
    scope = "messaging"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return JsonResponse(thread(self.row(Conversation, pk), before=request.GET.get("before", "")))


@pages.register
class SendMessage(pages.StaffData):
    """POST {"body"}: written to the person as over the API."""

    route = "messages/conversation/<uuid:pk>/send"
    name = "conversation_send"
    scope = "messaging"
    verb = "write"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        conversation = self.row(Conversation, pk)
        try:
            given = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise BadRequest("Malformed JSON") from error
        body = given.get("body") if isinstance(given, dict) else None
        checked = SendMessageSerializer(
            data={"from_number": conversation.our_number, "to_number": conversation.phone, "body": body}
        )
        if not checked.is_valid():
            raise bad_request(checked.errors)
        principal = self.principal(conversation.organization)
        message = actions.send_message(principal=principal, **checked.validated_data)
        return JsonResponse({"id": str(message.pk)}, status=201)


def thread(conversation: Conversation, *, before: str = "") -> dict[str, Any]:
    """{"messages": the newest (before a message), in the order in which they were written, "earlier": the id of the
    first of them if there are more before it}."""
    rows = conversation.messages.prefetch_related("media")
    if before:
        last = rows.filter(pk=_as_id(before)).first()
        if last is None:
            raise BadRequest("No message of this conversation", "before")
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    newest = list(rows.order_by("-created_at", "-id")[: SHOWN + 1])
    found = list(reversed(newest[:SHOWN]))
    senders = _senders(conversation.organization, found)
    return {
        "messages": [_told(message, conversation.organization, senders) for message in found],
        "earlier": str(found[0].pk) if len(newest) > SHOWN else "",
    }


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest("Must be an id", "before") from error


def _senders(organization: Organization, messages: list[Message]) -> dict[str, str]:
    """Who wrote what we sent, by the message's id: the audit knows."""
    ours = [str(message.pk) for message in messages if message.direction == Message.Direction.OUTBOUND]
    entries = AuditEntry.objects.filter(organization=organization, target_id__in=ours, action="message.sent")
    actors = dict(entries.values_list("target_id", "actor_id"))
    people = {str(user.pk): user.name or user.email for user in User.objects.filter(pk__in=set(actors.values()))}
    programs = ApiKey.objects.filter(organization=organization, pk__in=set(actors.values()))
    names = people | {str(key.pk): f"{key.name} (API key)" for key in programs}
    return {target: names.get(str(actor), "") for target, actor in actors.items()}


def _told(message: Message, organization: Organization, senders: dict[str, str]) -> dict[str, Any]:
    inbound = message.direction == Message.Direction.INBOUND
    return {
        "id": str(message.pk),
        "inbound": inbound,
        "text": message.body,
        "erased": message.erased_at is not None,
        "at": local(message.created_at, organization.timezone),
        "state": "" if inbound else str(message.get_status_display()),
        "tone": _TONES.get(message.status, "plain"),
        "why": why(message) if message.failure_reason else "",
        "by": senders.get(str(message.pk), ""),
        "sent": [url.rsplit("/", 1)[-1][:60] or "a file" for url in message.media_urls],
        "media": [_medium(medium) for medium in message.media.all()],
    }


def _medium(medium: MessageMedia) -> dict[str, str]:
    kind = medium.content_type.partition("/")[0]
    shown = medium.content_type in media.SHOWN
    return {
        "kind": kind if shown and kind in ("image", "audio", "video") else "file",
        "type": medium.content_type,
        "url": reverse("admin:messaging_media_file", args=[medium.pk]) if medium.file else "",
        "state": "removed" if medium.erased_at else str(medium.get_state_display()).lower(),
    }
