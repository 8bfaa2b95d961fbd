"""What calls know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Max, Q, QuerySet

from calls.models import (
    Call,
    CallLeg,
    CallNote,
    QueueEntry,
    Recording,
    Segment,
    Transcript,
    TranscriptStep,
    Voicemail,
)
from compliance import holds, removals, retention
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import clock, personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase

_OURS = "what the organisation itself set up, and its own people's names and phones"
_WORDS_OF_OURS = "codes and states, never a person's words or numbers"
_CARRIER = "the carrier's ids"


def register() -> None:
    _register_copies()
    personal.register(
        Kind(
            "calls", Call, ("from_number", "to_number", "status_callback_url", "menu_state"),
            find=_calls, left=_not_erased, erase=_erase_calls, export=_call, call="pk", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "call_legs", CallLeg, ("from_number", "to_number"),
            find=_legs, left=_still_named, erase=_erase_legs, export=_leg, call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "call_notes", CallNote, ("text",),
            find=_of_calls(CallNote), erase=personal.delete, export=_note, call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "queue_entries", QueueEntry, (),
            find=_of_calls(QueueEntry), left=lambda person: Q(pk__in=[]), erase=personal.delete, call="call_id",
            export=_entry, named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "recordings", Recording, ("file", "sha256", "last_error"),
            find=_of_calls(Recording), left=_not_erased, erase=_erase_recordings, export=_recording,
            files=("file",), call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "transcript_lines", Segment, ("text", "words", "search", "embedding"),
            find=_of_calls(Segment), erase=_erase_segments, export=_segment, call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "transcripts", Transcript, ("reason",),
            find=_of_calls(Transcript), left=_not_erased, erase=_erase_transcripts, export=_transcript,
            call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "voicemails", Voicemail, ("from_number",),
            find=_of_calls(Voicemail), left=_still_named_in("from_number"), erase=_erase_voicemails,
            export=_voicemail, call="call_id", named=True,
        )
    )  # fmt: skip
    personal.register_wait("a call that lasts", _has_live_call)
    _declare()


def _declare() -> None:
    free = personal.free
    free("calls.Agent", "name", "endpoint", "state_reason", "wanted_reason", "skills", "voicemail_greeting",
         because=_OURS)  # fmt: skip
    free("calls.AgentStateChange", "reason", because=_OURS)
    free("calls.BusinessHours", "name", "timezone", "weekly", "holidays_country", "holidays_subdivision", "exceptions",
         "closed_route", because=_OURS)  # fmt: skip
    free("calls.IvrMenu", "name", "greeting", "language", "options", "no_input_text", "invalid_text", "fallback_route",
         because=_OURS)  # fmt: skip
    free("calls.Prompt", "name", "file", "content_type", "sha256", because=_OURS)
    free("calls.Queue", "name", "skills", "overflow_route", "voicemail_greeting", because=_OURS)
    free("calls.WrapUpCode", "code", "label", because=_OURS)
    free("calls.CallNote", "author_name", because=_OURS)
    free("calls.QueueEntry", "skills", because=_WORDS_OF_OURS)
    free("calls.Call", "stir_verstat", "disposition", "failure_reason", "hung_up_by", because=_WORDS_OF_OURS)
    free("calls.Call", "consent_text", because=_OURS)
    free("calls.CallEvent", "kind", "data", because=_WORDS_OF_OURS)
    free("calls.CallLeg", "sid", because=_CARRIER)
    free("calls.CallLeg", "failure_reason", because=_WORDS_OF_OURS)
    free("calls.ConferenceEvent", "conference_sid", because=_CARRIER)
    free("calls.Recording", "sid", because=_CARRIER)
    free("calls.Recording", "channels", because=_WORDS_OF_OURS)
    free("calls.Transcript", "language", "engine", "sentiment_engine", because=_WORDS_OF_OURS)
    free("calls.TranscriptStep", "last_error", because="goes with its step when the transcript is erased")
    free("calls.Segment", "language", "direction", "embedding_model", because=_WORDS_OF_OURS)
    free("calls.VectorRemoval", "vector_ids", "last_error", because="ids, and errors without what was sent")


# --- whose ---


def _calls(person: Person) -> QuerySet[Call]:
    calls = Call.objects.of(person.organization_id)
    return calls.filter(Q(from_number__in=person.numbers) | Q(to_number__in=person.numbers))


def _of_calls(model: Any) -> personal.Find:
    """Rows that belong to the person's calls."""

    def find(person: Person) -> QuerySet[Any]:
        return model._base_manager.filter(call__in=_calls(person).order_by().values("pk"))

    return find


def _legs(person: Person) -> QuerySet[CallLeg]:
    """Of their calls, and where they were whom somebody else's call was handed to."""
    target = Q(organization=person.organization_id, role=CallLeg.Role.TARGET, to_number__in=person.numbers)
    return CallLeg.objects.filter(target | Q(call__in=_calls(person).order_by().values("pk")))


