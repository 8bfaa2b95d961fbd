"""What the steps of a transcript do. Each may be interrupted anywhere and done again: its effect is one transaction."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models.fields.files import FieldFile

from calls.actions import transcripts
from calls.actions.measuring import conversations
from calls.models import CallLeg, Recording, Segment, Transcript, TranscriptStep, VectorRemoval
from zerovoice.carrier.work import LeaseLost, WorkRow
from zerovoice.speech import engine, moods, redaction
from zerovoice.zerodb import client as zerodb

log = structlog.get_logger(__name__)

Kind = TranscriptStep.Kind

#: How often a step tells how far it is, and that it is still worked on. Machine seconds.
_TOLD_EVERY = 2.0
#: How long we wait for an operator to mend what is wrong with the engine, or with ZeroDB when it does not say.
_PATIENCE_SECONDS = 60.0
#: The carrier's word of when a recording began is of a whole second, and so is that of who came and went.
_ABOUT = timedelta(seconds=1.5)


def work_on(step: TranscriptStep) -> None:
    """Do a step, which the caller has claimed, and begin the next. Raises LeaseLost."""
    if step.interrupted and step.exhausted:
        return _fail(step, "Every attempt was interrupted")
    try:
        with _alive(step):
            _STEPS[step.kind](step)
    except engine.CannotTranscribe as error:
        _fail(step, str(error))
    except FileNotFoundError:
        _fail(step, "The sound is no longer there")
    except ImproperlyConfigured as error:
        step.postpone(error, after=_PATIENCE_SECONDS)
    except LeaseLost:
        raise
    except Exception as error:
        log.exception("transcript_step_failed", step_id=str(step.pk), kind=step.kind)
        with transaction.atomic():
            if not step.retry(error):
                _failed(step, f"{step}: failed {step.attempts} times ({type(error).__name__})")
    return None


def _fail(step: TranscriptStep, reason: str) -> None:
    with transaction.atomic():
        step.fail(reason)
        _failed(step, reason)


def _failed(step: TranscriptStep, reason: str) -> None:
    if step.kind != Kind.ZERODB:  # the transcript does not depend on it
        transcripts.set_status(step.transcript, Transcript.Status.FAILED, reason)


def _done(step: TranscriptStep) -> None:
    step.succeed(progress=100)
    transcripts.next_step(step)


@contextmanager
def _alive(row: WorkRow) -> Iterator[None]:
    """Keep the row ours while this process lives, however long a part of the work takes that tells nothing."""
    over = threading.Event()

    def keep() -> None:
        try:
            while not over.wait(row.LEASE.total_seconds() / 4):
                row.advance()
        except LeaseLost:
            pass  # the worker finds out when it writes
        finally:
            connection.close()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


# --- hearing it ---


def _transcribe(step: TranscriptStep) -> None:
    transcript = step.transcript
    Transcript.objects.filter(pk=transcript.pk).update(status=Transcript.Status.PROCESSING, reason="")
    recording = transcript.recording
    listener = engine.load()
    if listener is None:
        raise engine.CannotTranscribe("Transcription is switched off")
    language = settings.TRANSCRIPTION_LANGUAGE
    with _on_disk(recording.file) as path:
        heard = listener.transcribe(path, channels=recording.channels, language=language, progress=_teller(step))
    redacted = redaction.redact(heard)
    speaker_of = _speakers(recording)
    segments = [_segment(transcript, position, told, speaker_of, language) for position, told in enumerate(redacted)]
    with transaction.atomic():
        transcript = step.transcript = Transcript.objects.select_for_update(no_key=True).get(pk=transcript.pk)
        transcripts.replace_segments(transcript, segments)
        transcript.language, transcript.engine = language, listener.name
        transcript.words = sum(len(segment.text.split()) for segment in segments)
        transcript.reason = "" if segments else "Nobody speaks in it"
        transcript.sentiment, transcript.sentiment_score, transcript.sentiment_engine = "", None, ""
        transcript.save(
            update_fields=[
                *("language", "engine", "words", "reason", "sentiment", "sentiment_score", "sentiment_engine")
            ]
        )
        _done(step)


def _teller(step: TranscriptStep) -> Callable[[float], None]:
    last = 0.0

    def tell(part: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _TOLD_EVERY:
            last = time.monotonic()
            step.advance(progress=min(99, int(part * 100)))

    return tell


@contextmanager
def _on_disk(file: FieldFile) -> Iterator[Path]:
    """The file as one that this machine's programs can read, wherever it is stored."""
    try:
        yield Path(file.path)
    except NotImplementedError:  # no file system
        with tempfile.NamedTemporaryFile(suffix=".wav") as copy, file.open() as source:
            for chunk in source.chunks():
                copy.write(chunk)
            copy.flush()
            yield Path(copy.name)


SpeakerOf = Callable[[str, float, float], str]


def _speakers(recording: Recording) -> SpeakerOf:
    """Who it is that is heard on a channel from one second of the recording to another.

    What goes to the customer's phone is the voice of whom they are joined with, and what we play when that is nobody.
    """
    began = recording.started_at
    _, talks = conversations(recording.call)
    partners = [(leg, talk) for leg, talk in talks if talk]

    def speaker_of(channel: str, start: float, end: float) -> str:
        if channel != Segment.Speaker.AGENT or began is None or not partners:
            return channel
        first, last = began + timedelta(seconds=start), began + timedelta(seconds=end)
        together = {leg: _overlap(talk, first, last) for leg, talk in partners}
        leg = max(together, key=lambda one: together[one])
        if not together[leg]:
            return str(Segment.Speaker.SYSTEM)
        return str(Segment.Speaker.TARGET if leg.role == CallLeg.Role.TARGET and leg.agent_id is None else channel)

    return speaker_of


