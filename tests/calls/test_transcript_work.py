"""The steps of a transcript: what becomes of sound that is none, of interruptions, of vectors that are not wanted."""

import io
import uuid
import wave
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile

from calls import tasks, transcript_work
from calls.actions import transcripts
from calls.models import Agent, Call, CallLeg, ConferenceEvent, Recording, Transcript, TranscriptStep, VectorRemoval
from tests import people
from tests.api import factories
from tests.calls.factories import principal
from tests.speech.recordings import recorded, said
from tests.zerodb.control import ZeroDBControl
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id
from zerovoice.speech import embedding

pytestmark = pytest.mark.django_db

LINES = (("agent", "How can I help you?"), ("customer", "I want to end the subscription."))


@pytest.fixture(autouse=True)
def _on(settings: Any) -> None:
    settings.TRANSCRIPTION_ENGINE = "local"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def silence(seconds: float, *, channels: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * channels * int(8000 * seconds)))
    return file.getvalue()


def recording(organization: Organization, sound: bytes, **fields: Any) -> Recording:
    call_id = factories.FACTORIES["calls/{call_id}"](organization, {})
    call = Call.objects.get(pk=call_id)
    return Recording.objects.create(**{
        "organization": organization, "call": call, "leg": call.customer_leg(), "sid": f"RE{new_id().hex}",
        "status": "completed", "state": "done", "channels": ["customer", "agent"], "started_at": clock.now(),
        "file": ContentFile(sound, name=f"{new_id()}.wav"), **fields,
    })  # fmt: skip


def work(transcript: Transcript) -> Transcript:
    """All the steps there are to do, as the workers do them."""
    for kind in TranscriptStep.Kind.values:
        for step in transcript.steps.filter(kind=kind):
            tasks.work_on_transcript(str(step.pk))
    transcript.refresh_from_db()
    return transcript


def transcribed(organization: Organization, sound: bytes, **fields: Any) -> Transcript:
    transcript = transcripts.begin(recording(organization, sound, **fields))
    assert transcript
    return work(transcript)


@pytest.fixture
def spoken() -> bytes:
    # The first channel is the customer's, here as at the carrier.
    swapped = {"agent": "customer", "customer": "agent"}
    return recorded([line.__class__(swapped[line.speaker], line.start, line.end, line.text) for line in said(LINES)])


def test_a_recording_becomes_a_transcript_that_is_judged_and_indexed(acme: Organization, spoken: bytes) -> None:
    transcript = transcribed(acme, spoken)
    assert (transcript.status, transcript.reason, transcript.language) == ("completed", "", "en")
    segments = list(transcript.segments.all())
    assert [(one.speaker, one.text) for one in segments] == list(LINES)
    assert {one.embedding_model for one in segments} == {embedding.MODEL}
    assert all(one.sentiment and len(one.embedding) == embedding.DIMENSIONS for one in segments)
    assert transcript.sentiment
    assert transcript.steps.filter(state="done").count() == 3


def test_with_transcription_off_nothing_is_begun(acme: Organization, settings: Any) -> None:
    settings.TRANSCRIPTION_ENGINE = "off"
    assert transcripts.begin(recording(acme, silence(1))) is None
    assert not Transcript.objects.exists()


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (b"", "The file is empty"),
        (b"This is no sound at all, whatever its name says.", "Not a WAV file"),
        (silence(10)[:4000], "It is cut off"),
        (silence(0), "There is no sound in it"),
        (silence(1, channels=1), "It has 1 channels, and 2 were recorded"),
    ],
    ids=["empty", "not audio", "cut off", "zero length", "other channels"],
)
def test_a_poisoned_file_fails_with_a_reason(acme: Organization, sound: bytes, reason: str) -> None:
    poisoned = transcribed(acme, sound)
    assert poisoned.status == "failed"
    assert poisoned.reason.startswith(reason)
    assert [(step.kind, step.state) for step in poisoned.steps.all()] == [("transcribe", "failed")]
    (row,) = people.member(acme, "owner").get("/api/v1/transcripts").json()["results"]
    assert (row["status"], row["reason"]) == ("failed", poisoned.reason)
    assert row["steps"][0]["status"] == "failed"


