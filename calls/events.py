"""What organisations' own systems are told of calls, and of what they leave behind."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from calls import lifecycle
from zerovoice.webhooks import catalogue, outbox
from zerovoice.webhooks.catalogue import Kind
from zerovoice.webhooks.messages import moment

if TYPE_CHECKING:
    from calls.models import Call, CallLeg, Recording, Transcript, Voicemail

_ID = "0199c0de-0000-7000-8000-00000000000"
_BEGUN: dict[str, Any] = {
    "status": "in_progress",
    "direction": "inbound",
    "number_id": f"{_ID}4",
    "queue_id": f"{_ID}1",
    "agent_id": f"{_ID}2",
    "original_id": None,
    "answered_at": "2026-03-02T14:00:06Z",
}
_OVER = {
    **_BEGUN,
    "status": "completed",
    "disposition": "answered",
    "failure_reason": "",
    "hung_up_by": "customer",
    "ended_at": "2026-03-02T14:02:31Z",
    "ring_seconds": 6,
    "wait_seconds": 9,
    "talk_seconds": 136,
    "hold_seconds": 0,
    "duration_seconds": 145,
}

_LEFT = {"call_id": f"{_ID}3", "queue_id": f"{_ID}1", "agent_id": None, "duration_seconds": 21}

#: What the timeline calls it, and what others do.
_OF_TIMELINE = {
    "placed": ("call.initiated",),
    "received": ("call.initiated", "call.answered"),
    "queue.entered": ("call.waiting",),
    "accepted": ("call.accepted",),
    "held": ("call.held",),
    "resumed": ("call.resumed",),
    "transfer.completed": ("call.transferred",),
    "disposition.set": ("call.disposition_set",),
}
_OF_CUSTOMERS_LEG = {"leg.ringing": ("call.ringing",), "leg.in_progress": ("call.answered",)}


def register() -> None:
    of_call = {
        "initiated": "A call began: you placed it, or somebody calls you.",
        "ringing": "The customer's phone rings. Outbound calls only.",
        "answered": "The customer picked up; of an inbound call: you did, which is at once.",
        "waiting": "The customer waits in a queue.",
        "accepted": "An agent took the call, or whom it is transferred to picked up.",
        "held": "The customer is on hold.",
        "resumed": "The customer is back from hold.",
        "transferred": "The customer was handed over to somebody else.",
    }
    of_end = {
        "completed": "The call is over; it had been answered.",
        "busy": "The customer's line was busy.",
        "no_answer": "The customer did not pick up.",
        "canceled": "The call was ended before the customer picked up.",
        "failed": "The call could not be made; `failure_reason` says why.",
        "disposition_set": "Somebody said what became of the call.",
    }
    path = "/api/v1/calls/{id}"
    catalogue.register(Kind(f"call.{name}", words, "call", path, _BEGUN) for name, words in of_call.items())
    catalogue.register(
        Kind(f"call.{name}", words, "call", path, _OVER | ({"status": name} if name in lifecycle.TERMINAL else {}))
        for name, words in of_end.items()
    )
    catalogue.register(
        [
            Kind(
                "recording.ready",
                "The sound of a call can be fetched.",
                "recording",
                "/api/v1/calls/{call_id}/recordings/{id}/audio",
                {"call_id": f"{_ID}3", "duration_seconds": 136, "channels": 2},
            ),
            Kind(
                "transcript.ready",
                "What was said in a call or a voicemail can be read and searched.",
                "transcript",
                "/api/v1/transcripts/{id}",
                {"call_id": f"{_ID}3", "recording_id": f"{_ID}6", "language": "en", "words": 212},
            ),
            Kind(
                "voicemail.new",
                "A caller left a message. `voicemail.ready` follows when it can be heard.",
                "voicemail",
                "/api/v1/voicemails/{id}",
                _LEFT,
            ),
            Kind(
                "voicemail.ready",
                "The sound of a message can be fetched.",
                "voicemail",
                "/api/v1/voicemails/{id}/audio",
                _LEFT,
            ),
        ]
    )


def of_timeline(call: Call, kind: str, leg: CallLeg | None) -> None:
    """Tell what an entry in the timeline means outside, if anything. In its transaction."""
    known = _OF_TIMELINE.get(kind, ())
    status = call.status
    if leg is not None and leg.role == leg.Role.CUSTOMER and kind in _OF_CUSTOMERS_LEG:
        known, status = _OF_CUSTOMERS_LEG[kind], leg.status
    for name in known:
        _tell(call, name, status)


def ended(call: Call) -> None:
    """The call is over, and measured. That it was answered is told first, if the carrier's word of it came too late."""
    if call.answered_at and not outbox.is_written(call, "call.answered"):
        _tell(call, "call.answered", "in_progress")
    _tell(call, f"call.{call.status}", call.status)


def _tell(call: Call, kind: str, status: str) -> None:
    data: dict[str, Any] = {
        "status": str(status),
        "direction": str(call.direction),
        "number_id": _id(call.own_number_id),
        "queue_id": _id(call.queue_id),
        "agent_id": _id(call.agent_id),
        "original_id": _id(call.original_id),
        "answered_at": _time(call.answered_at),
    }
    if call.is_over:
        data |= {
            "disposition": call.disposition,
            "failure_reason": call.failure_reason,
            "hung_up_by": call.hung_up_by,
            "ended_at": _time(call.ended_at),
            "ring_seconds": call.ring_seconds,
            "wait_seconds": call.wait_seconds,
            "talk_seconds": call.talk_seconds,
            "hold_seconds": call.hold_seconds,
            "duration_seconds": call.duration_seconds,
        }
    outbox.record(
        organization_id=call.organization_id,
        kind=kind,
        subject=call,
        data=data,
        callback_url=call.status_callback_url,
    )


def recording_ready(recording: Recording, voicemail: Voicemail | None) -> None:
    """Of a conversation, or of the message that it is."""
    if voicemail is not None:
        _tell_of_message(voicemail, "voicemail.ready", recording)
        return
    outbox.record(
        organization_id=recording.organization_id,
        kind="recording.ready",
        subject=recording,
        data={
            "call_id": str(recording.call_id),
            "duration_seconds": recording.duration_seconds,
            "channels": len(recording.channels),
        },
    )


def transcript_ready(transcript: Transcript) -> None:
    outbox.record(
        organization_id=transcript.organization_id,
        kind="transcript.ready",
        subject=transcript,
        data={
            "call_id": str(transcript.call_id),
            "recording_id": str(transcript.recording_id),
            "language": transcript.language,
            "words": transcript.words,
        },
    )


def voicemail_left(voicemail: Voicemail, recording: Recording) -> None:
    _tell_of_message(voicemail, "voicemail.new", recording)


def _tell_of_message(voicemail: Voicemail, kind: str, recording: Recording) -> None:
    outbox.record(
        organization_id=voicemail.organization_id,
        kind=kind,
        subject=voicemail,
        data={
            "call_id": str(voicemail.call_id),
            "queue_id": _id(voicemail.queue_id),
            "agent_id": _id(voicemail.agent_id),
            "duration_seconds": recording.duration_seconds,
        },
    )


def _id(pk: UUID | None) -> str | None:
    return str(pk) if pk else None


def _time(at: datetime | None) -> str | None:
    return moment(at) if at else None