def _not_erased(person: Person) -> Q:
    return Q(erased_at=None)


def _still_named(person: Person) -> Q:
    return Q(from_number__in=person.phones) | Q(to_number__in=person.phones)


def _still_named_in(column: str) -> Any:
    return lambda person: Q(**{f"{column}__in": person.phones})


def _has_live_call(person: Person) -> bool:
    """One of theirs, or one in which they are the transfer target. A leg may outlast its call."""
    return (
        _calls(person).exclude(pk__in=person.held_calls).live().exists()  # type: ignore[attr-defined]
        or _legs(person).exclude(call__in=person.held_calls).filter(ended_at=None).exists()
        or _of_calls(Recording)(person)
        .exclude(call__in=person.held_calls)
        .filter(status__in=[Recording.Status.IN_PROGRESS, Recording.Status.PAUSED])
        .exists()
    )


# --- erasing ---


def _erase_calls(calls: Sequence[Call], erasing: Erasing) -> None:
    """For the books the call stays, with a stand-in for the number."""
    for call in calls:
        call.from_number = erasing.replace_number(call.from_number)
        call.to_number = erasing.replace_number(call.to_number)
        call.status_callback_url, call.menu_state, call.erased_at = "", {}, clock.now()
    Call.objects.bulk_update(calls, ["from_number", "to_number", "status_callback_url", "menu_state", "erased_at"])


def _erase_legs(legs: Sequence[CallLeg], erasing: Erasing) -> None:
    for leg in legs:
        leg.from_number = erasing.replace_number(leg.from_number)
        leg.to_number = erasing.replace_number(leg.to_number)
    CallLeg.objects.bulk_update(legs, ["from_number", "to_number"])


def _erase_voicemails(voicemails: Sequence[Voicemail], erasing: Erasing) -> None:
    for voicemail in voicemails:
        voicemail.from_number = erasing.replace_number(voicemail.from_number)
    Voicemail.objects.bulk_update(voicemails, ["from_number"])


def _erase_recordings(recordings: Sequence[Recording], erasing: Erasing) -> None:
    erase_recordings(recordings, erasing.remove)


def _erase_segments(segments: Sequence[Segment], erasing: Erasing) -> None:
    erase_segments(segments, erasing.remove)


def _erase_transcripts(transcripts: Sequence[Transcript], erasing: Erasing) -> None:
    erase_transcripts(transcripts)


def erase_recordings(recordings: Sequence[Recording], remove: personal.Remove) -> None:
    """The sound goes, here and at the carrier; the row stays. A worker that fetches it at this moment loses it."""
    for recording in recordings:
        remove("carrier_recording", {"sid": recording.sid})
        files = removals.files_of(recording.folder, recording.pk, recording.file.name or "")
        remove("files", files, at=recording.lease_expires_at)
    Recording.objects.filter(pk__in=[recording.pk for recording in recordings]).update(
        file="", sha256="", size=0, last_error="", erased_at=clock.now(), attempts=F("attempts") + 1,
        state=State.DONE, lease_expires_at=None, finished_at=clock.machine_now(),
    )  # fmt: skip


def erase_segments(segments: Sequence[Segment], remove: personal.Remove) -> None:
    """What was said goes, from every index too."""
    ids = [str(segment.pk) for segment in segments]
    if settings.ZERODB_API_KEY and ids:
        copying = TranscriptStep.objects.filter(
            transcript__in={segment.transcript_id for segment in segments}, kind=TranscriptStep.Kind.ZERODB
        )
        lease = copying.aggregate(last=Max("lease_expires_at"))["last"]
        remove("zerodb", {"vector_ids": " ".join(ids)}, at=lease)
    Segment.objects.filter(pk__in=ids).delete()


def erase_transcripts(transcripts: Sequence[Transcript]) -> None:
    """That there was one stays, for the figures. Its steps go: a worker that is at one of them loses it."""
    pks = [transcript.pk for transcript in transcripts]
    TranscriptStep.objects.filter(transcript__in=pks).delete()
    Segment.objects.filter(transcript__in=pks).delete()
    Transcript.objects.filter(pk__in=pks).update(reason="", erased_at=clock.now())


# --- handing out ---


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.pk,
        **{
            name: getattr(call, name)
            for name in (
                *("direction", "from_number", "to_number", "status", "disposition", "created_at", "answered_at"),
                *("ended_at", "wait_seconds", "talk_seconds", "hold_seconds", "duration_seconds"),
            )
        },
    }


def _leg(leg: CallLeg) -> dict[str, Any]:
    """Without numbers: those of agents are theirs."""
    return {
        "id": leg.pk, "call_id": leg.call_id, "role": leg.role, "status": leg.status, "created_at": leg.created_at,
        "answered_at": leg.answered_at, "ended_at": leg.ended_at,
    }  # fmt: skip


def _note(note: CallNote) -> dict[str, Any]:
    return {"id": note.pk, "call_id": note.call_id, "text": note.text, "created_at": note.created_at}


