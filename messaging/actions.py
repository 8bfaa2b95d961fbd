"""Writing to people, and taking in what they write and what became of messages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from compliance import actions as lists
from compliance import destinations, gate, keywords, removals
from compliance.models import Channel
from messaging import events, lifecycle, usage
from messaging.models import Conversation, Message, MessageMedia
from messaging.segments import segments_of
from numbers.models import PhoneNumber
from zerovoice.accounts import audit
from zerovoice.api.errors import Blocked, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import errors as carrier_errors
from zerovoice.carrier import gateway, webhooks
from zerovoice.carrier.errors import RefusalMeaning
from zerovoice.carrier.parsing import InboundMessage
from zerovoice.carrier.results import CarrierMessage
from zerovoice.lib import clock, phone

#: Business seconds that an ambiguous create may go without any sign of life.
UNBOUND_SECONDS = 60
#: Machine seconds that one request to the carrier may take; until then a create is neither done nor lost.
REQUEST_SECONDS = 15
#: How far the carrier's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(seconds=10)


def send_message(
    *,
    principal: Principal,
    from_number: str,
    to_number: str,
    body: str,
    media_urls: Sequence[str] = (),
    status_callback_url: str = "",
) -> Message:
    """Send an SMS, or an MMS with media. `from_number` is one of the organisation's, in E.164 or by its id.

    Raises Unprocessable, Blocked (compliance), Forbidden and, when the carrier is certain not to have taken it,
    Unavailable. When the carrier may have taken it, the message stays `queued` until a callback shows, and is never
    sent again.
    """
    if phone.is_emergency(to_number):
        raise Unprocessable("Emergency numbers cannot be written to through the API", field="to_number")
    organization_id = principal.organization_id
    number = _own_number(organization_id, from_number, mms=bool(media_urls))
    with gate.authorized(
        organization_id=organization_id,
        number=to_number,
        channel=Channel.SMS,
        sender=number.number,
        principal=principal,
    ):
        destinations.refuse(organization_id, to_number, field="to_number", what="Messages")
        _refuse_without_carrier(organization_id)
        message = _write_down(
            organization_id=organization_id,
            direction=Message.Direction.OUTBOUND,
            status=Message.Status.QUEUED,
            our_number=number.number,
            person=to_number,
            body=body,
            media_urls=list(media_urls),
            status_callback_url=status_callback_url,
            # By then the carrier will have shown it, or it never was, whoever dies meanwhile.
            unbound_until=clock.in_time(business_seconds=UNBOUND_SECONDS, machine_seconds=REQUEST_SECONDS),
            checked_at=clock.now(),
            principal=principal,
        )
        _hand_over(message, principal)
    message.refresh_from_db()
    return message


def _own_number(organization_id: uuid.UUID, given: str, *, mms: bool) -> PhoneNumber:
    number = PhoneNumber.objects.of(organization_id).active().named(given)
    if number is None:
        raise Unprocessable("Not an active number of this organization", field="from_number")
    if not number.sms:
        raise Unprocessable("The number cannot send messages", field="from_number")
    if mms and not number.mms:
        raise Unprocessable("The number cannot send media", field="media_urls")
    return number


def _refuse_without_carrier(organization_id: uuid.UUID) -> None:
    try:
        gateway.for_organization(organization_id).check()
    except carrier_errors.Unavailable as error:
        raise carrier_errors.api_error(error) from error


@transaction.atomic
def _write_down(
    *, our_number: str, person: str, body: str, principal: Principal | None = None, **fields: Any
) -> Message:
    """A new message, and its place at the end of its conversation."""
    inbound = fields["direction"] == Message.Direction.INBOUND
    organization_id, at = fields["organization_id"], fields.setdefault("created_at", clock.now())
    key = {"organization_id": organization_id, "phone": person, "our_number": our_number}
    Conversation.objects.bulk_create([Conversation(**key, last_at=at)], ignore_conflicts=True)
    conversation = Conversation.objects.select_for_update(no_key=True).get(**key)
    size = segments_of(body)
    message = Message.objects.create(
        conversation=conversation,
        from_number=person if inbound else our_number,
        to_number=our_number if inbound else person,
        body=body,
        encoding=size.encoding,
        segments=size.count,
        **fields,
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message=message if at >= conversation.last_at else conversation.last_message_id,
        last_at=max(at, conversation.last_at),
        message_count=F("message_count") + 1,
        inbound_count=F("inbound_count") + int(inbound),
    )
    events.tell(message)
    if principal:
        audit.record(organization_id=organization_id, actor=principal, action="message.sent", target=message)
    if not inbound:
        usage.reserve(message)
    return message


def _hand_over(message: Message, principal: Principal) -> None:
    """Within the request, so that the carrier's refusal is the answer to it. Network."""
    try:
        made = gateway.for_organization(message.organization_id).create_message(
            to=message.to_number,
            from_=message.from_number,
            body=message.body,
            media_urls=message.media_urls,
            status_callback=webhooks.notice_url("message", message.pk),
        )
    except carrier_errors.Ambiguous:
        # From now on its first callback has a minute to come.
        Message.objects.filter(pk=message.pk, sid=None).update(
            unbound_until=clock.in_time(business_seconds=UNBOUND_SECONDS)
        )
    except carrier_errors.Refused as error:
        fail(message.pk, error.meaning.value, carrier_error=error.code)
        if error.meaning != RefusalMeaning.OPTED_OUT:
            raise carrier_errors.api_error(error) from error
        answer = _record_block(message, principal)
        raise Blocked(answer.detail, "to_number", reason=answer.reason) from error
    except carrier_errors.Unavailable as error:
        fail(message.pk, "carrier_unavailable")
        raise carrier_errors.api_error(error) from error
    else:
        take_notice(message.pk, sid=made.sid, status=made.status, error_code=made.error_code)


