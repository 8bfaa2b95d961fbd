"""Transfers over the API: to whom, when, and what each refusal says. What people hear of it is in tests/flows."""

import pytest

from calls.actions import answering
from calls.models import Agent, Call, CallLeg, Queue
from tests import people
from tests.calls.control import TARGET, ask, refusal, state, transfer
from tests.calls.factories import free_agent, main_queue, talking_call, waiting_call
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def owner(acme: Organization) -> Caller:
    return people.member(acme, "owner")


@pytest.fixture
def call(acme: Organization, simulator: SimulatorControl) -> Call:
    """A customer and an agent talk."""
    made = talking_call(acme)
    simulator.add_number(made.our_number)
    return made


def consulting(call: Call, owner: Caller, *, answered: bool = True) -> CallLeg:
    """The agent has begun to hand the customer over to a number; the target's leg."""
    assert transfer(owner, call, target_number=TARGET).status_code == 200
    leg = call.legs.get(role="target")
    if answered:
        answering.target_answered(leg.pk, leg.sid)
    return leg


@pytest.mark.parametrize("kind", ["agent", "queue"])
@pytest.mark.parametrize("how", ["warm", "cold"])
def test_to_another_tenants_is_to_nobody(owner: Caller, call: Call, kind: str, how: str) -> None:
    globex = people.organization("Globex")
    theirs = {"agent": free_agent(globex).pk, "queue": main_queue(globex).pk}[kind]
    seen = state(call)
    for target in (theirs, people.absent_id()):
        answer = transfer(owner, call, how, **{f"target_{kind}_id": target})
        assert refusal(answer) == (422, f"target_{kind}_id", f"No such {kind}")
    assert state(call) == seen
    assert Agent.objects.get(organization=globex).state == "available"


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "target_number", "This field is required."),
        (
            {"target_number": TARGET, "target_queue_id": str(new_id())},
            "target_queue_id",
            "Only one target: target_number is given already.",
        ),
        (
            {"target_queue_id": str(new_id()), "target_agent_id": str(new_id())},
            "target_queue_id",
            "Only one target: target_agent_id is given already.",
        ),
        ({"target_agent_id": "ann"}, "target_agent_id", "Must be a valid UUID."),
        ({"target_queue_id": None}, "target_queue_id", "This field may not be null."),
        ({"target_number": "5550143"}, "target_number", "Invalid E.164 format"),
    ],
)
def test_one_target_it_must_be(owner: Caller, call: Call, body, field: str, message: str) -> None:
    seen = state(call)
    answer = ask(owner, call, "transfer", {**body, "transfer_type": "warm"})
    assert refusal(answer) == (400, field, message)
    assert state(call) == seen


@pytest.mark.parametrize("how", ["warm", "cold"])
@pytest.mark.parametrize("number", ["911", "+1911", "112", "+44999"])
def test_no_emergency_number(owner: Caller, call: Call, how: str, number: str) -> None:
    seen = state(call)
    answer = transfer(owner, call, how, target_number=number)
    assert refusal(answer) == (422, "target_number", "Emergency numbers cannot be called through the API")
    assert state(call) == seen


@pytest.mark.parametrize("how", ["warm", "cold"])
def test_nobody_who_must_not_be_called(owner: Caller, call: Call, how: str, simulator: SimulatorControl) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": TARGET})
    seen, asked = state(call), len(simulator.requests())
    answer = transfer(owner, call, how, target_number=TARGET)
    assert refusal(answer) == (451, "target_number", "The number is on the Do-Not-Call list")
    assert (state(call), len(simulator.requests())) == (seen, asked)


def test_to_an_agent_who_is_free(owner: Caller, call: Call, acme: Organization) -> None:
    bob = free_agent(acme)
    answer = transfer(owner, call, target_agent_id=bob.pk).json()
    leg = answer["legs"][-1]
    assert (answer["phase"], leg["agent"]["id"], leg["transfer"]) == ("consulting", str(bob.pk), "warm")
    bob.refresh_from_db()
    assert bob.state == "ringing"


