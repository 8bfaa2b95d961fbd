"""The agent's desk: who has one, presence, and the call at hand; what it orders is what the API would."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.actions import answering, queueing
from calls.models import Agent, Call
from contacts.models import Contact
from tests import people
from tests.calls.desk import DESK, Person, rung, talking
from tests.calls.factories import free_agent, main_queue, rung_leg, told, waiting_call
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def ada(acme: Organization) -> Person:
    return Person(free_agent(acme))


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