def _record_block(message: Message, principal: Principal | None) -> gate.Answer:
    return lists.record_carrier_block(
        organization_id=message.organization_id,
        number=message.to_number,
        sender=message.from_number,
        principal=principal,
    )


@transaction.atomic
def fail(message_id: uuid.UUID, reason: str, *, carrier_error: int | None = None) -> None:
    """The message never came to be. Nothing happens to one that the carrier has shown."""
    unborn = Message.objects.filter(pk=message_id, sid=None, status=Message.Status.QUEUED)
    fields = {"status": Message.Status.FAILED, "failure_reason": reason, "carrier_error": carrier_error}
    if unborn.update(**fields, unbound_until=None):
        usage.release(message_id)
        events.tell(Message.objects.get(pk=message_id))


@transaction.atomic
def take_notice(message_id: uuid.UUID, *, sid: str, status: str, error_code: int | None) -> None:
    """What the carrier says of a message of ours; the first word of it binds the message to the carrier's.

    In any order and any number of times: see `lifecycle`.
    """
    message = Message.objects.select_for_update(no_key=True).filter(pk=message_id).first()
    if message is None or not sid or (message.sid and message.sid != sid):
        return
    before = message.status
    if message.sid is None and message.failure_reason == "carrier_unknown":
        message.status, message.failure_reason = Message.Status.QUEUED, ""  # it was there after all
    new = message.sid is None
    message.sid, message.unbound_until = sid, None
    now = clock.now()
    message.status = lifecycle.after(message.status, status)
    if message.status == status and error_code and status in (lifecycle.FAILED, lifecycle.UNDELIVERED):
        meaning = carrier_errors.describe(error_code).meaning
        if meaning == RefusalMeaning.OPTED_OUT and message.carrier_error != error_code:
            _record_block(message, None)  # the carrier found out after it had taken the message
        message.carrier_error = error_code
        message.failure_reason = meaning.value
    if message.status == lifecycle.DELIVERED:
        message.carrier_error, message.failure_reason = None, ""
        message.delivered_at = message.delivered_at or now
    if status in (lifecycle.SENT, lifecycle.UNDELIVERED, lifecycle.DELIVERED):
        message.sent_at = message.sent_at or now
    message.checked_at = now
    message.save(
        update_fields=[
            "sid", "unbound_until", "status", "carrier_error", "failure_reason", "sent_at", "delivered_at",
            "checked_at",
        ]
    )  # fmt: skip
    if message.status != before:
        events.tell(message)
    if new:
        usage.accepted(message, with_media=bool(message.media_urls))
        if message.erased_at:  # it was given up before, and erased: what the carrier has of it goes as well
            removals.later(message.organization_id, "carrier_message", {"sid": sid})


def receive(receipt_id: uuid.UUID, number: PhoneNumber, told: InboundMessage) -> Message | None:
    """Take in a message that came to one of our numbers; None when it is here already. In the receipt's transaction.

    A keyword acts at once, unless the person has sent another since, whose receipt was worked on before this one's.
    """
    keyword = keywords.keyword_of(told.body)
    if keyword:
        gate.wait_for_contacts(number.organization_id, [told.from_])
    try:
        with transaction.atomic():
            message = _write_down(
                id=receipt_id,
                organization_id=number.organization_id,
                direction=Message.Direction.INBOUND,
                status=Message.Status.RECEIVED,
                our_number=number.number,
                person=told.from_[:128],
                body=told.body,
                keyword=keyword,
                sid=told.sid,
            )
    except IntegrityError:
        return None
    for sid, content_type in told.media:
        medium = MessageMedia.objects.create(
            organization_id=number.organization_id, message=message, sid=sid, content_type=content_type
        )
        medium.enqueue()
    usage.accepted(message, with_media=bool(told.media))
    if keyword in ("stop", "start") and not _has_changed_their_mind(message):
        who = {"organization_id": number.organization_id, "number": told.from_, "sender": number.number}
        if keyword == "stop":
            lists.opt_out(**who, keyword=told.body.strip().upper())  # type: ignore[arg-type]
        else:
            lists.opt_in(**who)  # type: ignore[arg-type]
    return message


def _has_changed_their_mind(message: Message) -> bool:
    """Ids are those of the receipts, in the order of arrival."""
    later = Message.objects.of(message.organization_id).filter(
        from_number=message.from_number, keyword__in=["stop", "start"], pk__gt=message.pk
    )
    return later.exists()


def check(message: Message) -> None:
    """Ask the carrier about a message that fell silent, and take its answer in as if it had been a callback. Network.

    One without a SID is looked for: is there one like it at the carrier that nobody claims? Else, in time, there never
    was one.
    """
    carrier = gateway.for_organization(message.organization_id)
    if message.sid:
        told: CarrierMessage | None = carrier.fetch_message(sid=message.sid)
    else:
        told = _unclaimed(message, carrier)
    if told is None:
        fail(message.pk, "carrier_unknown")
    else:
        take_notice(message.pk, sid=told.sid, status=told.status, error_code=told.error_code)


def _unclaimed(message: Message, carrier: gateway.Gateway) -> CarrierMessage | None:
    since = message.created_at - _CLOCKS_DIFFER
    found = carrier.find_messages(to=message.to_number, from_=message.from_number, created_after=since)
    claimed = set(Message.objects.filter(sid__in=[told.sid for told in found]).values_list("sid", flat=True))
    alike = [told for told in found if told.sid not in claimed and told.body == message.body]
    return alike[-1] if alike else None  # the oldest: of several alike, each takes one
