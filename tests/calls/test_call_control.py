"""Holding a customer, pausing a recording over the API: who may, when, and what each refusal says.

What the people on the line hear of it is in tests/flows.
"""

import pytest

from calls.models import Agent, Call
from tests import people
from tests.calls.control import TARGET, ask, refusal, state, transfer
from tests.calls.factories import free_agent, talking_call, told, waiting_call
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.carrier.models import Command

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


def over(call: Call) -> Call:
    told(call.customer_leg(), "completed")
    return call


def test_on_hold_and_back(owner: Caller, call: Call) -> None:
    held = ask(owner, call, "hold")
    assert (held.status_code, held.json()["phase"]) == (200, "held")
    back = ask(owner, call, "resume")
    assert (back.status_code, back.json()["phase"]) == (200, "joined")
    actions = AuditEntry.objects.filter(target_id=str(call.pk)).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["call.held", "call.resumed"]


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (["hold", "hold"], "The call is not in conversation"),
        (["resume"], "The call is not on hold"),
        (["hold", "resume", "resume"], "The call is not on hold"),
        (["transfer/complete"], "The call is not in a warm transfer"),
        (["transfer/cancel"], "The call is not in a warm transfer"),
        (["hold", "transfer/complete"], "The call is not in a warm transfer"),
        (["recording/pause"], "The call is not recorded"),
        (["recording/resume"], "The call is not recorded"),
    ],
)
def test_what_does_not_fit_is_refused(owner: Caller, call: Call, commands: list[str], message: str) -> None:
    *before, last = commands
    for command in before:
        assert ask(owner, call, command).status_code == 200
    seen = state(call)
    assert refusal(ask(owner, call, last)) == (422, None, message)
    assert state(call) == seen


@pytest.mark.parametrize(
    "command",
    ["hold", "resume", "transfer/complete", "transfer/cancel", "recording/pause", "recording/resume", "monitor",
     "transfer"],
)  # fmt: skip
def test_nothing_is_done_to_a_call_that_is_over(owner: Caller, call: Call, command: str) -> None:
    Call.objects.filter(pk=call.pk).update(record=True)
    over(call)
    bodies = {
        "monitor": {"mode": "listen", "endpoint": TARGET},
        "transfer": {"target_number": TARGET, "transfer_type": "cold"},
    }
    assert refusal(ask(owner, call, command, bodies.get(command))) == (422, None, "The call is over")
    assert not call.legs.active().filter(role__in=["target", "supervisor"]).exists()


def test_nobody_is_put_on_hold_while_they_wait(owner: Caller, acme: Organization) -> None:
    assert refusal(ask(owner, waiting_call(acme), "hold")) == (422, None, "The call is not in conversation")


@pytest.mark.parametrize(
    "command", ["hold", "resume", "transfer/complete", "transfer/cancel", "recording/pause", "recording/resume"]
)
def test_commands_take_no_fields(owner: Caller, call: Call, command: str) -> None:
    assert refusal(ask(owner, call, command, {"now": True})) == (400, "now", "Unknown field.")
    call.refresh_from_db()
    assert call.phase == "joined"


# --- recording ---


def test_a_recording_is_paused_and_goes_on(owner: Caller, call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(record=True)
    assert ask(owner, call, "recording/pause").json()["recording_paused"] is True
    assert Command.objects.filter(kind="calls.record", target_id=call.pk).exists()
    assert ask(owner, call, "recording/resume").json()["recording_paused"] is False


def test_paused_twice_is_paused(owner: Caller, call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(record=True)
    for _ in range(2):
        assert ask(owner, call, "recording/pause").status_code == 200
    assert AuditEntry.objects.filter(action="call.recording_paused").count() == 1


def test_a_hold_does_not_undo_the_pause(owner: Caller, call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(record=True)
    for command in ("recording/pause", "hold", "resume"):
        assert ask(owner, call, command).status_code == 200
    assert owner.get(f"/api/v1/calls/{call.pk}").json()["recording_paused"] is True


# --- who may ---

COMMANDS = [
    "hold", "resume", "transfer", "transfer/complete", "transfer/cancel", "monitor", "recording/pause",
    "recording/resume",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_viewers_command_nothing(call: Call, acme: Organization, command: str) -> None:
    seen = state(call)
    answer = ask(people.member(acme, "viewer"), call, command)
    assert refusal(answer) == (403, None, "This needs the scope calls:write")
    assert state(call) == seen


@pytest.mark.parametrize("command", COMMANDS)
def test_agents_command_their_own_calls(call: Call, acme: Organization, command: str) -> None:
    """Others' are not there for them."""
    stranger = people.member(acme, "agent")
    free_agent(acme)
    assert refusal(ask(stranger, call, command)) == (404, None, "Resource not found")


def test_the_agent_in_the_call_commands_it(call: Call, acme: Organization) -> None:
    caller = people.member(acme, "agent")
    Agent.objects.filter(pk=call.agent_id).update(user=caller.membership.user)
    assert ask(caller, call, "hold").status_code == 200
    assert transfer(caller, call, target_agent_id=free_agent(acme).pk).json()["phase"] == "consulting"
