"""What an organisation's own system is told of a call, a message, a voicemail; through workers and over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.flows.company import ASKS, Company
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def subscribe(company: Company, receiver: Receiver, *types: str) -> dict[str, Any]:
    answer = company.api.post("/webhook-endpoints", json={"url": receiver.url, "types": list(types)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def told_of(receiver: Receiver, subject_id: str) -> list[dict[str, Any]]:
    """Each event once, in the order in which they happened."""
    events = {message.id: message.json for message in list(receiver.taken)}
    about = [event for event in events.values() if event["object"]["id"] == subject_id]
    return sorted(about, key=lambda event: event["sequence"])


def kinds(company: Company, receiver: Receiver, subject_id: str, last: str) -> list[str]:
    """Once the last of them has arrived, and all before it."""

    def complete() -> list[dict[str, Any]] | None:
        events = told_of(receiver, subject_id)
        there = events and events[-1]["type"] == last and len(events) == events[-1]["sequence"]
        return events if there else None

    events = company.until(complete, 60, f"{last} is told; so far {[e['type'] for e in told_of(receiver, subject_id)]}")
    return [event["type"] for event in events]


def test_a_call_and_a_message_are_told_in_order_and_signed(company: Company, receiver: Receiver) -> None:
    endpoint = subscribe(company, receiver, "call.*", "message.*")
    with receiving() as callbacks:
        call = company.place(company.person(ASKS), status_callback_url=f"{callbacks.url}?order=7")
        company.in_the_books(call)
        story = kinds(company, receiver, call, "call.completed")
        # What the carrier told too late is not told on, but that the call was answered is.
        assert (story[0], story[-1]) == ("call.initiated", "call.completed")
        assert {"call.answered", "call.accepted"} <= set(story) - {"call.failed"}
        assert len(story) == len(set(story))
        assert kinds(company, callbacks, call, "call.completed") == story
        secret = company.get("/webhook-callbacks/secret")["secret"]
        for message in callbacks.taken:
            assert message.path == "/hook?order=7"
            Webhook(secret).verify(message.body, message.headers)
    over = told_of(receiver, call)[-1]
    row = company.get(f"/calls/{call}")
    for name in ("status", "disposition", "hung_up_by", "duration_seconds", "talk_seconds"):
        assert over["data"][name] == row[name], name
    sent = company.api.post(
        "/sms/send",
        json={"from_number": company.number, "to_number": company.stack.new_phone(), "body": "Your table is ready."},
    ).json()
    assert kinds(company, receiver, sent["id"], "message.delivered")[0] == "message.queued"
    for message in receiver.taken:
        Webhook(endpoint["secret"]).verify(message.body, message.headers)
        assert company.number not in message.body.decode()
    # The feed has the same, word for word, and what nobody wanted to be told of as well.
    feed = {event["id"]: event for event in company.get("/events", limit=500)["results"]}
    assert all(feed[message.id] == message.json for message in receiver.taken)
    assert [event["position"] for event in feed.values()] == list(range(1, len(feed) + 1))
    assert "number.purchased" in {event["type"] for event in feed.values()}


def test_a_voicemail_a_recording_and_a_stop_are_told(company: Company, receiver: Receiver) -> None:
    subscribe(company, receiver, "*")
    company.route("voicemail")
    speaks = [{"wait_for": "leave a message"}, {"wait": 1}, {"say": "Please call me back."}, {"hangup": True}]
    call, caller = company.receive(speaks)

    def told(kind: str) -> dict[str, Any]:
        found = company.until(
            lambda: next((m.json for m in list(receiver.taken) if m.json["type"] == kind), None), 90, f"{kind} is told"
        )
        return dict(found)

    left = told("voicemail.new")
    assert left["data"]["call_id"] == call
    assert company.api.get(left["object"]["url"].removeprefix("/api/v1")).json()["call_id"] == call
    ready = told("voicemail.ready")
    assert (ready["object"]["id"], ready["sequence"]) == (left["object"]["id"], 2)
    audio = company.api.get(ready["object"]["url"].removeprefix("/api/v1"))
    assert (audio.status_code, audio.content[:4]) == (200, b"RIFF")
    inbound = [event["type"] for event in told_of(receiver, call)]
    assert inbound[:2] == ["call.initiated", "call.answered"]
    company.sim.message(caller, company.number, "STOP")
    assert told("message.received")["data"]["direction"] == "inbound"
    assert told("dnc.added")["data"] == {"source": "opt_out"}
    assert told("number.configured")["object"]["id"] == company.tenant.number_id


def test_a_call_that_is_refused_is_told_as_failed(company: Company, receiver: Receiver) -> None:
    subscribe(company, receiver, "call.*")
    company.api.post("/calls/outbound", json={"from_number": company.number, "to_number": "+15005550001"})
    (call,) = company.get("/calls/logs", to="+15005550001")["results"]
    assert kinds(company, receiver, call["id"], "call.failed") == ["call.initiated", "call.failed"]
    assert told_of(receiver, call["id"])[-1]["data"]["failure_reason"] == "invalid_number"


def test_a_stranger_is_told_nothing(company: Company, receiver: Receiver, new_company: Callable[..., Company]) -> None:
    with receiving() as theirs:
        other = new_company()
        subscribe(other, theirs, "*")
        subscribe(company, receiver, "*")
        call = company.place(company.person(ASKS))
        company.in_the_books(call)
        kinds(company, receiver, call, "call.completed")
        assert call not in {message.json["object"]["id"] for message in theirs.seen}
