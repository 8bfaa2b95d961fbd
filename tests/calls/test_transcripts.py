"""Transcripts over the API: lists, one, that of a call, documents; who sees them."""

import pytest

from calls.models import Agent, CallLeg
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db

PATH = "/api/v1/transcripts"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def owner(acme: Organization) -> Caller:
    return people.member(acme, "owner")


def test_one_says_what_was_said_by_whom_and_when(owner: Caller, acme: Organization) -> None:
    made = factories.transcript(acme, ("customer", "Where is it?"), ("agent", "On its way."))
    found = owner.get(f"{PATH}/{made.pk}").json()
    assert [(one["speaker"], one["text"], one["start"], one["end"]) for one in found["segments"]] == [
        ("customer", "Where is it?", 0.0, 1.5),
        ("agent", "On its way.", 2.0, 3.5),
    ]
    assert found["segments"][0]["words"][1] == {"text": "is", "start": 0.1, "end": 0.2, "probability": 0.9}
    assert found["segments"][0]["sentiment"] == {"label": "neutral", "score": 0.0}
    assert found["steps"] == [{"step": "transcribe", "status": "completed", "progress": 100, "reason": ""}]
    assert owner.get(f"{PATH}/call/{made.call_id}").json() == found
    (row,) = owner.get(PATH).json()["results"]
    assert row == {name: value for name, value in found.items() if name != "segments"}


def test_a_call_that_was_not_recorded_has_none(owner: Caller, acme: Organization) -> None:
    call_id = factories.FACTORIES["calls/{call_id}"](acme, {})
    answer = owner.get(f"{PATH}/call/{call_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "no transcript" in answer.json()["details"]["message"]


def test_the_conversation_comes_before_the_message(owner: Caller, acme: Organization) -> None:
    message = factories.voicemail(acme)
    talk = factories.transcript(acme, call=message.call)
    left = factories.transcript(acme, call=message.call)
    left.recording.kind = "voicemail"
    left.recording.save()
    assert owner.get(f"{PATH}/call/{message.call_id}").json()["id"] == str(talk.pk)
    talk.delete()
    assert owner.get(f"{PATH}/call/{message.call_id}").json()["id"] == str(left.pk)


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("status", "failed", {"status": "failed"}),
        ("direction", "outbound", {"direction": "outbound"}),
        ("sentiment", "negative", {"sentiment": "negative"}),
        ("date_start", "2030-01-01", {"created_at": "2030-01-02T00:00:00Z"}),
        ("date_end", "2020-01-01", {"created_at": "2019-01-02T00:00:00Z"}),
    ],
)
def test_filters(owner: Caller, acme: Organization, name: str, value: str, fields: dict[str, str]) -> None:
    factories.transcript(acme)
    wanted = factories.transcript(acme, **fields)
    page = owner.get(PATH, {name: value}).json()
    assert [row["id"] for row in page["results"]] == [str(wanted.pk)]
    refused = owner.get(PATH, {name: "nonsense"})
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, name)


def test_an_agent_sees_what_was_said_in_their_calls(acme: Organization) -> None:
    ann = people.member(acme, "agent")
    agent = Agent.objects.create(organization=acme, name="Ann", endpoint="+14155550001", user=ann.membership.user)
    theirs, other = factories.transcript(acme), factories.transcript(acme)
    factories.leg(theirs.call_id, role=CallLeg.Role.AGENT, agent=agent)
    assert [row["id"] for row in ann.get(PATH).json()["results"]] == [str(theirs.pk)]
    assert ann.get(f"{PATH}/{other.pk}").status_code == 404
    assert ann.get(f"{PATH}/call/{other.call_id}").status_code == 404
    found = ann.get(f"{PATH}/search", {"q": "parcel"}).json()["results"]
    assert {hit["call_id"] for hit in found} == {str(theirs.call_id)}


def test_as_text(owner: Caller, acme: Organization) -> None:
    made = factories.transcript(acme, ("customer", "Where is it?"), ("agent", "On its way."))
    answer = owner.get(f"{PATH}/{made.pk}/export", {"as": "text"})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="transcript-{made.call_id}.txt"'
    assert answer.content.decode() == "[00:00:00] Customer: Where is it?\n[00:00:02] Agent: On its way.\n"


def test_as_webvtt(owner: Caller, acme: Organization) -> None:
    made = factories.transcript(acme, ("customer", "Is <b> & more there?"))
    answer = owner.get(f"{PATH}/{made.pk}/export", {"as": "vtt"})
    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Customer>Is &lt;b&gt; &amp; more there?\n"
    )


def test_as_json(owner: Caller, acme: Organization) -> None:
    made = factories.transcript(acme)
    answer = owner.get(f"{PATH}/{made.pk}/export")
    assert answer.json() == owner.get(f"{PATH}/{made.pk}").json()
    assert answer["Content-Disposition"].endswith('.json"')


def test_in_no_other_form(owner: Caller, acme: Organization) -> None:
    answer = owner.get(f"{PATH}/{factories.transcript(acme).pk}/export", {"as": "docx"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "as")
