"""What an agent is left in: by a change of their name, by the end of a call, by a carrier that is down."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.actions import agents, answering, place, progress, queueing
from calls.models import Agent, Call, CallLeg
from tests import people
from tests.calls.factories import agent_first_call, free_agent, principal, rung_leg, told, waiting_call
from zerovoice.accounts.models import Organization
from zerovoice.carrier import commands
from zerovoice.carrier.models import Command
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db


def test_a_change_of_the_name_does_not_undo_what_a_call_did_meanwhile() -> None:
    acme = people.organization()
    owner = people.member(acme, "owner")
    stale = free_agent(acme)
    waiting_call(acme)
    queueing.assign(acme.pk)
    agents.save_agent(principal=principal(owner), agent=stale, name="Ada Lovelace")
    agent = Agent.objects.get()
    assert (agent.name, agent.state) == ("Ada Lovelace", "ringing")


@pytest.mark.parametrize("state", ["break", "offline"])
def test_who_was_away_and_placed_a_call_is_away_after_it(state: str) -> None:
    acme = people.organization()
    agent = free_agent(acme)
    agent.set_state(state, clock.now(), reason="lunch")
    call = agent_first_call(acme, agent)
    place._reserve(agent.pk)
    leg = call.legs.get(role="agent")
    leg.accepted_at = leg.ended_at = clock.now()
    agents.leg_over(leg, at=leg.ended_at, wrap_up_seconds=0)
    agent.refresh_from_db()
    assert (agent.state, agent.state_reason) == (state, "lunch")


@pytest.mark.parametrize("reason", ["carrier_unavailable", "carrier_unknown"])
def test_a_carrier_that_is_down_sends_nobody_on_a_break(reason: str) -> None:
    acme = people.organization()
    agent = free_agent(acme)
    waiting_call(acme)
    for _ in range(agent.missed_limit):
        queueing.assign(acme.pk)
        progress.fail_leg(rung_leg().pk, reason)
    agent.refresh_from_db()
    assert (agent.state, agent.missed) == ("available", 0)


def test_a_phone_that_the_carrier_refuses_to_ring_does() -> None:
    """It would be tried for ever."""
    acme = people.organization()
    agent = free_agent(acme)
    waiting_call(acme)
    for _ in range(agent.missed_limit):
        queueing.assign(acme.pk)
        progress.fail_leg(rung_leg().pk, "invalid_number", carrier_error=21211)
    agent.refresh_from_db()
    assert (agent.state, agent.state_reason) == ("break", "no_answer")


def test_the_time_with_the_agent_is_no_wait_when_a_transfer_comes_to_nothing() -> None:
    """A call of one's own enters a queue only after it."""
    acme = people.organization()
    start = clock.now() - timedelta(seconds=100)
    call = agent_first_call(acme, free_agent(acme), phase=Call.Phase.JOINED)
    CallLeg.objects.filter(pk=call.customer_leg().pk).update(answered_at=start, led_in_at=start, status="in_progress")
    call.legs.filter(role="agent").update(accepted_at=start, ended_at=start + timedelta(seconds=60), released=True)
    queueing.enter(call, queueing.default_queue(acme.pk), at_head=True, at=start + timedelta(seconds=80))
    customer = call.customer_leg()
    customer.status, customer.ended_at = "completed", start + timedelta(seconds=90)
    customer.save()
    progress.leg_over(call, customer)
    call.refresh_from_db()
    assert (call.talk_seconds, call.wait_seconds, call.duration_seconds) == (60, 10, 90)


def test_the_gate_is_asked_again_before_the_customer_is_dialled() -> None:
    """Between the agent's phone and the customer's, the organisation was suspended."""
    acme = people.organization()
    call = agent_first_call(acme, free_agent(acme))
    leg = call.legs.get(role="agent")
    answering.leg_answered(leg.pk, "CA-agent")
    assert queueing.accept(leg.pk)
    Organization.objects.filter(pk=acme.pk).update(status="suspended")
    commands.execute(str(Command.objects.get(kind="calls.ring").pk))
    call.refresh_from_db()
    leg.refresh_from_db()
    assert (call.status, call.failure_reason, leg.released) == ("failed", "destination_forbidden", True)


def test_a_call_costs_the_same_however_many_agents_were_rung_for_it() -> None:
    acme = people.organization()
    call = waiting_call(acme)
    caller = people.program(acme)
    costs = []
    for _ in range(3):
        free_agent(acme)
        queueing.assign(acme.pk)
        told(rung_leg(), "no-answer")
        Agent.objects.update(state="offline")
        caller.get(f"/api/v1/calls/{call.pk}")
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(f"/api/v1/calls/{call.pk}").status_code == 200
        costs.append(len(queries))
    assert call.legs.count() == 4
    assert len(set(costs)) == 1, costs


def test_what_the_carrier_refuses_for_reasons_of_its_own_is_nobodys_miss() -> None:
    acme = people.organization()
    agent = free_agent(acme)
    waiting_call(acme)
    for _ in range(agent.missed_limit):
        Agent.objects.filter(pk=agent.pk).update(state="available")
        queueing.assign(acme.pk)
        progress.fail_leg(rung_leg().pk, "carrier_account", carrier_error=20003)
        agent.refresh_from_db()
        assert (agent.state, agent.state_reason, agent.missed) == ("wrap_up", "carrier_refused", 0)
        assert queueing.assign(acme.pk) == 0, "not at once again"
