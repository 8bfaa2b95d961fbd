"""What counts as waiting, ringing and wrapping up, where it is not what first comes to mind."""

from datetime import timedelta

import pytest

from calls import lifecycle
from calls.actions import answering, queueing
from calls.models import Agent, Call, CallLeg, ConferenceEvent, Queue, QueueEntry
from tests import people
from tests.calls.factories import agent_first_call, free_agent, main_queue, rung_leg, told, waiting_call
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db


def ended(call: Call, status: str = "completed") -> Call:
    told(call.customer_leg(), status)
    call.refresh_from_db()
    return call


def stayed(call: Call) -> int:
    """Seconds from when they came into line until they left."""
    came = max(call.entries.get().entered_at, call.answered_at)
    return lifecycle.seconds(came, call.ended_at)


def test_time_in_a_menu_is_no_wait() -> None:
    call = waiting_call(people.organization())
    CallLeg.objects.update(answered_at=clock.now() - timedelta(seconds=100))
    QueueEntry.objects.update(entered_at=clock.now() - timedelta(seconds=30))
    assert 30 <= ended(call).wait_seconds == stayed(call)


def test_nobody_waits_in_line_longer_than_they_were_there() -> None:
    """The agent took the call before we heard that the customer was gone."""
    acme = people.organization()
    call, _ = waiting_call(acme), free_agent(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(rung_leg().pk)
    QueueEntry.objects.update(left_at=clock.now() + timedelta(seconds=40))
    assert ended(call).wait_seconds == stayed(call) < 40


def test_who_left_before_they_were_joined_has_abandoned_the_call() -> None:
    acme = people.organization()
    call, _ = waiting_call(acme), free_agent(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(rung_leg().pk)
    assert (ended(call).disposition, call.talk_seconds) == ("abandoned", 0)


def test_who_was_joined_has_talked_though_the_carrier_told_us_of_no_conference() -> None:
    acme = people.organization()
    call, _ = waiting_call(acme), free_agent(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(rung_leg().pk)
    call.refresh_from_db()
    answering.led_in(call.customer_leg())
    assert ended(call).disposition == "answered"


def test_who_hung_up_on_the_way_to_the_agent_who_waited_there_has_abandoned_the_call() -> None:
    acme = people.organization()
    call, _ = waiting_call(acme), free_agent(acme)
    queueing.assign(acme.pk)
    agent = rung_leg()
    assert queueing.accept(agent.pk)
    ConferenceEvent.objects.create(leg=agent, conference_sid="CF1", joined=True, at=clock.now())
    call.refresh_from_db()
    answering.led_in(call.customer_leg())
    assert ended(call).disposition == "abandoned"


@pytest.mark.parametrize("status", ["busy", "no-answer"])
def test_a_place_that_was_kept_is_neither_wait_nor_ring(status: str) -> None:
    acme = people.organization()
    call = agent_first_call(acme, free_agent(acme), phase=Call.Phase.CALLBACK)
    hour_ago = clock.now() - timedelta(hours=1)
    Call.objects.update(created_at=hour_ago)
    queueing.enter(call, main_queue(acme), at=hour_ago)
    CallLeg.objects.filter(role="customer").update(dialed_at=clock.now() - timedelta(seconds=20))
    QueueEntry.objects.update(left_at=clock.now(), state="answered")
    assert (ended(call, status).wait_seconds, call.ring_seconds) == (0, 20)


def test_an_agent_wraps_up_for_the_queue_that_rang_them() -> None:
    """The customer is on their way to another queue by then."""
    acme = people.organization()
    Queue.objects.update(wrap_up_seconds=30)
    call, agent = waiting_call(acme), free_agent(acme)
    queueing.assign(acme.pk)
    leg = rung_leg()
    assert queueing.accept(leg.pk)
    elsewhere = Queue.objects.create(organization=acme, name="Elsewhere", wrap_up_seconds=0)
    Call.objects.filter(pk=call.pk).update(queue=elsewhere, phase="waiting", partner=None)
    told(leg, "completed")
    agent.refresh_from_db()
    assert agent.state == Agent.State.WRAP_UP
    assert agent.wrap_up_until - agent.state_since == timedelta(seconds=30)