@pytest.mark.parametrize("busy", ["busy", "break", "offline", "wrap_up", "ringing"])
def test_to_an_agent_who_is_not(owner: Caller, call: Call, acme: Organization, busy: str) -> None:
    bob = free_agent(acme)
    Agent.objects.filter(pk=bob.pk).update(state=busy)
    seen = state(call)
    answer = transfer(owner, call, target_agent_id=bob.pk)
    assert refusal(answer) == (422, "target_agent_id", "The agent is not available")
    assert state(call) == seen


def test_warm_to_a_queue_rings_the_one_whose_turn_it_is(owner: Caller, call: Call, acme: Organization) -> None:
    billing = Queue.objects.create(organization=acme, name="Billing")
    free_agent(acme)
    bob = free_agent(acme, billing)
    answer = transfer(owner, call, target_queue_id=billing.pk).json()
    assert (answer["phase"], answer["legs"][-1]["agent"]["id"]) == ("consulting", str(bob.pk))


def test_warm_to_a_queue_where_nobody_is_free(owner: Caller, call: Call, acme: Organization) -> None:
    billing = Queue.objects.create(organization=acme, name="Billing")
    free_agent(acme)  # of another queue
    seen = state(call)
    answer = transfer(owner, call, target_queue_id=billing.pk)
    assert refusal(answer) == (422, "target_queue_id", "No agent of the queue is available")
    assert state(call) == seen


def test_cold_to_a_queue_waits_there(owner: Caller, call: Call, acme: Organization) -> None:
    billing = Queue.objects.create(organization=acme, name="Billing")
    answer = transfer(owner, call, "cold", target_queue_id=billing.pk).json()
    assert (answer["phase"], answer["queue"]["id"]) == ("waiting", str(billing.pk))
    assert call.legs.get(role="agent").released


def test_who_waits_is_handed_over_cold_only(owner: Caller, acme: Organization, simulator: SimulatorControl) -> None:
    waiting = waiting_call(acme)
    simulator.add_number(waiting.our_number)
    assert refusal(transfer(owner, waiting, target_number=TARGET)) == (422, None, "The call is not in conversation")
    assert transfer(owner, waiting, "cold", target_number=TARGET).json()["phase"] == "transferring"


def test_not_twice_at_once(owner: Caller, call: Call) -> None:
    consulting(call, owner)
    seen = state(call)
    for how in ("warm", "cold"):
        answer = transfer(owner, call, how, target_number="+14155550144")
        assert refusal(answer) == (422, None, "The call is being transferred already")
    assert state(call) == seen


def test_completed(owner: Caller, call: Call) -> None:
    target = consulting(call, owner)
    answer = ask(owner, call, "transfer/complete")
    assert (answer.status_code, answer.json()["phase"]) == (200, "joined")
    call.refresh_from_db()
    assert call.partner_id == target.pk
    assert call.legs.get(role="agent").released
    assert AuditEntry.objects.filter(action="call.transfer_completed", target_id=str(call.pk)).exists()


def test_not_completed_before_the_target_is_there(owner: Caller, call: Call) -> None:
    consulting(call, owner, answered=False)
    seen = state(call)
    answer = ask(owner, call, "transfer/complete")
    assert refusal(answer) == (422, None, "The transfer target has not answered yet")
    assert state(call) == seen


@pytest.mark.parametrize("answered", [True, False])
def test_cancelled(owner: Caller, call: Call, answered: bool) -> None:
    target = consulting(call, owner, answered=answered)
    partner = call.partner_id
    answer = ask(owner, call, "transfer/cancel")
    assert (answer.status_code, answer.json()["phase"]) == (200, "joined")
    call.refresh_from_db()
    target.refresh_from_db()
    assert (call.partner_id, target.released) == (partner, True)
    assert refusal(ask(owner, call, "transfer/cancel"))[0] == 422
