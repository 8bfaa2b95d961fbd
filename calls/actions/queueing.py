"""Waiting callers and free agents: entering a queue, being assigned, being accepted, giving up."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from calls import callbacks, routing, tasks
from calls.actions import legs, recordings
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry, QueueMembership
from compliance.models import Reason
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue
from zerovoice.lib.turns import take_turns

#: States in which an agent may be rung for the caller they spoke with before, whose transfer came to nothing: they
#: are on duty, or still write up that very conversation.
_FREE_FOR_OWN_CALLER = (Agent.State.AVAILABLE, Agent.State.WRAP_UP)
#: So long a place in line is kept for somebody who is to be called back.
_CALLBACK_KEPT = timedelta(hours=24)
_CHUNK = 100


def default_queue(organization_id: uuid.UUID) -> Queue:
    return Queue.objects.of(organization_id).get(is_default=True)


def enter(
    call: Call,
    queue: Queue,
    *,
    at_head: bool = False,
    priority: int = 0,
    skills: Iterable[str] = (),
    preferred_agent: Agent | None = None,
    at: datetime | None = None,
) -> QueueEntry:
    """Let the customer wait in `queue`. The caller holds the call's lock; the customer's leg is told by the caller.

    `at_head`: they have talked with somebody of ours before, and come before everybody. Else the queue may be full:
    then the entry is made, and is over, for the caller to look at (`leading.enter_queue`).
    """
    now = at or clock.now()
    full = not at_head and is_full(queue)
    entry = QueueEntry.objects.create(
        organization_id=call.organization_id,
        call=call,
        queue=queue,
        state=QueueEntry.State.OVERFLOWED if full else QueueEntry.State.WAITING,
        priority=QueueEntry.HEAD_PRIORITY if at_head else priority,
        skills=sorted(set(skills)),
        preferred_agent=preferred_agent,
        talked_before=at_head,
        entered_at=now,
        left_at=now if full else None,
    )
    call.queue, call.partner = queue, None
    if not full:
        call.phase = Call.Phase.WAITING
    call.save(update_fields=["phase", "queue", "partner"])
    call.note_event("queue.full" if full else "queue.entered", queue_id=str(queue.pk), head=at_head)
    if not full:
        enqueue(tasks.assign, str(call.organization_id))
    return entry


def is_full(queue: Queue) -> bool:
    """Whether nobody more may wait on the phone in it. Nobody else enters one of the organisation's limited queues
    until the transaction is over: one lock for all, since queues may overflow into each other."""
    if queue.max_size is None:
        return False
    take_turns(f"calls.size {queue.organization_id}")
    on_the_phone = QueueEntry.objects.of(queue.organization_id).open().exclude(call__phase=Call.Phase.CALLBACK)
    return on_the_phone.filter(queue=queue).count() >= queue.max_size


def assign(organization_id: uuid.UUID) -> int:
    """Ring free agents for waiting callers until one of the two runs out; how many callers got somebody to ring.

    Who is served next, and by whom, is `calls/routing.py`. Safe in any number of processes at once: each pairing is one
    short transaction, one at a time in an organisation, over rows that nobody else holds.
    """
    served = 0
    while _assign_one(organization_id):
        served += 1
    return served


@transaction.atomic
def _assign_one(organization_id: uuid.UUID) -> bool:
    # Of two that choose at once, the one that had to skip the first in line could be faster to claim the agent.
    take_turns(f"calls.assign {organization_id}")
    members = free_members(organization_id)
    own = Agent.objects.of(organization_id).filter(state__in=_FREE_FOR_OWN_CALLER)
    rows = list(own.values_list("pk", "state", "wrapping_up__call_id"))
    free = {pk for pk, _, _ in rows}
    wrapping_up = {pk: about for pk, state, about in rows if state == Agent.State.WRAP_UP}
    if not free:
        return False
    passed_over: set[uuid.UUID] = set()
    while match := routing.first_match(
        _callers(organization_id, members, free, wrapping_up, passed_over), members, free
    ):
        caller, agent_ids = match
        entry = (
            QueueEntry.objects.filter(pk=caller.id, state=QueueEntry.State.WAITING)
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("call", "queue")
            .first()
        )
        if entry is None:
            return False  # gone this moment; whoever holds it sees to what follows
        if not _may_be_rung_for(entry):
            passed_over.add(entry.pk)
            continue
        if agents := _claim(organization_id, agent_ids, caller.preferred):
            _ring(entry, agents)
            return True
        members = {queue: [c for c in some if c.id not in agent_ids] for queue, some in members.items()}
        free -= set(agent_ids)
    return False


def _may_be_rung_for(entry: QueueEntry) -> bool:
    """No agent is rung for a callback that may not be made now: quiet hours pass, other refusals end it."""
    if entry.call.phase != Call.Phase.CALLBACK:
        return True
    answer = callbacks.may_call_back(entry.call)
    if not answer.allowed and answer.reason != Reason.QUIET_HOURS:
        enqueue(tasks.give_up_callback, str(entry.pk))
    return answer.allowed


def free_members(organization_id: uuid.UUID) -> dict[uuid.UUID, list[routing.Candidate]]:
    """The available agents of each queue."""
    rows = QueueMembership.objects.filter(agent__organization_id=organization_id, agent__state=Agent.State.AVAILABLE)
    members: dict[uuid.UUID, list[routing.Candidate]] = {}
    for row in rows.select_related("agent__organization"):
        candidate = routing.Candidate(
            id=row.agent_id,
            idle_since=row.agent.idle_since,
            last_rung_at=row.last_rung_at,
            taken=row.taken_today(),
            skills=row.agent.skills,
        )
        members.setdefault(row.queue_id, []).append(candidate)
    return members


def _callers(
    organization_id: uuid.UUID,
    members: Iterable[uuid.UUID],
    free: Iterable[uuid.UUID],
    wrapping_up: Mapping[uuid.UUID, uuid.UUID | None],
    but: Iterable[uuid.UUID],
) -> Iterator[routing.Caller]:
    """Those who wait for somebody who may be free for them, in order. `wrapping_up`: agents who do, and which call: it
    is cut short for the caller of that call, come back, and for nobody else whom they are to have."""
    now = clock.now()
    waiting = (
        QueueEntry.objects.of(organization_id)
        .filter(Q(queue__in=list(members)) | Q(preferred_agent__in=list(free)), state=QueueEntry.State.WAITING)
        .exclude(pk__in=list(but))
    )
    for entry in waiting.in_order().select_related("queue").iterator(chunk_size=_CHUNK):
        preferred = entry.preferred_agent_id
        if preferred and wrapping_up.get(preferred, entry.call_id) != entry.call_id:
            preferred = None
        yield routing.Caller(
            id=entry.pk,
            queue=entry.queue_id,
            strategy=entry.queue.strategy,
            needed=routing.needed_skills(
                entry.queue.skills,
                entry.skills,
                waited_seconds=(now - entry.entered_at).total_seconds(),
                timeout_seconds=entry.queue.skills_timeout_seconds,
            ),
            preferred=preferred,
        )


def _claim(organization_id: uuid.UUID, agent_ids: list[uuid.UUID], preferred: uuid.UUID | None) -> list[Agent]:
    free = Q(state=Agent.State.AVAILABLE) | Q(state__in=_FREE_FOR_OWN_CALLER, pk=preferred)
    rows = Agent.objects.of(organization_id).filter(free, pk__in=agent_ids)
    return list(rows.order_by("id").select_for_update(skip_locked=True, no_key=True, of=("self",)))


def _ring(entry: QueueEntry, agents: list[Agent]) -> None:
    now = clock.now()
    entry.state = QueueEntry.State.RINGING
    entry.save(update_fields=["state"])
    QueueMembership.objects.filter(queue_id=entry.queue_id, agent__in=agents).update(last_rung_at=now)
    for agent in agents:
        leg = CallLeg.objects.create(
            organization_id=entry.organization_id,
            call=entry.call,
            role=CallLeg.Role.AGENT,
            agent=agent,
            entry=entry,
            from_number=entry.call.our_number,
            to_number=agent.endpoint,
        )
        agent.set_state(Agent.State.RINGING, now)
        entry.call.note_event("agent.rung", leg=leg, agent_id=str(agent.pk))
        legs.submit_ring(leg, timeout_seconds=entry.queue.ring_timeout_seconds)


@transaction.atomic
def accept(leg_id: uuid.UUID) -> bool:
    """The agent takes the call (pressed 1, or simply answered). False: somebody else has it, or it is over.

    Said twice, it is done once and answers the same.
    """
    leg = CallLeg.objects.select_related("agent").get(pk=leg_id)
    call = Call.objects.locked(leg.call_id)
    leg.refresh_from_db()
    if leg.accepted_at:
        return call.partner_id == leg.pk or bool(leg.transfer)
    if leg.is_over or leg.released or call.is_ending:
        return False
    now = clock.now()
    if leg.entry_id:
        waiting = QueueEntry.objects.open().filter(pk=leg.entry_id)
        if not waiting.update(state=QueueEntry.State.ANSWERED, left_at=now):
            return False
        _lost_to(leg)
    leg.accepted_at = now
    leg.save(update_fields=["accepted_at"])
    if leg.agent_id:
        agent = Agent.objects.select_for_update(no_key=True, of=("self",)).get(pk=leg.agent_id)
        agent.set_state(Agent.State.BUSY, now, missed=0)
        if call.queue_id:
            _count_taken(leg.agent_id, call.queue_id)
        if call.phase != Call.Phase.CONSULTING:
            call.agent = agent
    call.note_event("accepted", leg=leg, role=leg.role)
    customer = call.customer_leg()
    if call.phase in (Call.Phase.AGENT_FIRST, Call.Phase.CALLBACK):
        call.phase, call.partner = Call.Phase.DIALING, leg
        legs.submit_ring(customer, timeout_seconds=legs.CUSTOMER_RING_SECONDS)
    elif call.phase != Call.Phase.CONSULTING:
        call.phase, call.partner = Call.Phase.JOINED, leg
        legs.redirect(customer)
        recordings.follow(call, later=True)
    call.save(update_fields=["phase", "partner", "agent"])
    return True


def _lost_to(winner: CallLeg) -> None:
    """All others who are rung for the same caller are told that the call is taken."""
    others = winner.call.legs.active().filter(entry_id=winner.entry_id, released=False).exclude(pk=winner.pk)
    for other in others:
        legs.dismiss(other, CallLeg.Farewell.TAKEN)


def _count_taken(agent_id: uuid.UUID, queue_id: uuid.UUID) -> None:
    membership = QueueMembership.objects.filter(agent_id=agent_id, queue_id=queue_id)
    for row in membership.select_for_update(no_key=True, of=("self",)).select_related("agent__organization"):
        row.count_taken()


def stop_ringing(entry_id: uuid.UUID | None, agent_id: uuid.UUID | None) -> None:
    """The agent rung for this entry did not take it: the caller goes on waiting, for anyone.

    Unless others are still being rung for them. The caller holds the call's lock.
    """
    if entry_id is None:
        return
    QueueEntry.objects.filter(pk=entry_id, preferred_agent=agent_id).update(preferred_agent=None)
    if CallLeg.objects.active().filter(entry_id=entry_id, released=False).exists():
        return
    ringing = QueueEntry.objects.filter(pk=entry_id, state=QueueEntry.State.RINGING)
    ringing.update(state=QueueEntry.State.WAITING)


def close_entries(call: Call, state: str, at: datetime) -> None:
    """The call leaves its queue, and whoever is rung for it there is let go. The caller holds the call's lock."""
    for entry in call.entries.open().select_for_update(no_key=True):
        # Somebody who was gone before they could wait again abandoned nothing.
        gone_before = state == QueueEntry.State.ABANDONED and entry.entered_at >= at
        entry.state = QueueEntry.State.CANCELED if gone_before else state
        entry.left_at = max(at, entry.entered_at)
        entry.save(update_fields=["state", "left_at"])
        for leg in call.legs.active().filter(entry=entry, accepted_at=None, released=False):
            legs.dismiss(leg, CallLeg.Farewell.CUSTOMER_LEFT)


def overdue(at: datetime) -> list[uuid.UUID]:
    """Open entries that have waited for longer than their queue allows (at most 100 at a time).

    Whoever is called back does not wait on the phone: their place is kept for a day.
    """
    limit = F("queue__max_wait_seconds") * timedelta(seconds=1)
    on_the_phone = ~Q(call__phase=Call.Phase.CALLBACK)
    too_long = Q(on_the_phone, entered_at__lt=at - limit) | Q(~on_the_phone, entered_at__lt=at - _CALLBACK_KEPT)
    return list(QueueEntry.objects.open().filter(too_long).order_by("entered_at").values_list("pk", flat=True)[:100])
