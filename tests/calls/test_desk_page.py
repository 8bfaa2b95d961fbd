"""The agent's desk: what it shows and orders is what the API would, for the agent that the person is."""

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from calls.actions import agents as agent_actions
from calls.actions import answering, queueing
from calls.models import Agent, Call, CallNote, Queue, Recording, Voicemail, WrapUpCode
from compliance import actions as compliance
from contacts.models import Contact
from numbers.models import PhoneNumber
from tests import people
from tests.calls.factories import agent_first_call, free_agent, main_queue, principal, rung_leg, told, waiting_call
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db
DESK = "/admin/desk/"


class Person:
    """A browser at the desk of an agent."""

    def __init__(self, agent: Agent, role: str = "agent") -> None:
        self.caller = people.member(agent.organization, role, is_staff=True)
        assert self.caller.membership
        self.user = self.caller.membership.user
        Agent.objects.filter(pk=agent.pk).update(user=self.user)
        self.agent, self.organization = agent, agent.organization
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.user)

    def get(self, path: str, of: Organization | None = None, **query: str) -> Any:
        return self.client.get(f"{DESK}{path}", {"in": str((of or self.organization).pk), **query})

    def order(self, path: str, body: Any = None, of: Organization | None = None) -> Any:
        url = f"{DESK}{path}?in={(of or self.organization).pk}"
        data = body if isinstance(body, str) else json.dumps({} if body is None else body)
        return self.client.post(url, data, content_type="application/json")

    def now(self) -> dict[str, Any]:
        answer = self.get("now")
        assert answer.status_code == 200, answer.content
        return dict(answer.json())


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def ada(acme: Organization) -> Person:
    return Person(free_agent(acme))


def rung(organization: Organization) -> Call:
    call = waiting_call(organization)
    queueing.assign(organization.pk)
    return call


def talking(organization: Organization) -> Call:
    call = rung(organization)
    leg = rung_leg()
    answering.leg_answered(leg.pk, f"CA{new_id().hex}")
    assert queueing.accept(leg.pk)
    call.refresh_from_db()
    answering.led_in(call.customer_leg())
    return call


def over(call: Call) -> None:
    for leg in call.legs.active():
        told(leg, "completed")
    call.refresh_from_db()
    assert call.is_over


# --- who has a desk ---


def test_an_agent_begins_at_the_desk(ada: Person) -> None:
    answer = ada.client.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, DESK)
    page = ada.client.get(DESK)
    assert page.status_code == 200
    assert b"desk-addresses" in page.content
    assert f'href="{DESK}"'.encode() in page.content  # the side bar
    assert b"Dashboard" not in page.content


@pytest.mark.parametrize(("role", "linked"), [("owner", True), ("supervisor", False)])
def test_who_is_no_agent_is_told_so(acme: Organization, role: str, linked: bool) -> None:
    client = Client()
    client.force_login(people.member(acme, role, is_staff=True).membership.user)  # type: ignore[union-attr]
    assert client.get("/admin/").status_code == 200
    page = client.get(DESK).content.decode()
    assert "You are not an agent of Acme" in page
    assert (reverse("admin:calls_agent_changelist") in page.split("no-desk", 1)[1]) == linked
    assert client.get(f"{DESK}now", {"in": str(acme.pk)}).status_code == 404


def test_a_supervisor_who_takes_calls_has_both(acme: Organization) -> None:
    sue = Person(free_agent(acme), "supervisor")
    assert sue.client.get("/admin/").status_code == 200
    assert sue.now()["agent"]["state"] == "available"


def test_whoever_is_not_staff_is_sent_to_log_in(acme: Organization) -> None:
    ada = Person(free_agent(acme))
    User.objects.filter(pk=ada.user.pk).update(is_staff=False)
    assert ada.client.get(DESK).status_code == 302
    assert ada.get("now").status_code == 403


def test_a_person_of_two_organizations_chooses(ada: Person) -> None:
    globex = people.organization("Globex")
    second = free_agent(globex)
    people.actions.add_member(organization=globex, user=ada.user, role="agent")
    Agent.objects.filter(pk=second.pk).update(user=ada.user, state="break")
    page = ada.client.get(DESK, {"in": str(globex.pk)}).content.decode()
    assert '<option value="' in page
    assert "Acme" in page
    assert ada.get("now", of=globex).json()["agent"]["state"] == "break"
    assert ada.now()["agent"]["state"] == "available"
    ada.order("presence", {"state": "offline"}, of=globex)
    assert (ada.now()["agent"]["state"], ada.get("now", of=globex).json()["agent"]["state"]) == ("available", "offline")


