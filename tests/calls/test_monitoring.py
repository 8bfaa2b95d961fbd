"""Supervisors in a conversation, over the API: who may, and which phone is rung."""

import pytest

from calls import usage
from calls.models import Agent, Call, CallLeg
from tests import people
from tests.calls.control import TARGET, ask, refusal, state
from tests.calls.factories import talking_call, waiting_call
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization

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


def monitor(caller: Caller, call: Call, mode: str = "listen", **endpoint: str):
    return ask(caller, call, "monitor", {"mode": mode, **endpoint})


def test_a_supervisor_listens(call: Call, acme: Organization) -> None:
    supervisor = people.member(acme, "supervisor")
    answer = monitor(supervisor, call, endpoint=TARGET)
    assert answer.status_code == 201, answer.content
    leg = answer.json()
    assert usage.is_paid_for(CallLeg.objects.get(pk=leg["id"]))
    assert (leg["role"], leg["mode"], leg["to_number"]) == ("supervisor", "listen", TARGET)
    entry = AuditEntry.objects.get(action="call.monitored")
    assert (entry.actor_id, entry.target_id) == (supervisor.membership.user_id, str(call.pk))


def test_asked_again_the_mode_changes_and_nobody_is_rung(
    owner: Caller, call: Call, simulator: SimulatorControl
) -> None:
    first = monitor(owner, call, endpoint=TARGET).json()
    asked = len(simulator.requests())
    for mode in ("whisper", "barge", "listen"):
        again = monitor(owner, call, mode, endpoint=TARGET).json()
        assert (again["id"], again["mode"]) == (first["id"], mode)
    assert len(simulator.requests()) == asked


def test_who_is_an_agent_too_needs_no_endpoint(call: Call, acme: Organization) -> None:
    supervisor = people.member(acme, "supervisor")
    Agent.objects.create(organization=acme, name="Eve", endpoint=TARGET, user=supervisor.membership.user)
    assert monitor(supervisor, call).json()["to_number"] == TARGET
    # It stays in the price of the call, whoever has that phone when it is over.
    Agent.objects.filter(name="Eve").update(endpoint="+14155550199")
    assert not usage.is_paid_for(CallLeg.objects.get(role="supervisor"))


def test_others_say_which_phone_to_ring(owner: Caller, call: Call, acme: Organization) -> None:
    seen = state(call)
    for caller in (owner, people.program(acme)):
        expected = (422, "endpoint", "You are no agent: name the phone to ring")
        assert refusal(monitor(caller, call)) == expected
    assert state(call) == seen


def test_agents_monitor_nobody(call: Call, acme: Organization) -> None:
    caller = people.member(acme, "agent")
    Agent.objects.filter(pk=call.agent_id).update(user=caller.membership.user)
    seen = state(call)
    assert refusal(monitor(caller, call, endpoint=TARGET)) == (403, None, "Agents monitor nobody")
    assert state(call) == seen
    colleague = people.member(acme, "agent", "bob")
    assert refusal(monitor(colleague, call, endpoint=TARGET)) == (404, None, "Resource not found")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"endpoint": TARGET}, 400, "mode"),
        ({"mode": "spy", "endpoint": TARGET}, 400, "mode"),
        ({"mode": "listen", "endpoint": "ann"}, 400, "endpoint"),
        ({"mode": "listen", "endpoint": TARGET, "muted": True}, 400, "muted"),
        ({"mode": "listen", "endpoint": "911"}, 422, "endpoint"),
        ({"mode": "listen", "endpoint": "+442079460018"}, 403, "endpoint"),  # a country that is not allowed
        ({"mode": "listen", "endpoint": "+15005550001"}, 422, "endpoint"),  # the carrier refuses it
    ],
)
def test_a_phone_that_cannot_be_rung(owner: Caller, call: Call, body, status: int, field: str) -> None:
    assert refusal(ask(owner, call, "monitor", body))[:2] == (status, field)
    assert not call.legs.active().filter(role="supervisor").exists()
    call.refresh_from_db()
    assert call.phase == "joined"


def test_nobody_listens_to_who_waits(owner: Caller, acme: Organization) -> None:
    answer = monitor(owner, waiting_call(acme), endpoint=TARGET)
    assert refusal(answer) == (422, None, "The call is not in conversation")
