"""Transcripts: begun when a recording is in our storage, worked on step by step, made again when somebody asks.

Each step is a work row and begins when the one before is done, in the same transaction. What the steps do is in
calls/transcript_work.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from calls import events, usage
from calls.models import Recording, Segment, Transcript, TranscriptStep, VectorRemoval
from zerovoice.accounts import audit
from zerovoice.api.principal import Principal
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.speech import engine

Kind = TranscriptStep.Kind
Status = Transcript.Status


def begin(recording: Recording) -> Transcript | None:
    """Have a recording transcribed, if transcription is on. Asked twice, it is begun once."""
    if not engine.is_on():
        return None
    call = recording.call
    transcript, created = Transcript.objects.get_or_create(
        recording=recording,
        defaults={
            "organization_id": recording.organization_id,
            "call": call,
            "created_at": call.created_at,
            "direction": call.direction,
            "queue_id": call.queue_id,
            "agent_id": call.agent_id,
        },
    )
    if created:
        go_on(transcript, Kind.TRANSCRIBE)
    return transcript


def run_again(*, principal: Principal, transcript: Transcript) -> bool:
    """Make a finished one again, from the sound; False while it is being made. What there is stays until then."""
    with transaction.atomic():
        transcript = Transcript.objects.select_for_update(no_key=True).get(pk=transcript.pk)
        if transcript.status not in (Status.COMPLETED, Status.FAILED):
            return False
        audit.record(
            organization_id=transcript.organization_id,
            actor=principal,
            action="transcript.made_again",
            target=transcript,
            fields=["status"],
        )
        set_status(transcript, Status.PENDING)
        go_on(transcript, Kind.TRANSCRIBE)
    return True


def go_on(transcript: Transcript, kind: str) -> None:
    """Begin a step, or begin it anew. The caller is in a transaction."""
    step, created = TranscriptStep.objects.get_or_create(
        transcript=transcript, kind=kind, defaults={"organization_id": transcript.organization_id}
    )
    # One that is being worked on would finish with what was there before: whoever holds it has lost it.
    if not created and not step.replay(progress=0):
        TranscriptStep.objects.filter(pk=step.pk).update(
            state=State.PENDING, attempts=F("attempts") + 1, due_at=clock.machine_now(), lease_expires_at=None
        )
    step.enqueue()


def next_step(step: TranscriptStep) -> None:
    """What follows a step that is done. The caller is in the transaction in which it ended."""
    transcript = step.transcript
    match step.kind:
        case Kind.TRANSCRIBE:
            go_on(transcript, Kind.SENTIMENT)
        case Kind.SENTIMENT:
            go_on(transcript, Kind.INDEX)
        case Kind.INDEX:
            set_status(transcript, Status.COMPLETED, transcript.reason)
            events.transcript_ready(transcript)
            usage.transcribed(transcript)
            if settings.ZERODB_API_KEY:
                go_on(transcript, Kind.ZERODB)


def set_status(transcript: Transcript, status: str, reason: str = "") -> None:
    transcript.status, transcript.reason = status, reason[:300]
    transcript.completed_at = clock.now() if status == Status.COMPLETED else None
    transcript.save(update_fields=["status", "reason", "completed_at"])


def replace_segments(transcript: Transcript, segments: Iterable[Segment]) -> None:
    """The transcript's text from now on. The caller is in a transaction."""
    forget_vectors(transcript)
    transcript.segments.all().delete()
    Segment.objects.bulk_create(segments, batch_size=500)


def forget_vectors(transcript: Transcript) -> None:
    """Have ZeroDB forget what it holds of a transcript. The caller is in a transaction, and deletes the segments."""
    if transcript.steps.filter(kind=Kind.ZERODB).exists():
        remove_vectors(transcript.organization_id, transcript.segments.values_list("pk", flat=True))


def remove_vectors(organization_id: Any, segment_ids: Iterable[Any]) -> None:
    ids = [str(pk) for pk in segment_ids]
    if ids:
        VectorRemoval.objects.create(organization_id=organization_id, vector_ids=ids).enqueue()
