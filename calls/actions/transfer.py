"""Transfers: to a number, an agent or a queue; cold (handed over at once) or warm (the agent speaks with them first).

Whatever comes of it, nobody is lost: who does not answer a cold transfer sends the customer back to the agents, who
does not answer a warm one back to the agent who waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from calls import routing, usage
from calls.actions import conversation, leading, legs, place, queueing, recordings
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry
from compliance import destinations
from zerovoice.accounts import audit
from zerovoice.api.errors import ApiError, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import clock, phone

Role, Phase, Transfer = CallLeg.Role, Call.Phase, CallLeg.Transfer


@dataclass(frozen=True)
class Target:
    """One of the three."""

    number: str = ""
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None


def transfer(*, principal: Principal, call: Call, target: Target, how: str) -> Call:
    """Hand the customer over, `how`: cold or warm.

    Raises Unprocessable (call not in conversation, target not there or not free, emergency number, carrier refuses),
    Blocked (compliance), Forbidden (destination) or Unavailable (carrier); the conversation then goes on as it was.
    """
    if target.number:
        _to_number(principal, call, target.number, how)
    elif target.queue_id and how == Transfer.COLD:
        _to_queue(principal, call, target.queue_id)
    else:
        _to_agent(principal, call, target, how)
    call.refresh_from_db()
    return call


def complete(*, principal: Principal, call: Call) -> Call:
    """The agent has spoken with the target: the customer is theirs. Raises Unprocessable."""
    with transaction.atomic():
        call = _consulting(call)
        target = conversation.transfer_leg(call, answered=True)
        if target is None:
            raise Unprocessable("The transfer target has not answered yet")
        _audit(principal, call, "call.transfer_completed")
        conversation.hand_over(call, target)
    return call


def cancel(*, principal: Principal, call: Call) -> Call:
    """The agent takes the customer back. Raises Unprocessable."""
    with transaction.atomic():
        call = _consulting(call)
        for answered in (True, False):
            if leg := conversation.transfer_leg(call, answered=answered):
                legs.release(leg)
        _audit(principal, call, "call.transfer_canceled")
        conversation.consultation_over(call, "canceled")
    return call


def hold(*, principal: Principal, call: Call) -> Call:
    """The customer hears music until they are resumed. Raises Unprocessable when they talk with nobody."""
    with transaction.atomic():
        call = Call.objects.locked(call.pk)
        if call.is_ending or call.phase != Phase.JOINED:
            raise Unprocessable(_not_talking(call))
        conversation.hold(call)
        _audit(principal, call, "call.held")
    return call


def resume(*, principal: Principal, call: Call) -> Call:
    """Back from hold. Raises Unprocessable when they are not on hold."""
    with transaction.atomic():
        call = Call.objects.locked(call.pk)
        if call.is_ending or call.phase != Phase.HELD:
            raise Unprocessable("The call is over" if call.is_ending else "The call is not on hold")
        conversation.resume(call)
        _audit(principal, call, "call.resumed")
    return call


def _consulting(call: Call) -> Call:
    """The call, locked, if the agent is about to hand it over."""
    call = Call.objects.locked(call.pk)
    if call.is_ending or call.phase != Phase.CONSULTING:
        raise Unprocessable("The call is over" if call.is_ending else "The call is not in a warm transfer")
    return call


def _to_number(principal: Principal, call: Call, number: str, how: str) -> None:
    if phone.is_emergency(number):
        raise Unprocessable("Emergency numbers cannot be called through the API", field="target_number")
    with place.permission(
        call.organization_id, number, sender=call.our_number, field="target_number", principal=principal
    ):
        destinations.refuse(call.organization_id, number, field="target_number")
        with transaction.atomic():
            locked = _transferable(call, how)
            leg = _leg(locked, Role.TARGET, number, how)
            legs.expect(leg)
            _begun(principal, locked, leg)
            usage.reserve(leg, field="target_number")
        try:
            place.ring_now(leg)
        except ApiError as error:
            error.field = "target_number" if error.field == "to_number" else error.field
            raise
    with transaction.atomic():
        conversation.begin_transfer(Call.objects.locked(call.pk), CallLeg.objects.get(pk=leg.pk))


def _to_agent(principal: Principal, call: Call, target: Target, how: str) -> None:
    """To an agent, or to the one of a queue whose turn it is."""
    place.refuse_without_carrier(call.organization_id)
    with transaction.atomic():
        locked = _transferable(call, how)
        agent = _free_agent(locked, target)
        leg = _leg(locked, Role.AGENT, agent.endpoint, how, agent)
        agent.set_state(Agent.State.RINGING, clock.now())
        _begun(principal, locked, leg)
        conversation.begin_transfer(locked, leg)
        queue = locked.queue
        legs.submit_ring(leg, timeout_seconds=queue.ring_timeout_seconds if queue else legs.TARGET_RING_SECONDS)


def _to_queue(principal: Principal, call: Call, queue_id: uuid.UUID) -> None:
    place.refuse_without_carrier(call.organization_id)
    with transaction.atomic():
        locked = _transferable(call, Transfer.COLD)
        queue = _queue(locked, queue_id)
        if queueing.is_full(queue):
            raise Unprocessable("The queue is full", field="target_queue_id")
        queueing.close_entries(locked, QueueEntry.State.CANCELED, clock.now())
        conversation.release_others(locked)
        _audit(principal, locked, "call.transferred")
        locked.note_event("transfer.started", queue_id=str(queue.pk))
        leading.enter_queue(locked, queue, asks=False)
        recordings.follow(locked)


def _transferable(call: Call, how: str) -> Call:
    """The call, locked, if it can be transferred now."""
    call = Call.objects.locked(call.pk)
    phases = (Phase.JOINED, Phase.HELD) if how == Transfer.WARM else (Phase.JOINED, Phase.HELD, Phase.WAITING)
    if conversation.transfer_leg(call, answered=False) or call.phase in (Phase.CONSULTING, Phase.TRANSFERRING):
        raise Unprocessable("The call is being transferred already")
    if call.is_ending or call.phase not in phases:
        raise Unprocessable(_not_talking(call))
    if how == Transfer.WARM and (call.partner is None or call.partner.role != Role.AGENT):
        raise Unprocessable("Only an agent who talks with the customer can speak with the target first")
    return call


def _not_talking(call: Call) -> str:
    return "The call is over" if call.is_ending else "The call is not in conversation"


def _free_agent(call: Call, target: Target) -> Agent:
    """Whom to ring, locked; the state is theirs to leave to us. Raises Unprocessable."""
    free = Agent.objects.of(call.organization_id).select_for_update(no_key=True, of=("self",))
    if target.agent_id:
        agent = free.filter(pk=target.agent_id).first()
        if agent is None:
            raise Unprocessable("No such agent", field="target_agent_id")
        if agent.state != Agent.State.AVAILABLE:
            raise Unprocessable("The agent is not available", field="target_agent_id")
        return agent
    assert target.queue_id
    queue = _queue(call, target.queue_id)
    for chosen in _by_turn(call, queue):
        if agent := free.filter(pk=chosen.id, state=Agent.State.AVAILABLE).first():
            return agent
    raise Unprocessable("No agent of the queue is available", field="target_queue_id")


def _by_turn(call: Call, queue: Queue) -> Iterable[routing.Candidate]:
    candidates = queueing.free_members(call.organization_id).get(queue.pk, [])
    strategy = routing.Strategy.LONGEST_IDLE if queue.strategy == routing.Strategy.RING_ALL else queue.strategy
    while chosen := routing.choose(strategy, frozenset(queue.skills), candidates):
        yield chosen[0]
        candidates = [candidate for candidate in candidates if candidate.id != chosen[0].id]


def _queue(call: Call, queue_id: uuid.UUID) -> Queue:
    queue = Queue.objects.of(call.organization_id).filter(pk=queue_id).first()
    if queue is None:
        raise Unprocessable("No such queue", field="target_queue_id")
    return queue


def _leg(call: Call, role: str, to: str, how: str, agent: Agent | None = None) -> CallLeg:
    return CallLeg.objects.create(
        organization_id=call.organization_id,
        call=call,
        role=role,
        transfer=how,
        agent=agent,
        from_number=call.our_number,
        to_number=to,
    )


def _begun(principal: Principal, call: Call, leg: CallLeg) -> None:
    _audit(principal, call, "call.transferred")
    call.note_event("transfer.started", leg=leg, how=leg.transfer)


def _audit(principal: Principal, call: Call, action: str) -> None:
    audit.record(organization_id=call.organization_id, actor=principal, action=action, target=call)
