"""Several things happen to a call at one instant: one of them is the outcome, and no leg stays up that nobody ends."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from calls import instructions
from calls.actions import answering, queueing, transfer, waiting
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry
from tests import people
from tests.at_once import at_once
from tests.calls.factories import free_agent, principal, talking_call, told, waiting_call
from tests.thorough import times
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier.models import Command
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = times(4, 12)


def until_different(outcomes: set[Any]) -> Iterator[int]:
    """ROUNDS at least, and as many more as it takes until not always the same one has won."""
    for number in range(60):
        if number >= ROUNDS and len(outcomes) > 1:
            return
        yield number


@pytest.fixture
def acme() -> Organization:
    made = people.organization()
    Queue.objects.update(wrap_up_seconds=0, offers_callback=True)
    return made


@pytest.fixture
def owner(acme: Organization) -> Principal:
    return principal(people.member(acme, "owner"))


def ringing_call(acme: Organization) -> tuple[Call, list[CallLeg]]:
    """A caller for whom agents are rung, who have picked up and may press 1."""
    call = waiting_call(acme)
    queueing.assign(acme.pk)
    for leg in call.legs.filter(role="agent"):
        answering.leg_answered(leg.pk, f"CA{new_id().hex}")
    return call, list(call.legs.filter(role="agent"))


def consultation(acme: Organization) -> tuple[Call, CallLeg, CallLeg]:
    """A warm transfer whose target has picked up: the call, the agent's leg, the target's."""
    Agent.objects.all().update(state="offline")
    call = talking_call(acme)
    assert call.partner
    target = CallLeg.objects.create(
        organization=acme, call=call, role="target", transfer="warm", from_number="+14155550100", to_number="+1415555"
    )
    answering.target_answered(target.pk, f"CA{new_id().hex}")
    target.refresh_from_db()
    call.refresh_from_db()
    assert call.phase == "consulting"
    return call, call.partner, target


def refused_or(work: Callable[[], object]) -> Callable[[], object]:
    """What comes too late may be refused."""

    def run() -> object:
        with suppress(Unprocessable):
            return work()
        return False

    return run


def check(call: Call) -> None:
    """Nobody is joined with nobody; who is not to stay is told to go; no agent is held by nothing."""
    call.refresh_from_db()
    up = list(call.legs.active())
    for leg in up:
        if leg.released:
            assert is_told_to_go(leg), f"nobody will ever end the leg of the {leg.role}"
        elif leg.role == "customer":
            assert not call.is_ending
        else:
            assert belongs(call, leg), f"the leg of the {leg.role} stays up in a call that is {call.phase}"
    answered = call.entries.filter(state="answered").count()
    assert answered <= 1
    assert call.entries.open().count() == (call.phase == "waiting")
    if call.phase in ("joined", "held", "consulting") and not call.is_ending:
        assert call.partner in up
        assert not call.partner.released
        assert call.partner.accepted_at
    for agent in Agent.objects.exclude(state="offline"):
        mine = agent.legs.active().filter(released=False).first()
        expected = "available" if mine is None else "busy" if mine.accepted_at else "ringing"
        let_go = agent.legs.active().filter(released=True).exists()
        assert agent.state == expected or (mine is None and let_go), f"{agent.state}, and has {mine}"


def belongs(call: Call, leg: CallLeg) -> bool:
    if call.is_ending:
        return False
    if leg == call.partner or (leg.transfer and call.phase in ("consulting", "transferring")):
        return True
    return leg.entry is not None and leg.entry.state == "ringing" and not leg.accepted_at


def is_told_to_go(leg: CallLeg) -> bool:
    """A command does it, or the answer to the request in which it was decided did."""
    in_its_request = leg.role == "customer" and leg.farewell == "callback"
    return in_its_request or Command.objects.filter(target_id=leg.pk, kind__in=["calls.end", "calls.redirect"]).exists()


def clear(call: Call) -> None:
    """The customer leaves and the network ends whom we let go: all is as before."""
    told(call.customer_leg(), "completed")
    check(call)
    for leg in call.legs.active():
        assert leg.released
        told(leg, "completed" if leg.answered_at else "canceled")
    call.refresh_from_db()
    assert call.is_over
    assert not call.entries.open().exists()
    assert not Agent.objects.exclude(state__in=["available", "offline"]).exists()
    Agent.objects.update(missed=0)


def test_accept_time_out_and_hang_up(acme: Organization) -> None:
    free_agent(acme)
    outcomes: set[Any] = set()
    for _ in until_different(outcomes):
        call, (leg,) = ringing_call(acme)
        entry = call.entries.get()
        accepted, _, _ = at_once(
            partial(queueing.accept, leg.pk),
            partial(waiting.time_out, entry.pk),
            partial(told, call.customer_leg(), "completed"),
        )
        check(call)
        entry.refresh_from_db()
        assert (entry.state == "answered") == accepted
        assert entry.state in ("answered", "overflow", "abandoned", "canceled")
        outcomes.add(entry.state)
        clear(call)
    assert len(outcomes) > 1, "the same one won every time: that was no race"


def test_accept_and_time_out(acme: Organization) -> None:
    free_agent(acme)
    for _ in range(ROUNDS):
        call, (leg,) = ringing_call(acme)
        entry = call.entries.get()
        accepted, _ = at_once(partial(queueing.accept, leg.pk), partial(waiting.time_out, entry.pk))
        check(call)
        assert call.phase == ("joined" if accepted else "leaving")
        clear(call)


def test_accept_and_the_agents_phone_that_gives_up(acme: Organization) -> None:
    """The network ends the leg in the very moment in which the key is pressed."""
    free_agent(acme)
    for _ in range(ROUNDS):
        call, (leg,) = ringing_call(acme)
        at_once(partial(queueing.accept, leg.pk), partial(told, leg, "completed"))
        check(call)
        assert call.phase == "waiting", "they talk with nobody"
        assert call.entries.open().exists()
        clear(call)


def test_several_agents_press_1(acme: Organization) -> None:
    Queue.objects.update(strategy="ring_all")
    for _ in range(4):
        free_agent(acme)
    winners = set()
    for _ in range(ROUNDS):
        call, rung = ringing_call(acme)
        assert len(rung) == 4
        accepted = at_once(*[partial(queueing.accept, leg.pk) for leg in rung])
        assert accepted.count(True) == 1
        check(call)
        assert call.phase == "joined"
        assert call.partner == rung[accepted.index(True)]
        winners.add(call.partner.agent_id)
        clear(call)
    assert len(winners) > 1


def test_a_key_for_a_callback_and_accept(acme: Organization) -> None:
    free_agent(acme)
    for _ in range(ROUNDS):
        call, (leg,) = ringing_call(acme)
        entry = call.entries.get()
        accepted, _ = at_once(
            partial(queueing.accept, leg.pk), partial(waiting.ask_for_callback, call.customer_leg().pk, entry.pk)
        )
        check(call)
        back = Call.objects.filter(original=call).first()
        assert (back is None) == accepted, "either they talk, or they are called back"
        if back is None:
            assert call.phase == "joined"
        else:
            (kept,) = back.entries.all()
            assert (kept.state, kept.entered_at) == ("waiting", entry.entered_at)
            QueueEntry.objects.filter(pk=kept.pk).update(state="canceled")
        clear(call)


def test_what_may_end_a_consultation(acme: Organization, owner: Principal) -> None:
    outcomes: set[Any] = set()
    for _ in until_different(outcomes):
        call, agent, target = consultation(acme)
        at_once(
            refused_or(partial(transfer.complete, principal=owner, call=call)),
            refused_or(partial(transfer.cancel, principal=owner, call=call)),
            partial(told, target, "completed"),
            partial(told, call.customer_leg(), "completed"),
        )
        check(call)
        assert call.is_over
        for leg in (agent, target):
            leg.refresh_from_db()
            assert leg.is_over or leg.released, "they would talk with nobody"
        outcomes.add((call.hung_up_by, agent.farewell, target.farewell))
        clear(call)
    assert len(outcomes) > 1, "the same one won every time: that was no race"


@pytest.mark.parametrize("decided", ["complete", "cancel"])
def test_complete_or_cancel_and_a_target_who_hangs_up(acme: Organization, owner: Principal, decided: str) -> None:
    decide = getattr(transfer, decided)
    for _ in range(ROUNDS):
        call, agent, target = consultation(acme)
        done, _ = at_once(refused_or(partial(decide, principal=owner, call=call)), partial(told, target, "completed"))
        check(call)
        if decided == "complete" and done:
            assert call.hung_up_by == "target", "they were the customer's, and left"
        else:
            assert (call.phase, call.partner) == ("joined", agent), "back with the agent"
        clear(call)


def test_complete_and_cancel(acme: Organization, owner: Principal) -> None:
    for _ in range(ROUNDS):
        call, agent, target = consultation(acme)
        completed, canceled = at_once(
            refused_or(partial(transfer.complete, principal=owner, call=call)),
            refused_or(partial(transfer.cancel, principal=owner, call=call)),
        )
        assert bool(completed) != bool(canceled), "one of the two comes too late, and is told so"
        check(call)
        assert (call.phase, call.partner) == ("joined", target if completed else agent)
        clear(call)


def test_complete_and_an_agent_who_hangs_up(acme: Organization, owner: Principal) -> None:
    for _ in range(ROUNDS):
        call, agent, target = consultation(acme)
        at_once(refused_or(partial(transfer.complete, principal=owner, call=call)), partial(told, agent, "completed"))
        check(call)
        assert (call.phase, call.partner) == ("joined", target), "both mean the same"
        clear(call)


def test_a_target_who_picks_up_and_cancel(acme: Organization, owner: Principal) -> None:
    for _ in range(ROUNDS):
        Agent.objects.all().update(state="offline")
        call = talking_call(acme)
        agent = call.partner
        target = CallLeg.objects.create(
            organization=acme, call=call, role="target", transfer="warm", sid=f"CA{new_id().hex}",
            from_number="+14155550100", to_number="+1415555",
        )  # fmt: skip
        Call.objects.filter(pk=call.pk).update(phase="consulting")
        at_once(
            refused_or(partial(transfer.cancel, principal=owner, call=call)),
            partial(answering.target_answered, target.pk, target.sid),
        )
        check(call)
        assert (call.phase, call.partner) == ("joined", agent)
        target.refresh_from_db()
        assert target.released
        clear(call)


def test_who_asks_at_the_moment_they_are_taken_is_not_sent_away(acme: Organization) -> None:
    free_agent(acme)
    call, (ringing,) = ringing_call(acme)
    asking = CallLeg.objects.select_related("call__queue__music").get(call=call, role="customer")
    assert asking.call.phase == "waiting"
    assert queueing.accept(ringing.pk)
    assert "<Hangup" not in instructions.for_leg(asking)
    asking = CallLeg.objects.select_related("call__queue__music").get(pk=asking.pk)
    assert "<Conference" in instructions.for_leg(asking)
