from datetime import timedelta
from functools import partial

import pytest

from calls.actions import progress, queueing
from calls.models import Agent, CallLeg, QueueEntry
from tests import people
from tests.at_once import at_once
from tests.calls.factories import free_agent, main_queue, talking_call, waiting_call
from zerovoice.carrier.parsing import call_notice
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def ended(leg: CallLeg, status: str = "no-answer") -> None:
    sid = leg.sid or f"CA{leg.pk.hex}"
    progress.apply_call_notice(leg.pk, call_notice({"CallSid": sid, "CallStatus": status, "SequenceNumber": "3"}))


def test_no_agent_gets_two_calls_and_no_call_two_agents() -> None:
    acme = people.organization()
    agents = [free_agent(acme), free_agent(acme)]
    for _ in range(50):
        waiting_call(acme)
    for _ in range(5):
        rung = at_once(*[lambda: queueing.assign(acme.pk)] * 20)
        assert sum(rung) == 2
        legs = list(CallLeg.objects.active().filter(role="agent"))
        assert {leg.agent_id for leg in legs} == {agent.pk for agent in agents}
        assert len({leg.call_id for leg in legs}) == 2
        assert QueueEntry.objects.filter(state="ringing").count() == 2
        Agent.objects.update(missed=0)
        for leg in legs:
            ended(leg)


def test_callers_who_wait_longest_come_first_and_agents_idle_longest_are_rung_first() -> None:
    acme = people.organization()
    late, early = free_agent(acme), free_agent(acme)
    Agent.objects.filter(pk=early.pk).update(idle_since=clock.now() - timedelta(minutes=5))
    first, second, third = waiting_call(acme), waiting_call(acme), waiting_call(acme)
    assert queueing.assign(acme.pk) == 2
    assert first.legs.get(role="agent").agent_id == early.pk
    assert second.legs.get(role="agent").agent_id == late.pk
    assert not third.legs.filter(role="agent").exists()


def test_whoever_was_sent_back_comes_before_everybody() -> None:
    acme = people.organization()
    waiting_call(acme)
    returned = waiting_call(acme)
    QueueEntry.objects.filter(call=returned).update(priority=QueueEntry.HEAD_PRIORITY)
    free_agent(acme)
    queueing.assign(acme.pk)
    assert returned.legs.filter(role="agent").exists()


@pytest.mark.parametrize("own", [True, False])
def test_a_wrap_up_is_cut_short_for_ones_own_caller_and_for_no_stranger(own: bool) -> None:
    acme = people.organization()
    another, agent = talking_call(acme), free_agent(acme)
    caller = waiting_call(acme)
    QueueEntry.objects.filter(call=caller).update(preferred_agent=agent, talked_before=True)
    leg = CallLeg.objects.create(
        organization=acme, call=caller if own else another, role="agent", agent=agent,
        from_number="+14155550100", to_number=agent.endpoint, ended_at=clock.now(), status="completed",
    )  # fmt: skip
    until = clock.now() + timedelta(minutes=5)
    Agent.objects.filter(pk=agent.pk).update(state=Agent.State.WRAP_UP, wrap_up_until=until, wrapping_up=leg)
    assert queueing.assign(acme.pk) == own
    assert caller.legs.active().filter(role="agent").exists() == own


def test_a_caller_whose_queue_has_nobody_does_not_hold_up_the_others() -> None:
    acme = people.organization()
    other = type(main_queue(acme)).objects.create(organization=acme, name="Nobody here")
    stuck, served = waiting_call(acme, other), waiting_call(acme)
    free_agent(acme)
    assert queueing.assign(acme.pk) == 1
    assert served.legs.filter(role="agent").exists()
    assert not stuck.legs.filter(role="agent").exists()


def test_agents_of_another_organization_are_never_rung() -> None:
    acme, stranger = people.organization(), people.organization("Stranger")
    free_agent(stranger)
    waiting_call(acme)
    assert queueing.assign(acme.pk) == 0
    assert queueing.assign(stranger.pk) == 0


def test_a_caller_who_hangs_up_while_an_agent_is_being_chosen_leaves_nobody_ringing() -> None:
    acme = people.organization()
    agent = free_agent(acme)
    for _ in range(10):
        call = waiting_call(acme)
        customer = call.customer_leg()
        at_once(partial(queueing.assign, acme.pk), partial(ended, customer, "completed"))
        call.refresh_from_db()
        assert call.disposition == "abandoned"
        assert not call.entries.open().exists()
        for leg in CallLeg.objects.active().filter(role="agent"):
            assert leg.released, "nobody would ever end it"
            ended(leg, "canceled")
        agent.refresh_from_db()
        assert agent.state == Agent.State.AVAILABLE