def _overlap(talk: Sequence[tuple[datetime, datetime | None]], first: datetime, last: datetime) -> float:
    """Seconds of that time in which they talked, about."""
    found = 0.0
    for begin, end in talk:
        until = last if end is None else min(last, end + _ABOUT)
        found += max(0.0, (until - max(first, begin - _ABOUT)).total_seconds())
    return found


def _segment(
    transcript: Transcript, position: int, told: engine.Segment, speaker_of: SpeakerOf, language: str
) -> Segment:
    return Segment(
        organization_id=transcript.organization_id,
        transcript=transcript,
        call_id=transcript.call_id,
        position=position,
        speaker=speaker_of(told.speaker, told.start, told.end),
        start=round(told.start, 3),
        end=round(told.end, 3),
        text=told.text,
        confidence=round(told.confidence, 4),
        words=[
            [word.text, round(word.start, 3), round(word.end, 3), round(word.probability, 4)] for word in told.words
        ],
        language=language,
        called_at=transcript.created_at,
        direction=transcript.direction,
        queue_id=transcript.queue_id,
        agent_id=transcript.agent_id,
    )


# --- what it says of the mood ---


def _sentiment(step: TranscriptStep) -> None:
    from zerovoice.speech import sentiment  # loads numpy and a model: only where they are needed

    segments = list(step.transcript.segments.all())
    scored = sentiment.score([segment.text for segment in segments])
    for segment, mood in zip(segments, scored, strict=True):
        segment.sentiment, segment.sentiment_score = mood.label, mood.score
    spoken = [
        moods.Line(one.speaker, one.start, one.end, one.text, mood)
        for one, mood in zip(segments, scored, strict=True)
        if one.speaker != Segment.Speaker.SYSTEM
    ]
    overall = moods.overall(spoken)
    with transaction.atomic():
        transcript = step.transcript
        Segment.objects.bulk_update(segments, ["sentiment", "sentiment_score"], batch_size=500)
        transcript.sentiment = overall.label if overall else ""
        transcript.sentiment_score = overall.score if overall else None
        transcript.sentiment_engine = overall.engine if overall else ""
        transcript.save(update_fields=["sentiment", "sentiment_score", "sentiment_engine"])
        _done(step)


# --- the index ---


def _index(step: TranscriptStep) -> None:
    from zerovoice.speech import embedding

    segments = list(step.transcript.segments.all())
    vectors = embedding.embed([segment.text for segment in segments])
    for segment, vector in zip(segments, vectors, strict=True):
        segment.embedding, segment.embedding_model = vector, embedding.MODEL
    with transaction.atomic():
        Segment.objects.bulk_update(segments, ["embedding", "embedding_model"], batch_size=500)
        _done(step)


# --- ZeroDB ---


def _copy_to_zerodb(step: TranscriptStep) -> None:
    segments = list(step.transcript.segments.exclude(embedding=None))
    failed = zerodb.upsert([vector_of(segment) for segment in segments])
    passing = [error for error in failed.values() if not error.permanent]
    gone = {one.pk for one in segments} - set(step.transcript.segments.values_list("pk", flat=True))
    transcripts.remove_vectors(step.organization_id, gone)  # whatever becomes of the step, which may be gone as well
    with transaction.atomic():
        if passing:
            step.postpone(passing[0], after=max((error.retry_after for error in passing), default=0) or None)
        elif failed:
            step.fail(f"{len(failed)} of {len(segments)} were refused: {next(iter(failed.values()))}")
        else:
            step.succeed(progress=100)


def vector_of(segment: Segment) -> zerodb.Vector:
    """What ZeroDB is told of a segment: its words, which are redacted, and what it could be filtered by."""
    return zerodb.Vector(
        id=str(segment.pk),
        namespace=zerodb.namespace_of(segment.organization_id, segment.embedding_model),
        embedding=segment.embedding or [],
        document=segment.text,
        metadata={
            "call_id": str(segment.call_id),
            "transcript_id": str(segment.transcript_id),
            "speaker": segment.speaker,
            "direction": segment.direction,
            "sentiment": segment.sentiment,
        },
    )


_STEPS: dict[str, Callable[[TranscriptStep], None]] = {
    Kind.TRANSCRIBE: _transcribe,
    Kind.SENTIMENT: _sentiment,
    Kind.INDEX: _index,
    Kind.ZERODB: _copy_to_zerodb,
}


def forget(removal: VectorRemoval) -> None:
    """Have ZeroDB forget vectors. The row is claimed by the caller. Raises LeaseLost."""
    left: list[Any] = list(removal.vector_ids)
    try:
        while left:
            zerodb.delete(left[0])
            left.pop(0)
            removal.advance(vector_ids=left)
    except zerodb.ZeroDBError as error:
        removal.postpone(error, after=error.retry_after or _PATIENCE_SECONDS)
    else:
        removal.succeed()
