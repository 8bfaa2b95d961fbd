"""Sending through the API: what is checked before the carrier is asked, and what becomes of its answers."""

from typing import Any

import pytest

from compliance.models import CarrierBlock, Decision
from contacts.models import Contact
from messaging import actions
from messaging.models import Conversation, Message
from numbers.models import PhoneNumber
from tests import people
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db

OURS, SECOND, PERSON = "+16285550100", "+16285550101", "+14155550142"
SEND = "/api/v1/sms/send"
GOOD = {"from_number": OURS, "to_number": PERSON, "body": "Your table is ready."}


@pytest.fixture
def owner(simulator: SimulatorControl) -> Caller:
    owner = people.member(people.organization(), "owner")
    for number in (OURS, SECOND):
        simulator.add_number(number)
        PhoneNumber.objects.create(
            organization=owner.organization, number=number, country="US", number_type="local", mms=number == OURS
        )
    return owner


def asked(simulator: SimulatorControl) -> int:
    return len(simulator.requests())


def test_it_is_answered_with_what_became_of_it(owner: Caller, simulator: SimulatorControl) -> None:
    answer = owner.post(SEND, {**GOOD, "body": "Très cher ☕", "status_callback_url": "https://example.com/hook"})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["direction"], body["encoding"], body["segments"]) == ("queued", "outbound", "UCS-2", 1)
    assert (body["from_number"], body["to_number"], body["error"]) == (OURS, PERSON, None)
    assert body["status_callback_url"] == "https://example.com/hook"
    assert owner.get(f"/api/v1/sms/{body['id']}").json() == body
    message = Message.objects.get()
    assert message.sid
    (request,) = [one for one in simulator.requests() if one["path"].endswith("/Messages.json")][-1:]
    assert request["method"] == "POST"


def test_a_number_may_be_named_by_its_id(owner: Caller) -> None:
    number = PhoneNumber.objects.get(number=OURS)
    assert owner.post(SEND, {**GOOD, "from_number": str(number.pk)}).json()["from_number"] == OURS


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"body": None}, 400, "body"),
        ({"body": ""}, 400, "body"),
        ({"body": " \n"}, 400, "body"),
        ({"body": "x" * 1601}, 400, "body"),
        ({"body": 5}, 400, "body"),
        ({"to_number": "5550142"}, 400, "to_number"),
        ({"to_number": None}, 400, "to_number"),
        ({"from_number": "me"}, 400, "from_number"),
        ({"media_urls": "https://example.com/a.png"}, 400, "media_urls"),
        ({"media_urls": ["ftp://example.com/a.png"]}, 400, "media_urls.0"),
        ({"media_urls": ["https://example.com/a.png"] * 11}, 400, "media_urls"),
        ({"status_callback_url": "here"}, 400, "status_callback_url"),
        ({"text": "hello"}, 400, "text"),
        ({"from_number": "+16285550199"}, 422, "from_number"),
        ({"to_number": "911"}, 422, "to_number"),
        ({"to_number": "+1911"}, 422, "to_number"),
        ({"from_number": SECOND, "media_urls": ["https://example.com/a.png"]}, 422, "media_urls"),
        ({"to_number": "+442079460018"}, 403, "to_number"),
        ({"to_number": "+19005550100"}, 403, "to_number"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_sent(
    owner: Caller, simulator: SimulatorControl, change: dict[str, Any], status: int, field: str
) -> None:
    before = asked(simulator)
    answer = owner.post(SEND, {**GOOD, **change})
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field), answer.content
    assert not Message.objects.exists()
    assert asked(simulator) == before


def test_numbers_that_cannot_write_are_refused(owner: Caller) -> None:
    PhoneNumber.objects.filter(number=SECOND).update(sms=False)
    assert owner.post(SEND, {**GOOD, "from_number": SECOND}).status_code == 422
    PhoneNumber.objects.filter(number=OURS).update(status="released")
    assert owner.post(SEND, GOOD).status_code == 422
    stranger = people.member(people.organization("Other"), "owner")
    PhoneNumber.objects.filter(number=SECOND).update(sms=True)
    assert stranger.post(SEND, {**GOOD, "from_number": SECOND}).status_code == 422
    assert not Message.objects.exists()


def test_a_suspended_organization_writes_to_nobody(owner: Caller) -> None:
    Organization.objects.filter(pk=owner.organization.pk).update(status="suspended")
    assert owner.post(SEND, GOOD).status_code == 403


def test_the_do_not_call_list_is_a_451(owner: Caller, simulator: SimulatorControl) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": PERSON})
    before = asked(simulator)
    answer = owner.post(SEND, GOOD)
    assert answer.status_code == 451
    assert answer.json() == {
        "error": "Unavailable For Legal Reasons",
        "code": "unavailable_for_legal_reasons",
        "details": {"field": "to_number", "message": "The number is on the Do-Not-Call list"},
    }
    assert not Message.objects.exists()
    assert asked(simulator) == before


