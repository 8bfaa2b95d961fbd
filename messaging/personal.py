"""What messages know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from compliance import holds, removals, retention
from messaging.models import Conversation, Message, MessageMedia
from numbers.models import PhoneNumber
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import clock, personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase


def register() -> None:
    personal.register(
        Kind(
            "notices_of_messages", Receipt, ("payload",),
            find=_notices, left=lambda person: ~Q(payload={}), erase=personal.blank(payload={}, last_error=""),
            phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "attachments", MessageMedia, ("file", "sha256", "last_error"),
            find=_media, left=lambda person: Q(erased_at=None), erase=_erase_media, export=_medium, files=("file",),
            named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "messages", Message, ("from_number", "to_number", "body", "media_urls", "status_callback_url"),
            find=_messages, left=lambda person: Q(erased_at=None), erase=_erase_messages, export=_message, named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "conversations", Conversation, ("phone",),
            find=_conversations, left=lambda person: Q(phone__in=person.phones), erase=_erase_conversations,
            export=_conversation, named=True, phase=Phase.PERSON,
        )
    )  # fmt: skip
    personal.register_wait("a message that is being sent", _is_sending)
    personal.register_wait("a message that is being taken in", _is_receiving)
    free = personal.free
    free("messaging.Conversation", "our_number", because="the organisation's own")
    free("messaging.Message", "sid", "keyword", "failure_reason", because="ids and codes")
    free("messaging.MessageMedia", "sid", "content_type", because="ids and codes")


# --- whose ---


def _messages(person: Person) -> QuerySet[Message]:
    messages = Message.objects.of(person.organization_id)
    return messages.filter(Q(from_number__in=person.numbers) | Q(to_number__in=person.numbers))


def _media(person: Person) -> QuerySet[MessageMedia]:
    return MessageMedia.objects.filter(message__in=_messages(person).order_by().values("pk"))


def _conversations(person: Person) -> QuerySet[Conversation]:
    return Conversation.objects.of(person.organization_id).filter(phone__in=person.numbers)


def _notices(person: Person) -> QuerySet[Receipt]:
    """What came to a number of the organisation's: the row that it names is the number's."""
    numbers = PhoneNumber.objects.of(person.organization_id).values("pk")
    came = Receipt.objects.filter(kind__in=["inbound", "inbound-message"], ref__in=numbers)
    return came.filter(payload__From__in=person.phones)


def _is_sending(person: Person) -> bool:
    """The carrier has not told us its id yet: without that it cannot be told to forget it."""
    queued = _messages(person).filter(status=Message.Status.QUEUED, sid=None, direction=Message.Direction.OUTBOUND)
    return queued.filter(erased_at=None).exists()


def _is_receiving(person: Person) -> bool:
    return _notices(person).filter(state__in=[State.PENDING, State.PROCESSING]).exists()


# --- erasing ---


def _erase_messages(messages: Sequence[Message], erasing: Erasing) -> None:
    erase_messages(messages, erasing.remove, erasing.replace_number)


def erase_messages(
    messages: Sequence[Message], remove: personal.Remove, replace_number: Any = lambda number: number
) -> None:
    """The words go, here and at the carrier; that there was a message stays, for the figures."""
    for message in messages:
        if message.sid:
            remove("carrier_message", {"sid": message.sid})
        message.from_number = replace_number(message.from_number)
        message.to_number = replace_number(message.to_number)
        message.body, message.media_urls, message.status_callback_url = "", [], ""
        message.erased_at = clock.now()
    Message.objects.bulk_update(
        messages, ["from_number", "to_number", "body", "media_urls", "status_callback_url", "erased_at"]
    )


def _erase_media(media: Sequence[MessageMedia], erasing: Erasing) -> None:
    erase_media(media, erasing.remove)


def erase_media(media: Sequence[MessageMedia], remove: personal.Remove) -> None:
    sids = dict(Message.objects.filter(media__in=[medium.pk for medium in media]).values_list("pk", "sid"))
    for medium in media:
        if sid := sids.get(medium.message_id):
            remove("carrier_media", {"message_sid": sid, "sid": medium.sid})
        files = removals.files_of(medium.folder, medium.pk, medium.file.name or "")
        remove("files", files, at=medium.lease_expires_at)
    MessageMedia.objects.filter(pk__in=[medium.pk for medium in media]).update(
        file="", sha256="", size=0, last_error="", erased_at=clock.now(), attempts=F("attempts") + 1,
        state=State.DONE, lease_expires_at=None, finished_at=clock.machine_now(),
    )  # fmt: skip


def _erase_conversations(conversations: Sequence[Conversation], erasing: Erasing) -> None:
    """One that was erased before bears the same stand-in: the two become one."""
    for conversation in conversations:
        bearing = erasing.replace_number(conversation.phone)
        others = Conversation.objects.of(conversation.organization_id).filter(our_number=conversation.our_number)
        before = others.filter(phone=bearing).exclude(pk=conversation.pk).select_for_update().first()
        if before is None:
            Conversation.objects.filter(pk=conversation.pk).update(phone=bearing)
            continue
        Message.objects.filter(conversation=conversation).update(conversation=before)
        Conversation.objects.filter(pk=before.pk).update(
            last_message=conversation.last_message_id or before.last_message_id,
            last_at=max(before.last_at, conversation.last_at),
            message_count=before.message_count + conversation.message_count,
            inbound_count=before.inbound_count + conversation.inbound_count,
        )
        Conversation.objects.filter(pk=conversation.pk).delete()


# --- handing out ---


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk,
        **{
            name: getattr(message, name)
            for name in (
                *("direction", "status", "from_number", "to_number", "body", "media_urls", "conversation_id"),
                *("created_at", "sent_at", "delivered_at"),
            )
        },
    }


def _medium(medium: MessageMedia) -> dict[str, Any]:
    return {
        "id": medium.pk, "message_id": medium.message_id, "content_type": medium.content_type, "size": medium.size,
        "sha256": medium.sha256,
    }  # fmt: skip


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.pk, "our_number": conversation.our_number, "phone": conversation.phone,
        "message_count": conversation.message_count, "last_at": conversation.last_at,
    }  # fmt: skip


def is_erased(receipt: Receipt) -> bool:
    """Whether a notice is about a message from which the person was erased."""
    return Message.objects.filter(pk=receipt.ref, erased_at__isnull=False).exists()


# --- kept no longer than wanted ---


def register_retention() -> None:
    retention.register(retention.Kind.MESSAGES, retention.Sort(_old, _held, _retire))


def _old(organization_id: UUID, before: datetime) -> QuerySet[Message]:
    return Message.objects.of(organization_id).filter(created_at__lt=before, erased_at=None)


def _held(held: holds.Held) -> Q:
    return Q(from_number__in=held.phones) | Q(to_number__in=held.phones)


def _retire(messages: Sequence[Message], remove: personal.Remove) -> None:
    """With what came with them. The numbers stay: how long words are kept is another question than whose they were."""
    media = MessageMedia.objects.filter(message__in=messages, erased_at=None).select_for_update(of=("self",))
    erase_media(list(media), remove)
    erase_messages(messages, remove)
