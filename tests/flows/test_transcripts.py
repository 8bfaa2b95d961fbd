"""From what two people say on the phone to a transcript that is read, searched and judged; bad days on the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_guide_examples import guide, run, script
from tests.flows.company import Company, moment
from tests.speech.recordings import errors, words
from tests.stack import Stack
from tests.waiting import wait_until

HELP = "Thank you for calling. How can I help you?"
COMPLAINT = "I want to end the subscription. Nobody has called me back about it."
SORRY = "I am sorry about that. I will look at your account."
CARD = "My card number is four two four two, four two four two, four two four two, four two four two."
THANKS = "That is wonderful, thank you very much."


@pytest.fixture(scope="module")
def system(make_stack: Callable[..., Stack]) -> Stack:
    return make_stack(clock_speed=10, zerodb=True, env={"TRANSCRIPTION_ENGINE": "local"})


@pytest.fixture
def office(system: Stack) -> Company:
    return Company(system, system.new_organization(ring_timeout_seconds=5, wrap_up_seconds=0))


def conversation(office: Company) -> tuple[str, str]:
    """The id of a recorded call in which two people say these lines, and the customer's number."""
    agent = office.agent().endpoint
    # The first words may be over before a worker has the recording started.
    office.behaves(
        agent,
        [
            *({"wait_for": "Press 1"}, {"press": "1"}, {"wait": 100}, {"say": HELP}),
            *({"wait_for": "about it"}, {"say": SORRY}, {"wait_for": "four two."}, {"say": "Thank you."}),
            {"wait": 60},
        ],
    )
    customer = office.person(
        [
            *({"wait_for": "How can I help you?"}, {"say": COMPLAINT}, {"wait_for": "look at your account"}),
            *({"say": CARD}, {"wait_for": "Thank you."}, {"wait": 1}, {"say": THANKS}, {"hangup": True}),
        ]
    )
    return office.place(customer, record=True), customer


def transcript_of(office: Company, call_id: str, seconds: float = 90) -> dict[str, Any]:
    """That of the call, when it is finished. Machine seconds."""

    def finished() -> dict[str, Any] | None:
        answer = office.api.get(f"/transcripts/call/{call_id}")
        found = answer.json()
        return found if answer.status_code == 200 and found["status"] in ("completed", "failed") else None

    found = wait_until(finished, timeout=seconds, what="the transcript is finished")
    assert found
    return found


def word_error_rate(truth: str, heard: str) -> float:
    return errors(words(truth), words(heard)) / len(words(truth))


def spoken(office: Company, customer: str, recording: dict[str, Any]) -> list[dict[str, Any]]:
    """What was said while it was recorded, as the network heard it; seconds of the recording."""
    leg = office.network_legs(customer)[0]
    offset = (moment(leg["answer_time"]) - moment(recording["started_at"])).total_seconds()
    lines = [
        {"by": "customer" if h["speaker"] == customer else "agent", "text": h["text"], "start": h["start"] + offset}
        for h in leg["heard"]
        if h["kind"] == "say" and h["speaker"] != "network" and h["start"] + offset > 0
    ]
    return sorted(lines, key=lambda line: line["start"])


@pytest.fixture(scope="module")
def told(system: Stack) -> tuple[Company, str, str, dict[str, Any]]:
    office = Company(system, system.new_organization(ring_timeout_seconds=5, wrap_up_seconds=0))
    call_id, customer = conversation(office)
    office.in_the_books(call_id)
    return office, call_id, customer, transcript_of(office, call_id)


def test_it_says_what_was_said_by_whom_and_when(told) -> None:
    office, call_id, customer, transcript = told
    assert (transcript["status"], transcript["reason"], transcript["progress"]) == ("completed", "", 100)
    (recording,) = office.get(f"/calls/{call_id}/recordings")["results"]
    lines = spoken(office, customer, recording)
    assert {line["by"] for line in lines} == {"customer", "agent"}
    for speaker in ("customer", "agent"):
        segments = [one for one in transcript["segments"] if one["speaker"] == speaker]
        said = [line for line in lines if line["by"] == speaker and line["text"] != CARD]
        heard = " ".join(one["text"] for one in segments if "card number" not in one["text"])
        assert word_error_rate(" ".join(line["text"] for line in said), heard) < 0.05, heard
    # The carrier gives the second in which the recording began: all lines may be late by a part of it.
    starts = [one["start"] for one in transcript["segments"]]
    late = [line["start"] - min(starts, key=lambda start: abs(line["start"] - 0.5 - start)) for line in lines]
    assert max(late) - min(late) < 0.5, late
    assert min(late) > -0.5, late
    assert max(late) < 1.5, late