def test_another_organizations_desk_is_not_there(ada: Person) -> None:
    globex = people.organization("Globex")
    free_agent(globex)
    for path in ("now", "day", "targets", "person"):
        assert ada.get(path, of=globex).status_code == 404
    assert ada.order("presence", {"state": "break"}, of=globex).status_code == 404
    for wrong in ("", "x", str(new_id())):
        assert ada.client.get(f"{DESK}now", {"in": wrong}).status_code == 404


def test_whoever_left_the_organization_has_no_desk(ada: Person) -> None:
    ada.caller.membership.delete()  # type: ignore[union-attr]
    assert ada.get("now").status_code == 403
    assert ada.order("presence", {"state": "break"}).status_code == 403


def test_a_viewer_reads_and_orders_nothing(acme: Organization) -> None:
    vic = Person(free_agent(acme), "viewer")
    assert vic.get("now").status_code == 200
    assert vic.order("presence", {"state": "break"}).status_code == 403
    vic.agent.refresh_from_db()
    assert vic.agent.state == "available"


# --- presence, queues, the call ---


def test_presence_is_set_as_by_the_api(ada: Person) -> None:
    assert ada.order("presence", {"state": "break", "reason": "Lunch"}).json()["state"] == "break"
    shown = ada.now()["agent"]
    assert (shown["state_words"], shown["reason"]) == ("On a break", "Lunch")
    entry = AuditEntry.objects.get(action="agent.presence")
    assert (entry.actor_kind, entry.actor_id) == ("user", ada.user.pk)


@pytest.mark.parametrize("body", [{"state": "busy"}, {}, {"state": "break", "reason": "x" * 65}, {"nothing": 1}, "["])
def test_a_wrong_presence_is_refused(ada: Person, body: Any) -> None:
    answer = ada.order("presence", body)
    assert answer.status_code == 400
    assert answer.json()["details"]["message"]
    assert ada.now()["agent"]["state"] == "available"


def test_who_waits_is_counted_in_own_queues_only(ada: Person, acme: Organization) -> None:
    Agent.objects.update(state="break")
    waiting_call(acme)
    waiting_call(acme)
    waiting_call(people.organization("Globex"))
    (queue,) = ada.now()["queues"]
    assert (queue["name"], queue["waiting"]) == (main_queue(acme).name, 2)
    assert queue["longest"] >= 0


def test_a_ringing_call_is_named_and_nothing_can_be_ordered(ada: Person, acme: Organization) -> None:
    call = rung(acme)
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=call.from_number)
    Contact.objects.create(organization=people.organization("Globex"), name="Mallory", phone=call.from_number)
    shown = ada.now()["call"]
    assert (shown["stage"], shown["name"], shown["mine"], shown["orders"]) == ("ringing", "Maria Lopez", False, [])
    assert shown["queue"] == main_queue(acme).name
    assert ada.get(f"calls/{call.pk}").status_code == 404  # as the API: not theirs before they take it
    assert ada.order(f"calls/{call.pk}/order/hangup").status_code == 404
    answering.leg_answered(rung_leg().pk, f"CA{new_id().hex}")
    assert ada.now()["call"]["stage"] == "press"


def test_a_call_is_held_resumed_and_hung_up(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    shown = ada.now()["call"]
    assert (shown["stage"], shown["orders"]) == ("talking", ["hold", "transfer", "hangup"])
    assert ada.order(f"calls/{call.pk}/order/hold").status_code == 200
    shown = ada.now()["call"]
    assert (shown["stage"], shown["orders"]) == ("held", ["resume", "transfer", "hangup"])
    assert ada.order(f"calls/{call.pk}/order/hold").json()["details"]["message"] == "The call is not in conversation"
    assert ada.order(f"calls/{call.pk}/order/resume").status_code == 200
    assert ada.now()["call"]["stage"] == "talking"
    assert ada.order(f"calls/{call.pk}/order/hangup").status_code == 200
    call.refresh_from_db()
    assert call.hung_up_by == "api"
    assert AuditEntry.objects.filter(action="call.hung_up", actor_id=ada.user.pk).exists()


def test_a_warm_transfer_is_completed(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    bob = free_agent(acme)
    told_targets = ada.get("targets").json()
    assert [(row["name"], row["free"]) for row in told_targets["agents"]] == [(bob.name, True)]
    body = {"target_agent_id": str(bob.pk), "transfer_type": "warm"}
    assert ada.order(f"calls/{call.pk}/transfer", body).status_code == 200
    shown = ada.now()["call"]
    assert (shown["stage"], shown["orders"], shown["target"]["there"]) == ("consulting", ["cancel"], False)
    leg = call.legs.get(agent=bob)
    answering.leg_answered(leg.pk, f"CA{new_id().hex}")
    assert queueing.accept(leg.pk)
    assert ada.now()["call"]["orders"] == ["complete", "cancel"]
    other = Person(bob)
    assert other.now()["call"]["stage"] == "consulted"
    assert other.now()["call"]["orders"] == []
    assert ada.order(f"calls/{call.pk}/order/complete").status_code == 200
    assert other.now()["call"]["stage"] == "talking"


def test_a_warm_transfer_is_cancelled(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    bob = free_agent(acme)
    ada.order(f"calls/{call.pk}/transfer", {"target_agent_id": str(bob.pk), "transfer_type": "warm"})
    assert ada.order(f"calls/{call.pk}/order/cancel").status_code == 200
    assert ada.now()["call"]["stage"] == "talking"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"transfer_type": "warm"}, 400),
        ({"target_number": "12", "transfer_type": "cold"}, 400),
        ({"target_number": "+14155550142", "transfer_type": "lukewarm"}, 400),
        ({"target_number": "911", "transfer_type": "cold"}, 422),
        ({"target_agent_id": str(new_id()), "transfer_type": "cold"}, 422),
        ({"target_queue_id": str(new_id()), "transfer_type": "cold"}, 422),
    ],
)
def test_a_wrong_transfer_is_refused_in_words(ada: Person, acme: Organization, body: Any, status: int) -> None:
    call = talking(acme)
    answer = ada.order(f"calls/{call.pk}/transfer", body)
    assert (answer.status_code, bool(answer.json()["details"]["message"])) == (status, True)
    assert ada.now()["call"]["stage"] == "talking"


