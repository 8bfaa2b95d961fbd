"""Whose a call is to act on, and who may be in it."""

import pytest

from calls.actions import conversation, queueing
from calls.models import Agent, Call, CallLeg, Queue
from tests import people
from tests.calls.factories import free_agent, main_queue, talking_call, told, waiting_call
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db
API = "/api/v1/calls"


def logged_in(agent: Agent) -> people.Caller:
    member = people.member(agent.organization, "agent")
    Agent.objects.filter(pk=agent.pk).update(user=member.membership.user)
    return member


def test_who_was_only_rung_neither_sees_nor_ends_the_winners_call() -> None:
    acme = people.organization()
    Queue.objects.filter(pk=main_queue(acme).pk).update(strategy="ring_all")
    winner, loser = free_agent(acme), free_agent(acme)
    call = waiting_call(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(call.legs.get(agent=winner).pk)
    other = logged_in(loser)
    for answer in (other.get(f"{API}/{call.pk}"), other.post(f"{API}/{call.pk}/hangup", {})):
        assert answer.status_code == 404
    call.refresh_from_db()
    assert (call.phase, call.hung_up_by) == ("joined", "")


def test_who_handed_a_call_over_may_read_and_not_end_it() -> None:
    acme = people.organization()
    call = talking_call(acme)
    first = logged_in(call.agent)
    target = CallLeg.objects.create(
        organization=acme, call=call, role="target", transfer="cold", sid=f"CA{new_id().hex}", to_number="+14155557777"
    )
    agent_leg = call.partner
    conversation.begin_transfer(call, target)
    told(agent_leg, "completed")
    assert first.get(f"{API}/{call.pk}").status_code == 200
    assert first.post(f"{API}/{call.pk}/hangup", {}).status_code == 403


def test_agents_are_not_told_who_listens() -> None:
    acme = people.organization()
    call = talking_call(acme)
    agent = logged_in(call.agent)
    CallLeg.objects.create(organization=acme, call=call, role="supervisor", mode="listen", to_number="+14155557777")
    assert "supervisor" not in {leg["role"] for leg in agent.get(f"{API}/{call.pk}").json()["legs"]}
    owner = people.member(acme, "owner")
    assert "supervisor" in {leg["role"] for leg in owner.get(f"{API}/{call.pk}").json()["legs"]}


def test_a_browser_of_another_organization_is_not_rung_to_listen() -> None:
    acme, globex = people.organization(), people.organization("Globex")
    Agent.objects.create(organization=globex, name="Bob", endpoint="client:bob")
    call = talking_call(acme)
    answer = people.program(acme).post(f"{API}/{call.pk}/monitor", {"mode": "listen", "endpoint": "client:bob"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "endpoint")
    assert not call.legs.filter(role="supervisor").exists()


def test_only_an_agent_is_whispered_to() -> None:
    acme = people.organization()
    call = talking_call(acme)
    CallLeg.objects.filter(pk=call.partner_id).update(role="target")
    answer = people.program(acme).post(f"{API}/{call.pk}/monitor", {"mode": "whisper", "endpoint": "+14155557777"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "mode")


def test_a_customer_is_not_transferred_into_a_full_queue() -> None:
    acme = people.organization()
    full = Queue.objects.create(organization=acme, name="Full", max_size=0)
    call = talking_call(acme)
    body = {"target_queue_id": str(full.pk), "transfer_type": "cold"}
    answer = people.program(acme).post(f"{API}/{call.pk}/transfer", body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "target_queue_id")
    call.refresh_from_db()
    assert (call.phase, call.partner.released) == ("joined", False)


def test_an_agent_who_drops_before_the_target_rings_hands_the_customer_over() -> None:
    """The carrier is being asked to ring the target while the agent's phone goes dead."""
    acme = people.organization()
    call = talking_call(acme)
    target = CallLeg.objects.create(
        organization=acme, call=call, role="target", transfer="warm", to_number="+14155557777"
    )
    told(call.partner, "completed")
    conversation.begin_transfer(Call.objects.locked(call.pk), target)
    call.refresh_from_db()
    assert (call.phase, call.partner, call.entries.open().exists()) == ("transferring", None, False)
    told(target, "no-answer")
    call.refresh_from_db()
    assert (call.phase, call.entries.open().count()) == ("waiting", 1)