def _entry(entry: QueueEntry) -> dict[str, Any]:
    return {
        "id": entry.pk, "call_id": entry.call_id, "state": entry.state, "entered_at": entry.entered_at,
        "left_at": entry.left_at,
    }  # fmt: skip


def _recording(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.pk, "call_id": recording.call_id, "kind": recording.kind, "channels": recording.channels,
        "started_at": recording.started_at, "duration_seconds": recording.duration_seconds,
        "sha256": recording.sha256,
    }  # fmt: skip


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.pk, "transcript_id": segment.transcript_id, "call_id": segment.call_id,
        "position": segment.position, "speaker": segment.speaker, "start": segment.start, "end": segment.end,
        "text": segment.text, "sentiment": segment.sentiment,
    }  # fmt: skip


def _transcript(transcript: Transcript) -> dict[str, Any]:
    return {
        "id": transcript.pk, "call_id": transcript.call_id, "recording_id": transcript.recording_id,
        "status": transcript.status, "language": transcript.language, "sentiment": transcript.sentiment,
        "sentiment_score": transcript.sentiment_score,
    }  # fmt: skip


def _voicemail(voicemail: Voicemail) -> dict[str, Any]:
    return {
        "id": voicemail.pk, "call_id": voicemail.call_id, "recording_id": voicemail.recording_id,
        "from_number": voicemail.from_number, "box": voicemail.box, "status": voicemail.status,
        "created_at": voicemail.created_at,
    }  # fmt: skip


# --- what the carrier told, kept as it came ---


def _register_copies() -> None:
    personal.register(
        Kind(
            "notices_of_lost_calls", Receipt, ("payload",),
            find=_astray, left=lambda person: ~Q(payload={}), erase=personal.blank(payload={}, last_error=""),
            phase=Phase.COPIES,
        )
    )  # fmt: skip


def _astray(person: Person) -> QuerySet[Receipt]:
    """Of messages left while nothing else worked: only the carrier's id of the call says whose they are."""
    legs = _legs(person).exclude(call__in=person.held_calls).filter(sid__isnull=False)
    sids = legs.filter(created_at__gt=clock.now() - timedelta(days=400)).values_list("sid", flat=True)
    return Receipt.objects.filter(kind__in=["astray", "inbound"], payload__CallSid__in=list(sids))


def is_erased(receipt: Receipt) -> bool:
    """Whether a notice is about a call from which the person was erased."""
    legs = CallLeg.objects.filter(Q(pk=receipt.ref) | Q(sid=receipt.payload.get("CallSid") or "-"))
    erased = Q(erased_at__isnull=False)
    return Call.objects.filter(erased, Q(pk=receipt.ref) | Q(pk__in=legs.values("call"))).exists()


# --- kept no longer than wanted ---


def register_retention() -> None:
    retention.register(
        retention.Kind.RECORDINGS,
        retention.Sort(
            lambda organization_id, before: Recording.objects.filter(
                organization=organization_id, created_at__lt=before, erased_at=None
            ).exclude(status__in=[Recording.Status.IN_PROGRESS, Recording.Status.PAUSED]),
            _held,
            erase_recordings,
        ),
    )
    retention.register(
        retention.Kind.TRANSCRIPTS,
        retention.Sort(
            lambda organization_id, before: Transcript.objects.filter(
                organization=organization_id, created_at__lt=before, erased_at=None
            ),
            _held,
            _retire_transcripts,
        ),
    )
    holds.register_calls(_Calls())


class _Calls:
    """What holds ask of calls."""

    MOST = 20

    def described(self, organization_id: UUID, call_ids: Collection[UUID]) -> dict[UUID, str]:
        return self._words(Call.objects.of(organization_id).filter(pk__in=call_ids))

    def with_numbers(self, organization_id: UUID, numbers: Collection[str]) -> dict[UUID, str]:
        theirs = Q(from_number__in=numbers) | Q(to_number__in=numbers)
        return self._words(Call.objects.of(organization_id).filter(theirs).order_by("-created_at", "-id")[: self.MOST])

    @staticmethod
    def _words(calls: QuerySet[Call]) -> dict[UUID, str]:
        rows = calls.values_list("pk", "created_at", "organization__timezone", "from_number", "to_number")
        return {
            pk: f"{at.astimezone(ZoneInfo(zone)):%-d %b %Y %H:%M}, {_shown(caller)} to {_shown(called)}"
            for pk, at, zone, caller, called in rows
        }


def _shown(number: str) -> str:
    return "an erased number" if personal.is_stand_in(number) else number


def _held(held: holds.Held) -> Q:
    return Q(call__in=held.call_ids) | Q(call__from_number__in=held.phones) | Q(call__to_number__in=held.phones)


def _retire_transcripts(transcripts: Sequence[Transcript], remove: personal.Remove) -> None:
    erase_segments(list(Segment.objects.filter(transcript__in=transcripts).only("pk", "transcript_id")), remove)
    erase_transcripts(transcripts)
