"""Waiting callers and free agents: entering a queue, being assigned, being accepted, giving up."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from calls import tasks
from calls.actions import legs, recordings
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

#: States in which an agent is rung for the caller they spoke with before, whose transfer came to nothing.
_FREE_FOR_OWN_CALLER = (Agent.State.AVAILABLE, Agent.State.WRAP_UP)


def default_queue(organization_id: uuid.UUID) -> Queue:
    return Queue.objects.of(organization_id).get(is_default=True)


def enter(
    call: Call, queue: Queue, *, at_head: bool = False, preferred_agent: Agent | None = None, at: datetime | None = None
) -> QueueEntry:
    """Let the customer wait in `queue`. The caller holds the call's lock; the customer's leg is told by the caller."""
    entry = QueueEntry.objects.create(
        organization_id=call.organization_id,
        call=call,
        queue=queue,
        priority=QueueEntry.HEAD_PRIORITY if at_head else 0,
        preferred_agent=preferred_agent,
        talked_before=at_head,
        entered_at=at or clock.now(),
    )
    call.phase, call.queue, call.partner = Call.Phase.WAITING, queue, None
    call.save(update_fields=["phase", "queue", "partner"])
    call.note_event("queue.entered", queue_id=str(queue.pk), head=at_head)
    enqueue(tasks.assign, str(call.organization_id))
    return entry


def assign(organization_id: uuid.UUID) -> int:
    """Ring free agents for waiting callers until one of the two runs out; how many were rung.

    Callers by priority and wait, agents by idle time. Safe in any number of processes at once: each pairing is one
    short transaction, one at a time in an organisation, over rows that nobody else holds.
    """
    rung = 0
    while _assign_one(organization_id):
        rung += 1
    return rung


@transaction.atomic
def _assign_one(organization_id: uuid.UUID) -> bool:
    _take_turns(organization_id)
    available = Agent.objects.filter(state=Agent.State.AVAILABLE, memberships__queue=OuterRef("queue"))
    preferred = Agent.objects.filter(pk=OuterRef("preferred_agent"), state__in=_FREE_FOR_OWN_CALLER)
    entry = (
        QueueEntry.objects.of(organization_id)
        .filter(Exists(available) | Exists(preferred), state=QueueEntry.State.WAITING)
        .in_order()
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("call", "queue")
        .first()
    )
    agent = _claim_agent(entry) if entry else None
    if entry is None or agent is None:
        return False
    leg = CallLeg.objects.create(
        organization_id=organization_id,
        call=entry.call,
        role=CallLeg.Role.AGENT,
        agent=agent,
        entry=entry,
        from_number=entry.call.our_number,
        to_number=agent.endpoint,
    )
    entry.state = QueueEntry.State.RINGING
    entry.save(update_fields=["state"])
    agent.set_state(Agent.State.RINGING, clock.now())
    entry.call.note_event("agent.rung", leg=leg, agent_id=str(agent.pk))
    legs.submit_ring(leg, timeout_seconds=entry.queue.ring_timeout_seconds)
    return True


def _take_turns(organization_id: uuid.UUID) -> None:
    """Wait until no other process chooses for this organisation.

    Of two that choose at once, the one that had to skip the first in line could be faster to claim the agent.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"calls.assign {organization_id}"])


def _claim_agent(entry: QueueEntry) -> Agent | None:
    mine = Q(pk=entry.preferred_agent_id, state__in=_FREE_FOR_OWN_CALLER)
    theirs = Q(state=Agent.State.AVAILABLE, pk__in=entry.queue.memberships.values("agent"))
    free = Agent.objects.of(entry.organization_id).select_for_update(skip_locked=True, no_key=True)
    if entry.preferred_agent_id and (agent := free.filter(mine).first()):
        return agent
    return free.filter(theirs).order_by("idle_since", "id").first()


@transaction.atomic
def accept(leg_id: uuid.UUID) -> bool:
    """The agent takes the call (pressed 1, or simply answered). False: somebody else has it, or it is over.

    Said twice, it is done once and answers the same.
    """
    leg = CallLeg.objects.select_related("agent").get(pk=leg_id)
    call = Call.objects.locked(leg.call_id)
    leg.refresh_from_db()
    if leg.accepted_at:
        return call.partner_id == leg.pk
    if leg.is_over or leg.released or call.is_over:
        return False
    now = clock.now()
    if leg.entry_id:
        waiting = QueueEntry.objects.open().filter(pk=leg.entry_id)
        if not waiting.update(state=QueueEntry.State.ANSWERED, left_at=now):
            return False
    leg.accepted_at = now
    leg.save(update_fields=["accepted_at"])
    if leg.agent_id:
        agent = Agent.objects.select_for_update(no_key=True).get(pk=leg.agent_id)
        agent.set_state(Agent.State.BUSY, now, missed=0)
        call.agent = agent
    call.note_event("accepted", leg=leg, role=leg.role)
    customer = call.customer_leg()
    if call.phase == Call.Phase.AGENT_FIRST:
        call.phase, call.partner = Call.Phase.DIALING, leg
        legs.submit_ring(customer, timeout_seconds=legs.CUSTOMER_RING_SECONDS)
    else:
        call.phase, call.partner = Call.Phase.JOINED, leg
        legs.redirect(customer)
        recordings.follow(call, later=True)
    call.save(update_fields=["phase", "partner", "agent"])
    return True


def stop_ringing(entry_id: uuid.UUID | None, agent_id: uuid.UUID | None) -> None:
    """The agent rung for this entry did not take it: the caller goes on waiting, for anyone."""
    if entry_id is None:
        return
    entries = QueueEntry.objects.filter(pk=entry_id, state=QueueEntry.State.RINGING)
    if entries.update(state=QueueEntry.State.WAITING):
        QueueEntry.objects.filter(pk=entry_id, preferred_agent=agent_id).update(preferred_agent=None)


def close_entries(call: Call, state: str, at: datetime) -> None:
    """The call leaves its queue. The caller holds the call's lock; legs rung for it are looked for after this."""
    for entry in call.entries.open().select_for_update(no_key=True):
        # Somebody who was gone before they could wait again abandoned nothing.
        gone_before = state == QueueEntry.State.ABANDONED and entry.entered_at >= at
        entry.state = QueueEntry.State.CANCELED if gone_before else state
        entry.left_at = max(at, entry.entered_at)
        entry.save(update_fields=["state", "left_at"])


def time_out(entry_id: uuid.UUID) -> None:
    """The caller waited for as long as the queue allows: the waiting loop, asked again, says so and hangs up."""
    with transaction.atomic():
        entry = QueueEntry.objects.get(pk=entry_id)
        call = Call.objects.locked(entry.call_id)
        open_entry = QueueEntry.objects.open().filter(pk=entry_id)
        if not open_entry.update(state=QueueEntry.State.OVERFLOWED, left_at=clock.now()):
            return
        call.hung_up_by = "queue"
        call.save(update_fields=["hung_up_by"])
        call.note_event("queue.timed_out", queue_id=str(entry.queue_id))
        for leg in call.legs.active().filter(role=CallLeg.Role.AGENT):
            legs.release(leg)
        legs.redirect(call.customer_leg())


def overdue(at: datetime) -> list[uuid.UUID]:
    """Open entries that have waited for longer than their queue allows (at most 100 at a time)."""
    limit = F("queue__max_wait_seconds") * timedelta(seconds=1)
    return list(QueueEntry.objects.open().filter(entered_at__lt=at - limit).values_list("pk", flat=True)[:100])
