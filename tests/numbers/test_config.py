"""What a number is called, and where its calls go."""

from collections.abc import Callable
from typing import Any

import pytest

from calls.actions import inbound, queueing
from calls.models import Agent, Queue, QueueEntry
from numbers.models import PhoneNumber
from tests.numbers.carrier import Carrier
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.carrier import commands
from zerovoice.carrier.models import Command
from zerovoice.embedded.environment import ACCOUNT_SID
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

NUMBERS = "/api/v1/numbers"


@pytest.fixture
def bought(owner: Caller, simulator: SimulatorControl, new_number: Callable[[], str]) -> Any:
    return owner.post(f"{NUMBERS}/purchase", {"phone_number": new_number()}).json()


def config(caller: Caller, bought: Any, **body: Any) -> Any:
    return caller.put(f"{NUMBERS}/{bought['id']}/config", body)


def a_queue(caller: Caller, name: str = "Sales") -> Queue:
    return Queue.objects.create(organization=caller.organization, name=name)


def an_agent(caller: Caller) -> Agent:
    return Agent.objects.create(organization=caller.organization, name="Ann", endpoint="+14155550188")


def call_in(bought: Any) -> Any:
    notice = {"CallSid": f"CA{new_id().hex}", "From": "+14155550142", "To": bought["phone_number"]}
    return inbound.receive(ACCOUNT_SID, notice)


def test_name_and_route_are_set_here_and_the_name_at_the_carrier(owner: Caller, carrier: Carrier, bought: Any) -> None:
    queue = a_queue(owner)
    answer = config(owner, bought, friendly_name="Main", routing={"type": "queue", "target_id": str(queue.pk)})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        **bought, "friendly_name": "Main", "routing": {"type": "queue", "target_id": str(queue.pk)},
    }  # fmt: skip
    assert owner.get(f"{NUMBERS}/{bought['id']}").json() == answer.json()
    for command in Command.objects.all():
        commands.execute(str(command.pk))
    assert carrier.numbers()[bought["phone_number"]]["friendly_name"] == "Main"


def test_what_is_left_out_stays(owner: Caller, bought: Any) -> None:
    config(owner, bought, friendly_name="Main")
    answer = config(owner, bought, routing={"type": "hangup"}).json()
    assert (answer["friendly_name"], answer["routing"]) == ("Main", {"type": "hangup", "target_id": None})


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, None),
        ({"colour": "red"}, 400, "colour"),
        ({"friendly_name": "x" * 65}, 400, "friendly_name"),
        ({"routing": {}}, 400, "routing.type"),
        ({"routing": "queue"}, 400, "routing"),
        ({"routing": {"type": "nowhere"}}, 400, "routing.type"),
        ({"routing": {"type": "queue"}}, 400, "routing.target_id"),
        ({"routing": {"type": "queue", "target_id": "..."}}, 400, "routing.target_id"),
        ({"routing": {"type": "hangup", "target_id": str(new_id())}}, 400, "routing.target_id"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "colour": 1}}, 400, "routing.colour"),
        ({"routing": {"type": "queue", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "agent", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "ivr", "target_id": "..."}}, 422, "routing.type"),
        ({"routing": {"type": "voicemail"}}, 422, "routing.type"),
        ({"routing": {"type": "forward", "target_id": "+14155550142"}}, 422, "routing.type"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    owner: Caller, bought: Any, body: dict[str, Any], status: int, field: str
) -> None:
    answer = config(owner, bought, **body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field), answer.content
    assert owner.get(f"{NUMBERS}/{bought['id']}").json() == bought


def test_another_organizations_queue_does_not_exist(owner: Caller, stranger: Caller, bought: Any) -> None:
    theirs = a_queue(stranger)
    answer = config(owner, bought, routing={"type": "queue", "target_id": str(theirs.pk)})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "routing.target_id")
    assert config(stranger, bought, friendly_name="Mine").status_code == 404


def test_calls_follow(owner: Caller, bought: Any) -> None:
    sales, agent = a_queue(owner), an_agent(owner)
    default = queueing.default_queue(owner.organization.pk)
    for routing, queue, preferred in (
        (None, default, None),
        ({"type": "queue", "target_id": str(sales.pk)}, sales, None),
        ({"type": "agent", "target_id": str(agent.pk)}, default, agent),
    ):
        if routing:
            assert config(owner, bought, routing=routing).status_code == 200
        entry = QueueEntry.objects.get(call=call_in(bought).call)
        assert (entry.queue, entry.preferred_agent) == (queue, preferred)
    config(owner, bought, routing={"type": "hangup"})
    assert call_in(bought) is None


def test_what_calls_are_routed_to_cannot_be_deleted(owner: Caller, bought: Any) -> None:
    queue, agent = a_queue(owner), an_agent(owner)
    for kind, target in (("queue", queue), ("agent", agent)):
        config(owner, bought, routing={"type": kind, "target_id": str(target.pk)})
        refused = owner.delete(f"/api/v1/{kind}s/{target.pk}")
        assert refused.status_code == 422
        assert "phone number" in refused.json()["details"]["message"]
    config(owner, bought, routing={"type": "hangup"})
    assert owner.delete(f"/api/v1/queues/{queue.pk}").status_code == 204
    assert owner.delete(f"/api/v1/agents/{agent.pk}").status_code == 204


def test_a_number_that_is_not_active_is_not_configured(owner: Caller, bought: Any) -> None:
    PhoneNumber.objects.filter(pk=bought["id"]).update(status="releasing")
    assert config(owner, bought, friendly_name="Main").status_code == 422
