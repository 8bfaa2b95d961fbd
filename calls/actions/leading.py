"""Where a caller goes: along a route, to a queue, an agent, a menu, a voicemail box, another number, or away.

Each function expects the caller to hold the call's lock, and writes what the customer's leg is to do next. The carrier
must then ask for it: `asks` says that it does so at this moment, else the leg is redirected.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calls.actions import legs, queueing
from calls.models import Agent, Call, CallLeg, IvrMenu, Queue, QueueEntry, Voicemail
from numbers.models import PhoneNumber
from zerovoice.lib import clock

#: So often a caller is led on at once (a full queue whose overflow is a full queue …) before we give up.
_LONGEST_CHAIN = 5


def lead(call: Call, route: Mapping[str, Any], *, asks: bool, at: datetime | None = None, chain: int = 0) -> None:
    """Along a route as numbers, menus, hours and queues have it; an empty one leads to the default queue."""
    kind, target = str(route.get("type") or ""), str(route.get("target_id") or "")
    of = call.organization_id
    if chain >= _LONGEST_CHAIN:
        turn_away(call, by="queue", asks=asks)
    elif kind == "hangup":
        turn_away(call, by="menu", farewell=CallLeg.Farewell.GOODBYE, asks=asks)
    elif kind == "voicemail":
        to_voicemail(call, *_box(of, target), asks=asks)
    elif kind == "forward" and target:
        _forward(call, target, asks=asks)
    elif kind == "ivr" and (menu := IvrMenu.objects.of(of).filter(pk=target).first()):
        to_menu(call, menu, asks=asks)
    elif kind == "agent" and (agent := Agent.objects.of(of).filter(pk=target).first()):
        enter_queue(call, queueing.default_queue(of), preferred_agent=agent, asks=asks, at=at, chain=chain)
    else:
        queue = Queue.objects.of(of).filter(pk=target).first() if kind == "queue" else None
        enter_queue(
            call,
            queue or queueing.default_queue(of),
            priority=int(route.get("priority") or 0),
            skills=route.get("skills") or (),
            asks=asks,
            at=at,
            chain=chain,
        )


def enter_queue(call: Call, queue: Queue, *, asks: bool, chain: int = 0, **how: Any) -> None:
    """Let them wait there, or go where a full queue leads. `how`: see `queueing.enter`."""
    entry = queueing.enter(call, queue, **how)
    if entry.state == QueueEntry.State.OVERFLOWED:
        overflow(call, queue, asks=asks, chain=chain + 1)
    elif not asks:
        legs.redirect(call.customer_leg())


def overflow(call: Call, queue: Queue, *, asks: bool, chain: int = 0) -> None:
    """The queue is full, or they waited for too long."""
    if queue.overflow_route:
        lead(call, queue.overflow_route, asks=asks, chain=chain)
    else:
        turn_away(call, by="queue", asks=asks)


def to_menu(call: Call, menu: IvrMenu, *, asks: bool) -> None:
    """Ask them what the menu asks, from the beginning."""
    call.phase, call.menu = Call.Phase.MENU, menu
    call.menu_state = {"step": int(call.menu_state.get("step", 0)) + 1}
    call.save(update_fields=["phase", "menu", "menu_state"])
    call.note_event("menu.entered", menu_id=str(menu.pk))
    if not asks:
        legs.redirect(call.customer_leg())


def to_voicemail(call: Call, queue: Queue | None, agent: Agent | None, *, asks: bool) -> None:
    """Let them leave a message in the box of a queue or of an agent; of neither: the default queue's, if there."""
    if queue is None and agent is None:
        queue = Queue.objects.of(call.organization_id).filter(is_default=True).first()
    queueing.close_entries(call, QueueEntry.State.VOICEMAIL, clock.now())
    Voicemail.objects.update_or_create(
        call=call,
        defaults={
            "organization_id": call.organization_id,
            "queue": queue,
            "agent": agent,
            "from_number": call.customer_number,
        },
    )
    call.phase, call.partner = Call.Phase.VOICEMAIL, None
    call.save(update_fields=["phase", "partner"])
    call.note_event("voicemail.offered", queue_id=str(queue.pk) if queue else None, agent_id=agent and str(agent.pk))
    if not asks:
        legs.redirect(call.customer_leg())


def _box(organization_id: uuid.UUID, target: str) -> tuple[Queue | None, Agent | None]:
    """Whose box it is: a queue's, an agent's, or else the default queue's."""
    if not target:
        return queueing.default_queue(organization_id), None
    if agent := Agent.objects.of(organization_id).filter(pk=target).first():
        return None, agent
    queue = Queue.objects.of(organization_id).filter(pk=target).first()
    return queue or queueing.default_queue(organization_id), None


def _forward(call: Call, number: str, *, asks: bool) -> None:
    """Ring another number; until it answers they hear music. Compliance and destination are asked when it is rung.

    Who is forwarded to us already, by a number of this instance, is not forwarded once more: it could go round and
    round.
    """
    if PhoneNumber.objects.live().filter(number=call.from_number, routing__type="forward").exists():
        enter_queue(call, queueing.default_queue(call.organization_id), asks=asks)
        return
    target = CallLeg.objects.create(
        organization_id=call.organization_id,
        call=call,
        role=CallLeg.Role.TARGET,
        transfer=CallLeg.Transfer.COLD,
        from_number=call.our_number,
        to_number=number,
    )
    call.phase, call.partner = Call.Phase.TRANSFERRING, None
    call.save(update_fields=["phase", "partner"])
    call.note_event("forwarded", leg=target)
    legs.submit_ring(target, timeout_seconds=legs.TARGET_RING_SECONDS)
    if not asks:
        legs.redirect(call.customer_leg())


def turn_away(call: Call, *, by: str, asks: bool, farewell: str = CallLeg.Farewell.NOT_NOW) -> None:
    """Say why, and hang up. `by`: who decided it (`Call.hung_up_by`)."""
    call.phase, call.partner, call.hung_up_by = Call.Phase.LEAVING, None, by
    call.save(update_fields=["phase", "partner", "hung_up_by"])
    call.note_event("turned_away", by=by)
    queueing.close_entries(call, QueueEntry.State.OVERFLOWED, clock.now())
    legs.dismiss(call.customer_leg(), farewell, asks=asks)