def test_a_person_who_blocks_us_at_the_carrier_blocks_that_number_only(owner: Caller) -> None:
    blocked = "+15005550004"  # the carrier's test number that answers 21610
    answer = owner.post(SEND, {**GOOD, "to_number": blocked})
    assert (answer.status_code, answer.json()["details"]["field"]) == (451, "to_number")
    assert [(row.number, row.sender) for row in CarrierBlock.objects.all()] == [(blocked, OURS)]
    message = Message.objects.get()
    assert (message.status, message.failure_reason, message.carrier_error) == ("failed", "opted_out", 21610)
    assert owner.post(SEND, {**GOOD, "to_number": blocked}).status_code == 451
    assert Message.objects.count() == 1  # the second time the carrier was not asked
    refusals = owner.get("/api/v1/compliance/decisions").json()["results"]
    assert [(row["phone"], row["reason"]) for row in refusals] == [(blocked, "carrier_block")] * 2
    assert all(row["asked_by"].startswith("owner") for row in refusals)
    assert owner.post(SEND, {**GOOD, "from_number": SECOND, "to_number": PERSON}).status_code == 201


def test_a_block_that_shows_later_is_one_too(owner: Caller) -> None:
    message = Message.objects.get(pk=owner.post(SEND, GOOD).json()["id"])
    assert message.sid
    for _ in range(2):
        actions.take_notice(message.pk, sid=message.sid, status="undelivered", error_code=21610)
    assert [(row.number, row.sender) for row in CarrierBlock.objects.all()] == [(PERSON, OURS)]
    assert Decision.objects.count() == 1
    assert owner.post(SEND, GOOD).status_code == 451


@pytest.mark.parametrize(
    ("to", "status", "reason"),
    [
        ("+15005550001", 422, "invalid_number"),
        ("+15005550009", 422, "not_capable"),
        ("+15005550003", 403, "destination_forbidden"),
    ],
)
def test_the_carriers_refusal_is_told_and_kept(owner: Caller, to: str, status: int, reason: str) -> None:
    answer = owner.post(SEND, {**GOOD, "to_number": to})
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, "to_number")
    kept = owner.get("/api/v1/sms").json()["results"][0]
    assert (kept["status"], kept["error"]["reason"]) == ("failed", reason)
    assert kept["error"]["meaning"] == answer.json()["details"]["message"]


def test_a_dead_carrier_is_a_503(owner: Caller, simulator: SimulatorControl) -> None:
    simulator.faults(rest=[{"path": "Messages", "kind": "429", "rate": 1}])
    answer = owner.post(SEND, GOOD)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert owner.get("/api/v1/sms").json()["results"][0]["error"]["reason"] == "carrier_unavailable"


def test_one_key_is_one_message(owner: Caller) -> None:
    first = owner.post(SEND, GOOD, Idempotency_Key="k1")
    again = owner.post(SEND, GOOD, Idempotency_Key="k1")
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert Message.objects.count() == 1


def test_messages_are_found_by_every_filter(owner: Caller) -> None:
    mine = owner.post(SEND, GOOD).json()
    other = owner.post(SEND, {**GOOD, "from_number": SECOND, "to_number": "+14155550143"}).json()

    def ids(**query: str) -> list[str]:
        answer = owner.get("/api/v1/sms", {name.rstrip("_"): value for name, value in query.items()})
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids() == [other["id"], mine["id"]]
    assert ids(from_=OURS) == ids(to=PERSON) == [mine["id"]]
    assert ids(direction="inbound") == ids(status="delivered") == ids(date_end="2020-01-01") == []
    assert ids(date_start="2020-01-01", from_=SECOND) == [other["id"]]
    assert owner.get(f"/api/v1/sms?to={PERSON}").json()["count"] == 1  # the + lost its escape
    for query in ("status=gone", "from=x", "number=1", "date_start=x"):
        assert owner.get(f"/api/v1/sms?{query}").status_code == 400


def test_a_conversation_is_all_with_one_person(owner: Caller) -> None:
    first = owner.post(SEND, GOOD).json()
    second = owner.post(SEND, {**GOOD, "body": "Still there?"}).json()
    owner.post(SEND, {**GOOD, "to_number": "+14155550143"})
    Contact.objects.create(organization=owner.organization, name="Maria", phone=PERSON)
    (found,) = owner.get("/api/v1/sms/conversations", {"phone": PERSON}).json()["results"]
    assert (found["phone"], found["our_number"], found["contact"]["name"]) == (PERSON, OURS, "Maria")
    assert (found["message_count"], found["inbound_count"], found["last_message"]["id"]) == (2, 0, second["id"])
    url = f"/api/v1/sms/conversations/{found['id']}"
    assert owner.get(url).json() == found
    assert [row["id"] for row in owner.get(f"{url}/messages").json()["results"]] == [second["id"], first["id"]]
    assert owner.get("/api/v1/sms/conversations").json()["results"][0]["contact"] is None
    assert Conversation.objects.count() == 2