def test_the_card_number_is_nowhere(told) -> None:
    office, _, _, transcript = told
    assert "[card number]" in " ".join(one["text"] for one in transcript["segments"])
    assert "4242" not in str(transcript)
    assert "four two" not in str(transcript).lower()
    stored = office.stack.django(_STORED, tenant_id=office.tenant.id)
    assert "4242" not in stored
    assert "four two" not in stored.lower()
    assert "4242" not in str(office.stack.zerodb.vectors())


def test_it_says_how_they_sounded(told) -> None:
    office, call_id, _, transcript = told
    moods = {one["text"]: one["sentiment"]["label"] for one in transcript["segments"]}
    assert [mood for text, mood in moods.items() if "called me back" in text] == ["negative"]
    assert [mood for text, mood in moods.items() if "wonderful" in text] == ["positive"]
    sentiment = office.get(f"/analytics/sentiment/{call_id}")
    assert sentiment["overall"] == transcript["sentiment"]
    assert [one["speaker"] for one in sentiment["speakers"]] == ["agent", "customer"]
    assert len(sentiment["timeline"]) == 10
    assert sentiment["timeline"][-1]["end"] == pytest.approx(sentiment["duration_seconds"], abs=0.5)


def test_it_is_found_by_another_wording_in_zerodb(told) -> None:
    office, call_id, _, transcript = told
    wait_until(lambda: office.get(f"/transcripts/{transcript['id']}")["steps"][-1]["status"] == "completed", timeout=20)
    page = office.get("/transcripts/search", q="cancel my plan")
    assert page["semantic"] == "zerodb"
    assert page["results"][0]["call_id"] == call_id
    assert page["results"][0]["text"].startswith("I want to end the subscription")
    assert page["results"][0]["speaker"] == "customer"
    assert office.get("/transcripts/search", q="cancel my plan", speaker="customer")["semantic"] == "local"


def test_a_message_has_one(office: Company) -> None:
    office.set_queue(voicemail_greeting="Please leave a message.")
    office.route("voicemail")
    words = f"{COMPLAINT} {SORRY}"  # so many that one of them may be misheard
    script = [{"wait_for": "Please leave a message."}, {"wait": 1}, {"say": words}, {"hangup": True}]
    call_id, _ = office.receive(script)
    office.in_the_books(call_id)
    transcript = transcript_of(office, call_id)
    assert (transcript["kind"], {one["speaker"] for one in transcript["segments"]}) == ("voicemail", {"customer"})
    assert word_error_rate(words, " ".join(one["text"] for one in transcript["segments"])) < 0.05


@pytest.mark.soak
def test_zerodb_is_caught_up_when_it_is_there_again(office: Company, system: Stack) -> None:
    system.zerodb.faults(error=True)
    call_id, _ = conversation(office)
    transcript = transcript_of(office, call_id)
    wait_until(lambda: "500" in office.get(f"/transcripts/{transcript['id']}")["steps"][-1]["reason"], timeout=20)
    page = office.get("/transcripts/search", q="cancel my plan")
    assert page["semantic"] == "local"
    assert page["results"][0]["text"].startswith("I want to end the subscription")
    system.zerodb.clear_faults()
    ids = {one["id"] for one in transcript["segments"]}
    wait_until(lambda: ids <= {row["vector_id"] for row in system.zerodb.vectors()}, timeout=60, what="it is caught up")
    wait_until(lambda: office.get("/transcripts/search", q="cancel my plan")["semantic"] == "zerodb", timeout=20)


@pytest.mark.soak
def test_a_killed_worker_loses_none_and_makes_none_twice(office: Company, system: Stack) -> None:
    call_id, _ = conversation(office)

    def begun() -> bool:
        answer = office.api.get(f"/transcripts/call/{call_id}")
        return answer.status_code == 200 and answer.json()["status"] == "processing"

    wait_until(begun, timeout=60, every=0.1, what="somebody works on it")
    system.kill("worker-media")
    transcript = transcript_of(office, call_id)
    assert transcript["status"] == "completed"
    assert sum("subscription" in one["text"] for one in transcript["segments"]) == 1
    assert office.get("/transcripts")["count"] == 1


def test_the_guide_is_true(told, tmp_path: Path) -> None:
    office, call_id, _, _ = told
    env = {"BASE": office.stack.base_url, "KEY": office.tenant.api_key, "CALL": call_id}
    said = run(script(guide("transcripts")), tmp_path, **env)
    assert "<mark>subscription</mark>" in said
    assert "Customer: I want to end the subscription" in (tmp_path / "call.txt").read_text()
    assert (tmp_path / "call.vtt").read_text().startswith("WEBVTT")


_STORED = """
from calls.models import Segment

result = str(list(Segment.objects.filter(organization_id=tenant_id).values("text", "words", "search")))
"""
