"""What a number is called, and where its calls go."""

from collections.abc import Callable
from typing import Any

import pytest

from calls.actions import inbound, queueing
from calls.models import Agent, BusinessHours, IvrMenu, Queue, QueueEntry
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


def a_menu(caller: Caller) -> IvrMenu:
    return IvrMenu.objects.create(organization=caller.organization, name="Main")


def some_hours(caller: Caller) -> BusinessHours:
    return BusinessHours.objects.create(organization=caller.organization, name="Office")


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
        ({"routing": {"type": "ivr", "target_id": "..."}}, 400, "routing.target_id"),
        ({"routing": {"type": "ivr", "target_id": 5}}, 400, "routing.target_id"),
        ({"routing": {"type": "voicemail", "target_id": "..."}}, 400, "routing.target_id"),
        ({"routing": {"type": "forward"}}, 400, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": "4155550142"}}, 400, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": str(new_id())}}, 400, "routing.target_id"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "colour": 1}}, 400, "routing.colour"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "priority": 100}}, 400, "routing.priority"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "priority": "5"}}, 400, "routing.priority"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "skills": "french"}}, 400, "routing.skills"),
        ({"routing": {"type": "queue", "target_id": str(new_id()), "skills": ["à la"]}}, 400, "routing.skills.0"),
        ({"routing": {"type": "agent", "target_id": str(new_id()), "priority": 1}}, 400, "routing.priority"),
        ({"routing": {"type": "hangup", "skills": []}}, 400, "routing.skills"),
        ({"routing": {"type": "hangup", "business_hours_id": "..."}}, 400, "routing.business_hours_id"),
        ({"routing": {"type": "hangup", "business_hours_id": str(new_id())}}, 422, "routing.business_hours_id"),
        ({"routing": {"type": "queue", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "agent", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "ivr", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "voicemail", "target_id": str(new_id())}}, 422, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": "911"}}, 422, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": "+1911"}}, 422, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": "+33123456789"}}, 403, "routing.target_id"),
        ({"routing": {"type": "forward", "target_id": "+19005550142"}}, 403, "routing.target_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    owner: Caller, bought: Any, body: dict[str, Any], status: int, field: str
) -> None:
    answer = config(owner, bought, **body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field), answer.content
    assert owner.get(f"{NUMBERS}/{bought['id']}").json() == bought


def test_another_organizations_rows_do_not_exist(owner: Caller, stranger: Caller, bought: Any) -> None:
    queue, agent, menu, hours = a_queue(stranger), an_agent(stranger), a_menu(stranger), some_hours(stranger)
    for kind, theirs in (
        ("queue", queue),
        ("agent", agent),
        ("ivr", menu),
        ("voicemail", queue),
        ("voicemail", agent),
    ):
        answer = config(owner, bought, routing={"type": kind, "target_id": str(theirs.pk)})
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "routing.target_id"), kind
    answer = config(owner, bought, routing={"type": "hangup", "business_hours_id": str(hours.pk)})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "routing.business_hours_id")
    assert config(stranger, bought, friendly_name="Mine").status_code == 404


def test_every_kind_of_route_is_kept_as_it_is_said(owner: Caller, bought: Any) -> None:
    queue, agent, menu, hours = a_queue(owner), an_agent(owner), a_menu(owner), some_hours(owner)
    for routing in (
        {"type": "ivr", "target_id": str(menu.pk)},
        {"type": "queue", "target_id": str(queue.pk)},
        {"type": "queue", "target_id": str(queue.pk), "priority": 99, "skills": ["french", "billing"]},
        {"type": "agent", "target_id": str(agent.pk), "business_hours_id": str(hours.pk)},
        {"type": "forward", "target_id": "+14155550142"},
        {"type": "voicemail", "target_id": str(queue.pk)},
        {"type": "voicemail", "target_id": str(agent.pk)},
        {"type": "voicemail", "target_id": None},
        {"type": "hangup", "target_id": None},
    ):
        answer = config(owner, bought, routing=routing)
        assert (answer.status_code, answer.json()["routing"]) == (200, routing), answer.content
        assert PhoneNumber.objects.get(pk=bought["id"]).routing == routing


def test_what_is_not_said_is_not_kept(owner: Caller, bought: Any) -> None:
    queue = str(a_queue(owner).pk)
    said = {"type": "queue", "target_id": queue.upper(), "priority": 0, "skills": [], "business_hours_id": None}
    config(owner, bought, routing=said)
    assert PhoneNumber.objects.get(pk=bought["id"]).routing == {"type": "queue", "target_id": queue}
    config(owner, bought, routing={"type": "voicemail"})
    assert PhoneNumber.objects.get(pk=bought["id"]).routing == {"type": "voicemail", "target_id": None}


def test_no_number_is_forwarded_to_a_number_of_ours(owner: Caller, bought: Any) -> None:
    answer = config(owner, bought, routing={"type": "forward", "target_id": bought["phone_number"]})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "routing.target_id")


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


def test_a_number_that_is_not_active_is_not_configured(owner: Caller, bought: Any) -> None:
    PhoneNumber.objects.filter(pk=bought["id"]).update(status="releasing")
    assert config(owner, bought, friendly_name="Main").status_code == 422