def test_a_recording_is_paused_where_there_is_one(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    assert ada.now()["call"]["recording"] == "Not recorded"
    assert ada.order(f"calls/{call.pk}/order/pause_recording").status_code == 422
    Call.objects.filter(pk=call.pk).update(record=True)
    assert "pause_recording" in ada.now()["call"]["orders"]
    assert ada.order(f"calls/{call.pk}/order/pause_recording").status_code == 200
    assert "resume_recording" in ada.now()["call"]["orders"]


def test_orders_are_those_of_the_table_and_by_post(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    assert ada.order(f"calls/{call.pk}/order/erase").status_code == 404
    assert ada.get(f"calls/{call.pk}/order/hold").status_code == 405
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada.user)
    answer = client.post(f"{DESK}calls/{call.pk}/order/hold?in={acme.pk}", "{}", content_type="application/json")
    assert answer.status_code == 403
    assert ada.now()["call"]["stage"] == "talking"


# --- what is others' ---


def test_another_agents_call_is_not_there(ada: Person, acme: Organization) -> None:
    Agent.objects.filter(pk=ada.agent.pk).update(state="break")
    free_agent(acme)
    call = talking(acme)
    assert ada.now()["call"] is None
    assert ada.get(f"calls/{call.pk}").status_code == 404
    for order, body in _orders():
        assert ada.order(f"calls/{call.pk}/{order}", body).status_code == 404, order
    call.refresh_from_db()
    assert (call.phase, call.hung_up_by, call.disposition, call.notes.count()) == ("joined", "", "", 0)
    assert ada.get("person", number=call.from_number).json()["calls"] == []
    assert ada.get("day").json()["calls"] == []


def test_another_organizations_call_is_not_there(ada: Person) -> None:
    globex = people.organization("Globex")
    other = Person(free_agent(globex))
    call = talking(globex)
    for order, body in _orders():
        assert ada.order(f"calls/{call.pk}/{order}", body).status_code == 404, order
        assert ada.order(f"calls/{call.pk}/{order}", body, of=globex).status_code == 404, order
    assert other.now()["call"]["stage"] == "talking"


def test_a_call_handed_over_is_read_and_noted_and_not_ended(ada: Person, acme: Organization) -> None:
    call = talking(acme)
    bob = free_agent(acme)
    leg = call.partner
    assert leg
    ada.order(f"calls/{call.pk}/transfer", {"target_agent_id": str(bob.pk), "transfer_type": "cold"})
    told(leg, "completed")
    shown = ada.now()
    assert (shown["call"], shown["last"]["id"], shown["last"]["over"]) == (None, str(call.pk), False)
    assert ada.order(f"calls/{call.pk}/order/hangup").status_code == 403
    assert ada.order(f"calls/{call.pk}/notes", {"text": "Wants a refund"}).status_code == 200
    early = ada.order(f"calls/{call.pk}/disposition", {"disposition": "sold"})
    assert (early.status_code, early.json()["details"]["message"]) == (422, "The call is not over yet")


def _orders() -> list[tuple[str, dict[str, Any]]]:
    return [
        *((f"order/{name}", {}) for name in ("hold", "hangup", "complete", "cancel", "pause_recording")),
        ("transfer", {"target_number": "+14155550142", "transfer_type": "cold"}),
        ("notes", {"text": "x"}),
        ("disposition", {"disposition": "sold"}),
    ]


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