def test_hours_of_silence_are_empty_and_say_so(acme: Organization) -> None:
    transcript = transcribed(acme, silence(3 * 3600, channels=1), channels=["customer"])
    assert (transcript.status, transcript.reason) == ("completed", "Nobody speaks in it")
    assert not transcript.segments.exists()
    assert transcript.sentiment == ""


def test_sound_that_is_gone_fails(acme: Organization) -> None:
    of = recording(acme, silence(1))
    transcript = transcripts.begin(of)
    assert transcript
    of.file.storage.delete(of.file.name)
    assert (work(transcript).status, transcript.reason) == ("failed", "The sound is no longer there")


def test_who_kills_every_worker_is_left_alone_in_the_end(acme: Organization, spoken: bytes) -> None:
    transcript = transcripts.begin(recording(acme, spoken))
    assert transcript
    long_ago = clock.machine_now() - timedelta(minutes=1)
    TranscriptStep.objects.filter(transcript=transcript).update(
        state="processing", attempts=TranscriptStep.MAX_ATTEMPTS, lease_expires_at=long_ago
    )
    assert (work(transcript).status, transcript.reason) == ("failed", "Every attempt was interrupted")


def test_an_interrupted_step_is_done_again(acme: Organization, spoken: bytes) -> None:
    transcript = transcripts.begin(recording(acme, spoken))
    assert transcript
    for kind in ("transcribe", "sentiment", "index"):
        step = transcript.steps.get(kind=kind)
        assert TranscriptStep.claim(step.pk)  # by a worker that dies
        TranscriptStep.objects.filter(pk=step.pk).update(lease_expires_at=clock.machine_now() - timedelta(seconds=1))
        tasks.work_on_transcript(str(step.pk))
    transcript.refresh_from_db()
    assert transcript.status == "completed"
    assert transcript.segments.count() == 2


def test_a_worker_that_was_too_slow_changes_nothing(acme: Organization, spoken: bytes) -> None:
    transcript = transcripts.begin(recording(acme, spoken))
    assert transcript
    slow = TranscriptStep.claim(transcript.steps.get().pk)
    assert slow
    TranscriptStep.objects.filter(pk=slow.pk).update(lease_expires_at=clock.machine_now() - timedelta(seconds=1))
    work(transcript)
    before = list(transcript.segments.values_list("pk", flat=True))
    with pytest.raises(transcript_work.LeaseLost):
        transcript_work.work_on(slow)
    assert list(transcript.segments.values_list("pk", flat=True)) == before


def test_it_is_made_again_when_somebody_asks(acme: Organization, spoken: bytes) -> None:
    transcript = transcribed(acme, spoken)
    before = set(transcript.segments.values_list("pk", flat=True))
    supervisor = principal(people.member(acme, "supervisor"))
    assert transcripts.run_again(principal=supervisor, transcript=transcript)
    transcript.refresh_from_db()
    assert transcript.status == "pending"
    assert transcript.segments.count() == 2  # until there are others
    assert not transcripts.run_again(principal=supervisor, transcript=transcript)
    assert work(transcript).status == "completed"
    after = set(transcript.segments.values_list("pk", flat=True))
    assert (len(after), before & after) == (2, set())
    assert AuditEntry.objects.filter(action="transcript.made_again", target_id=str(transcript.pk)).count() == 1


# --- who speaks ---


def partner(call: Call, role: str, begin: float, end: float, since: Any, **fields: Any) -> CallLeg:
    """Somebody who was with the customer from one second to another."""
    leg = factories.leg(call.pk, role=role, **fields)
    for joined, second in ((True, begin), (False, end)):
        at = since + timedelta(seconds=second)
        ConferenceEvent.objects.create(leg=leg, conference_sid="CF1", joined=joined, at=at, sequence=int(second))
    return leg


