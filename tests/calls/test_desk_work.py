"""What an agent does around the call: notes, wrap-up, the person, calling out, voicemails; and what it costs."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from calls.actions import agents as agent_actions
from calls.models import Agent, Call, CallNote, Queue, Recording, Voicemail, WrapUpCode
from compliance import actions as compliance
from contacts.models import Contact
from numbers.models import PhoneNumber
from tests import people
from tests.calls.desk import DESK, Person, over, talking
from tests.calls.factories import agent_first_call, free_agent, main_queue, principal, waiting_call
from zerovoice.accounts.models import Organization
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def ada(acme: Organization) -> Person:
    return Person(free_agent(acme))


# --- notes, wrap-up, the person ---


def test_notes_are_kept_with_their_author(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    assert ada.order(f"calls/{call.pk}/notes", {"text": "<b>Wants</b> a refund"}).status_code == 200
    (note,) = ada.get(f"calls/{call.pk}").json()["notes"]
    assert (note["text"], note["author"]) == ("<b>Wants</b> a refund", ada.user.email)
    for body in ({"text": ""}, {"text": "x" * 10_001}, {}, {"text": 5}):
        assert ada.order(f"calls/{call.pk}/notes", body).status_code == 400
    assert CallNote.objects.count() == 1


def test_a_call_is_wrapped_up_with_a_code(ada: Person, acme: Organization) -> None:
    WrapUpCode.objects.create(organization=acme, code="sold", label="Sold something")
    WrapUpCode.objects.create(organization=acme, code="old", label="Old word", active=False)
    WrapUpCode.objects.create(organization=people.organization("Globex"), code="theirs", label="Theirs")
    assert ada.get("day").json()["codes"] == [{"id": "sold", "name": "Sold something"}]
    call = talking(acme)
    over(call)
    shown = ada.now()
    assert (shown["agent"]["state"], shown["last"]["wrapping_up"], shown["last"]["over"]) == ("wrap_up", True, True)
    assert shown["agent"]["wrap_up_left"] > 0
    assert ada.order(f"calls/{call.pk}/disposition", {"disposition": "old"}).status_code == 422
    assert ada.order(f"calls/{call.pk}/disposition", {"disposition": "sold"}).status_code == 200
    assert ada.get("day").json()["calls"][0]["outcome"] == "Sold something"
    ada.order("presence", {"state": "available"})
    shown = ada.now()
    assert (shown["agent"]["state"], shown["last"]["wrapping_up"], shown["last"]["disposition"]) == (
        "available", False, "sold",
    )  # fmt: skip


def test_the_person_is_shown_with_their_calls_with_me(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    ada.order(f"calls/{call.pk}/notes", {"text": "Wants a refund"})
    answer = ada.get("person", number=call.from_number).json()
    assert (answer["contact"], answer["can_be_known"], answer["refused"]) == (None, True, "")
    assert [row["id"] for row in answer["calls"]] == [str(call.pk)]
    assert [row["text"] for row in answer["notes"]] == ["Wants a refund"]
    assert ada.order("contacts", {"name": "Maria", "phone": call.from_number, "tags": ["vip"]}).status_code == 200
    compliance.add_dnc(principal=principal(people.member(acme, "owner")), phone=call.from_number)
    answer = ada.get("person", number=call.from_number).json()
    assert (answer["contact"]["name"], answer["contact"]["tags"]) == ("Maria", ["vip"])
    assert "Do-Not-Call" in answer["refused"]
    assert ada.order("contacts", {"name": "Maria", "phone": call.from_number}).status_code == 422
    assert ada.order("contacts", {"name": "Maria", "phone": "12"}).status_code == 400
    assert ada.get("person", number="anonymous").json()["can_be_known"] is False


def test_contacts_are_found_in_the_own_organization(ada: Person, acme: Organization) -> None:
    Contact.objects.create(organization=acme, name="Maria Lopez", phone="+14155550142")
    Contact.objects.create(organization=people.organization("Globex"), name="Maria Other", phone="+14155550143")
    assert [row["name"] for row in ada.get("find", q="mari").json()["found"]] == ["Maria Lopez"]
    assert ada.get("find", q=" ").json()["found"] == []


# --- calling out ---


def test_calling_is_refused_in_the_words_of_the_api(ada: Person, acme: Organization) -> None:
    number = PhoneNumber.objects.create(
        organization=acme, number="+15552000001", country="US", number_type="local", friendly_name="Main line"
    )
    assert ada.get("day").json()["numbers"] == [{"id": str(number.pk), "name": "+1 555-200-0001 Main line"}]
    compliance.add_dnc(principal=principal(people.member(acme, "owner")), phone="+14155550142")
    body = {"from_number": str(number.pk), "to_number": "+14155550142"}
    answer = ada.order("outbound", body)
    assert (answer.status_code, answer.json()["details"]["message"]) == (
        451, "The number is on the Do-Not-Call list",
    )  # fmt: skip
    for wrong, status in (
        ({**body, "to_number": "911"}, 422),
        ({**body, "to_number": "maria"}, 400),
        ({**body, "from_number": "+15550000000"}, 422),
        ({**body, "to_number": "+442071838750"}, 403),  # a country that is not allowed
        ({}, 400),
    ):
        answer = ada.order("outbound", wrong)
        assert (answer.status_code, bool(answer.json()["details"]["message"])) == (status, True), wrong
    assert not Call.objects.exists()
    assert ada.now()["agent"]["state"] == "available"


def test_a_call_of_their_own_is_at_hand_from_the_first_ring(ada: Person, acme: Organization) -> None:
    agent_first_call(acme, ada.agent)
    shown = ada.now()["call"]
    assert (shown["stage"], shown["direction"], shown["orders"], shown["mine"]) == (
        "calling", "outbound", ["hangup"], True,
    )  # fmt: skip


# --- voicemails ---


def message(organization: Organization, **box: Any) -> Voicemail:
    call = waiting_call(organization)
    recording = Recording.objects.create(
        organization=organization, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", size=12, state="done",
        kind="voicemail", duration_seconds=23, file=ContentFile(b"RIFF....WAVE", name=f"{new_id()}.wav"),
    )  # fmt: skip
    fields = {"organization": organization, "call": call, "recording": recording, "from_number": call.from_number}
    return Voicemail.objects.create(**fields, **box)


def test_voicemails_are_those_of_own_boxes(ada: Person, acme: Organization) -> None:
    Agent.objects.update(state="break")
    globex = people.organization("Globex")
    own, queues = message(acme, agent=ada.agent), message(acme, queue=main_queue(acme))
    foreign = [
        message(acme, agent=free_agent(acme)),
        message(acme, queue=Queue.objects.create(organization=acme, name="Other")),
        message(globex, queue=main_queue(globex)),
    ]
    assert {row["id"] for row in ada.get("day").json()["voicemails"]} == {str(own.pk), str(queues.pk)}
    heard = ada.get(f"voicemails/{own.pk}/audio")
    assert (heard.status_code, heard.headers["Content-Type"]) == (200, "audio/wav")
    assert ada.order(f"voicemails/{own.pk}/status", {"status": "archived"}).status_code == 200
    assert [row["id"] for row in ada.get("day").json()["voicemails"]] == [str(queues.pk)]
    assert ada.order(f"voicemails/{queues.pk}/status", {"status": "lost"}).status_code == 400
    answer = ada.order(f"voicemails/{queues.pk}/call-back")
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "from_number")  # none of our numbers
    for row in foreign:
        assert ada.get(f"voicemails/{row.pk}/audio").status_code == 404
        assert ada.order(f"voicemails/{row.pk}/status", {"status": "read"}).status_code == 404
        assert ada.order(f"voicemails/{row.pk}/call-back").status_code == 404
        row.refresh_from_db()
        assert row.status == "new"


# --- how much it asks of the database ---


def test_a_snapshot_costs_few_queries_whatever_goes_on(
    ada: Person, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    agent_actions.save_agent(principal=principal(people.member(acme, "owner")), name="Bob", endpoint="client:bob")
    with django_assert_max_num_queries(9):
        ada.now()
    call = talking(acme)
    for _ in range(3):
        waiting_call(acme)
    Contact.objects.create(organization=acme, name="Maria", phone=call.from_number)
    with django_assert_max_num_queries(9):
        ada.now()
    ada.order(f"calls/{call.pk}/order/hold")
    with django_assert_max_num_queries(9):
        assert ada.now()["call"]["stage"] == "held"


def test_the_page_costs_few_queries(ada: Person, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(14):
        assert ada.client.get(DESK).status_code == 200


def test_the_days_lists_cost_the_same_for_many(
    ada: Person, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        call = talking(acme)
        over(call)
        ada.order("presence", {"state": "available"})
    for path in ("day", f"calls/{call.pk}", "targets"):
        with django_assert_max_num_queries(14):
            assert ada.get(path).status_code == 200
    with django_assert_max_num_queries(16):
        assert len(ada.get("person", number=call.from_number).json()["calls"]) == 1
    assert len(ada.get("day").json()["calls"]) == 4
