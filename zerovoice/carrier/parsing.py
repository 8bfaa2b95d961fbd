"""The carrier's words in ours.

Pure functions over what the carrier sends. A word that no table knows becomes `unknown` and never an exception: a new
value must not make a callback fail. The payload as received is kept in `raw`.

Parameters: https://www.twilio.com/docs/voice/api/call-resource#statuscallback,
https://www.twilio.com/docs/voice/twiml/conference#attributes-statusCallbackEvent,
https://www.twilio.com/docs/voice/api/recording#recording-status-callback
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

UNKNOWN = "unknown"
_MEDIA_SID = re.compile(r"ME[0-9a-f]{32}")

_CALL_STATUS = {
    "queued": "queued",
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "in_progress",
    "answered": "in_progress",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "canceled",
    "failed": "failed",
}

_RECORDING_STATUS = {
    "in-progress": "in_progress",
    "paused": "paused",
    "stopped": "stopped",
    "processing": "processing",
    "completed": "completed",
    "absent": "absent",
    "failed": "failed",
}

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
_MESSAGE_STATUS = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
    "receiving": "received",
    "received": "received",
}

_CONFERENCE_EVENT = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "unmute",
    "participant-hold": "hold",
    "participant-unhold": "unhold",
    "participant-modify": "modify",
    "participant-speech-start": "speech",
    "participant-speech-stop": "speech",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}

_ANSWERED_BY = {
    "human": "human",
    "machine_start": "machine",
    "machine_end_beep": "machine",
    "machine_end_silence": "machine",
    "machine_end_other": "machine",
    "fax": "fax",
    "unknown": UNKNOWN,
}


@dataclass(frozen=True)
class CallNotice:
    """A call status callback. `sequence` and `at` are None where the carrier sends none (instructions, AMD)."""

    sid: str
    status: str
    sequence: int | None
    at: datetime | None
    duration_seconds: int | None
    direction: str
    to: str
    from_: str
    parent_sid: str
    answered_by: str
    error_code: int | None
    sip_code: int | None
    raw: dict[str, str]


@dataclass(frozen=True)
class ConferenceNotice:
    """A conference event. Names recur: `sid` is what tells one conference from the next."""

    sid: str
    name: str
    event: str
    call_sid: str
    sequence: int | None
    at: datetime | None
    reason: str
    raw: dict[str, str]


@dataclass(frozen=True)
class RecordingNotice:
    sid: str
    call_sid: str
    status: str
    duration_seconds: int | None
    channels: int
    started_at: datetime | None
    url: str
    error_code: int | None
    raw: dict[str, str]


@dataclass(frozen=True)
class MessageNotice:
    """What became of a message of ours."""

    sid: str
    status: str
    error_code: int | None


@dataclass(frozen=True)
class InboundMessage:
    """A message that came. `media`: (the attachment's SID, its content type)."""

    sid: str
    from_: str
    to: str
    body: str
    media: tuple[tuple[str, str], ...]


def message_notice(payload: Mapping[str, str]) -> MessageNotice:
    return MessageNotice(
        sid=payload.get("MessageSid", ""),
        status=message_status(payload.get("MessageStatus")),
        error_code=whole_number(payload.get("ErrorCode")),
    )


def inbound_message(payload: Mapping[str, str]) -> InboundMessage:
    media = []
    for index in range(min(whole_number(payload.get("NumMedia")) or 0, 10)):
        sid = payload.get(f"MediaUrl{index}", "").rsplit("/", 1)[-1]
        if _MEDIA_SID.fullmatch(sid):
            media.append((sid, payload.get(f"MediaContentType{index}", "")[:100]))
    return InboundMessage(
        sid=payload.get("MessageSid", ""),
        from_=payload.get("From", ""),
        to=payload.get("To", ""),
        body=payload.get("Body", ""),
        media=tuple(media),
    )


def call_notice(payload: Mapping[str, str]) -> CallNotice:
    return CallNotice(
        sid=payload.get("CallSid", ""),
        status=call_status(payload.get("CallStatus")),
        sequence=whole_number(payload.get("SequenceNumber")),
        at=moment(payload.get("Timestamp")),
        # CallDuration is in seconds; Duration, beside it, in minutes begun.
        duration_seconds=whole_number(payload.get("CallDuration")),
        direction=direction(payload.get("Direction")),
        to=payload.get("To", ""),
        from_=payload.get("From", ""),
        parent_sid=payload.get("ParentCallSid", ""),
        answered_by=answered_by(payload.get("AnsweredBy")),
        error_code=whole_number(payload.get("ErrorCode")),
        sip_code=whole_number(payload.get("SipResponseCode")),
        raw=dict(payload),
    )


def conference_notice(payload: Mapping[str, str]) -> ConferenceNotice:
    return ConferenceNotice(
        sid=payload.get("ConferenceSid", ""),
        name=payload.get("FriendlyName", ""),
        event=_CONFERENCE_EVENT.get(payload.get("StatusCallbackEvent", ""), UNKNOWN),
        call_sid=payload.get("CallSid", ""),
        sequence=whole_number(payload.get("SequenceNumber")),
        at=moment(payload.get("Timestamp")),
        reason=payload.get("ReasonConferenceEnded", "") or payload.get("ReasonParticipantLeft", ""),
        raw=dict(payload),
    )


def recording_notice(payload: Mapping[str, str]) -> RecordingNotice:
    return RecordingNotice(
        sid=payload.get("RecordingSid", ""),
        call_sid=payload.get("CallSid", ""),
        status=recording_status(payload.get("RecordingStatus")),
        duration_seconds=whole_number(payload.get("RecordingDuration")),
        channels=whole_number(payload.get("RecordingChannels")) or 1,
        started_at=moment(payload.get("RecordingStartTime")),
        url=payload.get("RecordingUrl", ""),
        error_code=whole_number(payload.get("ErrorCode")) or whole_number(payload.get("RecordingErrorCode")),
        raw=dict(payload),
    )


def digits(payload: Mapping[str, str]) -> str:
    """The keys that a caller pressed; empty when the time ran out."""
    return payload.get("Digits", "")


def call_status(word: str | None) -> str:
    return _CALL_STATUS.get(word or "", UNKNOWN)


def message_status(word: str | None) -> str:
    return _MESSAGE_STATUS.get(word or "", UNKNOWN)


def recording_status(word: str | None) -> str:
    return _RECORDING_STATUS.get(word or "", UNKNOWN)


def answered_by(word: str | None) -> str:
    """Empty when no detection took place."""
    return _ANSWERED_BY.get(word, UNKNOWN) if word else ""


def direction(word: str | None) -> str:
    """`outbound-api` and `outbound-dial` are both outbound; a trunk's and a word not known are told by their start."""
    head = (word or "").split("-", 1)[0]
    return head if head in {"inbound", "outbound"} else UNKNOWN


def whole_number(text: str | None) -> int | None:
    """Signs and blanks as the carrier sends them; None for nothing and for what is no number."""
    try:
        return int(text) if text not in (None, "") else None
    except ValueError:
        return None


def moment(text: str | None) -> datetime | None:
    """RFC 2822 (callbacks) or ISO 8601 (newer ones) as an aware UTC datetime; None for anything else."""
    if not text:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
