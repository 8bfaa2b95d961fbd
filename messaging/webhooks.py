"""What the carrier tells of messages: those that came, and what became of ours."""

from __future__ import annotations

from uuid import UUID

import orjson
from django.http import HttpRequest

from messaging import actions
from messaging.models import Message
from numbers.models import PhoneNumber
from zerovoice.carrier import gateway, parsing, receipts, twiml
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.webhooks import instruction

_NOBODYS = UUID(int=0)


def register() -> None:
    receipts.register("message", _status_notice)
    receipts.register("inbound-message", _inbound_notice)


@instruction
def inbound(request: HttpRequest, notice: dict[str, str]) -> str:
    """Somebody writes to one of our numbers: kept, and acted upon by a worker. The answer is never a reply."""
    number = PhoneNumber.objects.active().filter(number=notice.get("To", "")).first()
    form = {name: value.replace("\x00", "") for name, value in notice.items()}  # PostgreSQL keeps no NUL
    if sid := form.get("MessageSid", "")[:64]:
        receipts.store(
            kind="inbound-message",
            ref=number.pk if number else _NOBODYS,
            key=f"inbound-message:{sid}",
            account_sid=request.carrier_account_sid,  # type: ignore[attr-defined]
            payload=orjson.dumps(form).decode(),
        )
    return twiml.response()


def _inbound_notice(receipt: Receipt) -> None:
    number = PhoneNumber.objects.active().filter(pk=receipt.ref).first()
    if number is not None and gateway.serves(receipt.account_sid, number.organization_id):
        actions.receive(receipt.pk, number, parsing.inbound_message(receipt.payload))


def _status_notice(receipt: Receipt) -> None:
    organization_id = Message.objects.filter(pk=receipt.ref).values_list("organization_id", flat=True).first()
    if organization_id is not None and gateway.serves(receipt.account_sid, organization_id):
        told = parsing.message_notice(receipt.payload)
        actions.take_notice(receipt.ref, sid=told.sid, status=told.status, error_code=told.error_code)
