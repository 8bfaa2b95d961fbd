"""A customer who is to be called back, and whom the carrier did not even ring, is not forgotten."""

from datetime import timedelta

import pytest

from calls.actions import progress, queueing, waiting
from calls.models import Agent, Call, CallLeg, Queue
from tests import people
from tests.calls.factories import free_agent, rung_leg, told, waiting_call
from zerovoice.accounts.models import Organization
from zerovoice.carrier.models import Command
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    made = people.organization()
    Queue.objects.update(offers_callback=True, wrap_up_seconds=0)
    return made


def callback_being_dialled(acme: Organization) -> Call:
    """An agent has taken a callback, whose customer is to be rung now."""
    first = waiting_call(acme)
    entry = first.entries.get()
    waiting.ask_for_callback(first.customer_leg().pk, entry.pk)
    free_agent(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(rung_leg().pk)
    back = Call.objects.get(original=first)
    assert back.phase == Call.Phase.DIALING
    return back


@pytest.mark.parametrize("reason", ["carrier_unavailable", "carrier_unknown"])
def test_they_keep_their_place_and_are_rung_by_the_next_agent(acme: Organization, reason: str) -> None:
    back = callback_being_dialled(acme)
    (before,) = back.entries.all()
    agent_leg = rung_leg()
    progress.fail_leg(back.customer_leg().pk, reason)
    back.refresh_from_db()
    assert (back.phase, back.partner, back.is_over) == ("callback", None, False)
    (kept,) = back.entries.all()
    assert (kept.state, kept.entered_at) == ("waiting", before.entered_at)
    agent_leg.refresh_from_db()
    assert agent_leg.released
    told(agent_leg, "completed")
    queueing.assign(acme.pk)
    assert queueing.accept(rung_leg().pk)
    back.refresh_from_db()
    assert back.phase == "dialing"
    rings = Command.objects.filter(kind="calls.ring", target_id=back.customer_leg().pk)
    assert rings.count() == 2


@pytest.mark.parametrize("reason", ["invalid_number", "dnc", "blocked"])
def test_who_cannot_or_may_not_be_called_is_not_tried_again(acme: Organization, reason: str) -> None:
    back = callback_being_dialled(acme)
    progress.fail_leg(back.customer_leg().pk, reason)
    back.refresh_from_db()
    assert (back.is_over, back.failure_reason) == (True, reason)


def test_nobody_is_rung_for_a_callback_that_was_hung_up(acme: Organization) -> None:
    back = callback_being_dialled(acme)
    Call.objects.filter(pk=back.pk).update(hung_up_by="api")
    progress.fail_leg(back.customer_leg().pk, "carrier_unavailable")
    back.refresh_from_db()
    assert back.is_over
    assert not back.entries.open().exists()


def test_after_a_day_it_has_expired(acme: Organization) -> None:
    back = callback_being_dialled(acme)
    progress.fail_leg(back.customer_leg().pk, "carrier_unavailable")
    told(CallLeg.objects.active().get(role="agent"), "completed")
    Agent.objects.update(state="offline")
    back.entries.update(entered_at=clock.now() - timedelta(hours=25))
    (expired,) = queueing.overdue(clock.now())
    waiting.time_out(expired)
    back.refresh_from_db()
    assert (back.is_over, back.failure_reason) == (True, "callback_expired")
