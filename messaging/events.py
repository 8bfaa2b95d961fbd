"""What organisations' own systems are told of messages."""

from __future__ import annotations

from messaging.models import Message
from zerovoice.webhooks import catalogue, outbox
from zerovoice.webhooks.catalogue import Kind

_KINDS = {
    "queued": "You sent a message; the carrier has it, or may have it.",
    "sent": "It left for the person's network.",
    "delivered": "It is on their phone.",
    "undelivered": "It came back; `reason` says why.",
    "failed": "It never left; `reason` says why.",
    "received": "Somebody wrote to you.",
}


def register() -> None:
    catalogue.register(
        Kind(
            f"message.{status}",
            words,
            "message",
            "/api/v1/sms/{id}",
            {
                "status": status,
                "direction": "inbound" if status == "received" else "outbound",
                "conversation_id": "0199c0de-0000-7000-8000-000000000042",
                "segments": 1,
                "reason": "unreachable" if status == "undelivered" else "",
            },
        )
        for status, words in _KINDS.items()
    )


def tell(message: Message) -> None:
    """Of the status that the message has just come to, in the transaction that wrote it."""
    outbox.record(
        organization_id=message.organization_id,
        kind=f"message.{message.status}",
        subject=message,
        data={
            "status": str(message.status),
            "direction": str(message.direction),
            "conversation_id": str(message.conversation_id),
            "segments": message.segments,
            "reason": message.failure_reason,
        },
        callback_url=message.status_callback_url,
    )
