"""What messages cost: facts for the usage ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from messaging.models import Message, MessageMedia
from zerovoice.billing import ledger, spending
from zerovoice.billing.models import Kind, LedgerEntry
from zerovoice.carrier.work import first_id_at


def register() -> None:
    ledger.register(_missing)


def reserve(message: Message) -> None:
    """Set money aside for a message that is about to be sent: the last step of a transaction. Raises Forbidden."""
    kind, quantity = _measured(message, with_media=bool(message.media_urls))
    spending.reserve_message(
        organization_id=message.organization_id,
        message_id=message.pk,
        kind=kind,
        number=message.to_number,
        quantity=quantity,
        at=message.created_at,
        field="to_number",
    )


def accepted(message: Message, *, with_media: bool) -> None:
    """The carrier has a message of ours, or we have one of somebody's: it is paid for, whatever becomes of it. In the
    transaction that says so."""
    ledger.post([_fact(message, with_media=with_media)])


def release(message_id: UUID) -> None:
    """The carrier never took it. In the transaction that says so."""
    spending.release([message_id])


def _fact(message: Message, *, with_media: bool) -> ledger.Fact:
    """What came in is priced by our number."""
    kind, quantity = _measured(message, with_media=with_media)
    return ledger.Fact(
        organization_id=message.organization_id,
        kind=kind,
        object_id=message.pk,
        occurred_at=message.created_at,
        quantity=quantity,
        direction=message.direction,
        number=message.to_number if message.to_number.startswith("+") else "",
    )


def _measured(message: Message, *, with_media: bool) -> tuple[str, int]:
    return (Kind.MMS_MESSAGE, 1) if with_media else (Kind.SMS_SEGMENT, message.segments)


def _missing(since: datetime) -> Iterator[ledger.Fact]:
    entered = LedgerEntry.objects.filter(
        kind__in=[Kind.SMS_SEGMENT, Kind.MMS_MESSAGE], object_id=OuterRef("pk"), period=""
    )
    had = Message.objects.filter(
        Q(sid__isnull=False) | Q(direction=Message.Direction.INBOUND), ~Exists(entered), pk__gte=first_id_at(since)
    )
    with_media = Exists(MessageMedia.objects.filter(message=OuterRef("pk")))
    for message in had.annotate(came_with_media=with_media).order_by("pk").iterator(1000):
        came_with_media: bool = message.came_with_media  # type: ignore[attr-defined]
        yield _fact(message, with_media=came_with_media or bool(message.media_urls))