def test_what_the_customer_hears_is_said_by_whom_they_are_with(acme: Organization) -> None:
    of = recording(acme, silence(1))
    began = of.started_at
    customer = of.leg
    CallLeg.objects.filter(pk=customer.pk).update(
        answered_at=began, led_in_at=began, ended_at=began + timedelta(seconds=60)
    )
    ConferenceEvent.objects.create(leg=customer, conference_sid="CF1", joined=True, at=began, sequence=0)
    agent = Agent.objects.create(organization=acme, name="Ann", endpoint="+14155550001")
    partner(of.call, "agent", 0, 20, began, agent=agent)
    partner(of.call, "target", 40, 60, began)
    speaker_of = transcript_work._speakers(of)
    assert [speaker_of("agent", start, start + 2) for start in (5, 30, 50)] == ["agent", "system", "target"]
    assert speaker_of("customer", 30, 32) == "customer"


# --- ZeroDB ---


@pytest.fixture
def transcript(acme: Organization, zerodb: ZeroDBControl) -> Transcript:
    made = factories.transcript(acme)
    segments = list(made.segments.all())
    for segment, vector in zip(segments, embedding.embed([one.text for one in segments]), strict=True):
        segment.embedding, segment.embedding_model = vector, embedding.MODEL
        segment.save(update_fields=["embedding", "embedding_model"])
    transcripts.go_on(made, TranscriptStep.Kind.ZERODB)
    return made


def step_of(transcript: Transcript) -> TranscriptStep:
    return transcript.steps.get(kind="zerodb")


def again(transcript: Transcript) -> TranscriptStep:
    TranscriptStep.objects.filter(transcript=transcript, kind="zerodb").update(due_at=clock.machine_now())
    tasks.work_on_transcript(str(step_of(transcript).pk))
    return step_of(transcript)


def test_a_batch_that_failed_by_half_is_repeated(transcript: Transcript, zerodb: ZeroDBControl) -> None:
    zerodb.faults(fail_every=2)
    assert again(transcript).state == "pending"
    assert "did not store it" in step_of(transcript).last_error
    zerodb.clear_faults()
    assert again(transcript).state == "done"
    assert len(zerodb.vectors()) == 2


def test_what_is_made_again_is_forgotten_there(transcript: Transcript, zerodb: ZeroDBControl) -> None:
    again(transcript)
    kept = transcript.segments.all()[0]
    transcripts.replace_segments(transcript, [])
    (removal,) = VectorRemoval.objects.all()
    assert str(kept.pk) in removal.vector_ids
    zerodb.faults(error=True)
    tasks.forget_vectors(str(removal.pk))
    removal.refresh_from_db()
    assert (removal.state, len(removal.vector_ids)) == ("pending", 2)
    zerodb.clear_faults()
    VectorRemoval.objects.update(due_at=clock.machine_now())
    tasks.forget_vectors(str(removal.pk))
    removal.refresh_from_db()
    assert (removal.state, removal.vector_ids, zerodb.vectors()) == ("done", [], [])


def test_a_search_takes_from_zerodb_what_is_here_and_ours(
    acme: Organization, transcript: Transcript, zerodb: ZeroDBControl
) -> None:
    again(transcript)
    owner = people.member(acme, "owner")
    page = owner.get("/api/v1/transcripts/search", {"q": "my package"}).json()
    assert page["semantic"] == "zerodb"
    assert page["results"][0]["text"] == "Where is my parcel?"
    other = factories.transcript(people.organization("Globex"))
    segment = transcript.segments.all()[0]
    transcript_work.zerodb.upsert(
        [
            transcript_work.zerodb.Vector(
                id=str(pk), namespace=transcript_work.vector_of(segment).namespace, embedding=segment.embedding,
                document="", metadata={},
            )
            for pk in (uuid.uuid4(), other.segments.all()[0].pk)
        ]
    )  # fmt: skip
    again_found = owner.get("/api/v1/transcripts/search", {"q": "my package"}).json()
    assert [hit["segment_id"] for hit in again_found["results"]] == [hit["segment_id"] for hit in page["results"]]


@pytest.mark.parametrize("fault", [{"error": True}, {"retry_after": "30"}, {"down": True}])
def test_a_search_goes_elsewhere_when_zerodb_fails(
    acme: Organization, transcript: Transcript, zerodb: ZeroDBControl, fault: dict[str, Any]
) -> None:
    again(transcript)
    zerodb.faults(**fault)
    page = people.member(acme, "owner").get("/api/v1/transcripts/search", {"q": "my package"}).json()
    assert (page["semantic"], page["results"][0]["text"]) == ("local", "Where is my parcel?")
