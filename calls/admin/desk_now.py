"""What an agent's desk shows this second: presence, who waits, the call at hand. Plain values, few queries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Min, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from calls import lifecycle
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry
from calls.views.call import in_the_call
from contacts.models import Contact
from zerovoice.lib import clock
from zerovoice.lib.phone import spelt

Phase, Role = Call.Phase, CallLeg.Role

#: What an agent may order at each stage. Hanging up ends the call for everybody, so not while others speak about it.
_ORDERS: dict[str, list[str]] = {
    "calling": ["hangup"],
    "dialing": ["hangup"],
    "talking": ["hold", "transfer", "hangup"],
    "held": ["resume", "transfer", "hangup"],
    "consulting": ["cancel"],
}
_RECORDED_AT = ("talking", "held", "consulting")
STATES = {
    "available": "Available",
    "ringing": "Ringing",
    "busy": "On a call",
    "wrap_up": "Wrapping up",
    "break": "On a break",
    "offline": "Offline",
}
_REASONS = {"no_answer": "calls rang out unanswered", "carrier_refused": "the carrier refused to ring your phone"}


def snapshot(agent: Agent) -> dict[str, Any]:
    """All of it. Load `agent__organization`."""
    now = clock.now()
    leg = _latest_leg(agent)
    at_hand = leg is not None and not leg.is_over and not leg.released
    return {
        "agent": _presence(agent, now),
        "queues": _queues(agent, now),
        "call": _call(leg, now) if leg and at_hand else None,
        "last": _last(agent, leg) if leg and not at_hand else None,
    }


def _latest_leg(agent: Agent) -> CallLeg | None:
    """That of the call at hand, else of the last call that they were in."""
    legs = CallLeg.objects.filter(Q(ended_at=None, released=False) | in_the_call(), agent=agent, role=Role.AGENT)
    outbound = When(call__direction=Call.Direction.OUTBOUND, then=F("call__to_number"))
    legs = legs.annotate(customer=Case(outbound, default=F("call__from_number")))
    contact = Contact.objects.of(agent.organization_id).filter(phone=OuterRef("customer"))
    legs = legs.annotate(contact_name=Subquery(contact.values("name")[:1]))
    return legs.select_related("call__queue", "call__own_number", "entry__queue").order_by("-created_at", "-id").first()


def _presence(agent: Agent, now: datetime) -> dict[str, Any]:
    kind = "browser" if agent.endpoint.startswith("client:") else "SIP phone"
    left = lifecycle.seconds(now, agent.wrap_up_until) if agent.state == Agent.State.WRAP_UP else 0
    return {
        "name": agent.name,
        "state": agent.state,
        "state_words": STATES[agent.state],
        "reason": _REASONS.get(agent.state_reason, agent.state_reason),
        "seconds": lifecycle.seconds(agent.state_since, now),
        "wanted": agent.wanted_state,
        "wanted_words": STATES.get(agent.wanted_state, ""),
        "wrap_up_left": left,
        "phone": spelt(agent.endpoint),
        "phone_kind": "phone" if agent.endpoint.startswith("+") else kind,
        "presses_1": agent.press_to_accept,
    }


def _queues(agent: Agent, now: datetime) -> list[dict[str, Any]]:
    """Theirs, with how many wait and how long the first of them has."""
    waiting = QueueEntry.objects.of(agent.organization_id).open().filter(queue=OuterRef("pk")).order_by()
    each = waiting.values("queue")
    queues = Queue.objects.filter(memberships__agent=agent).annotate(
        waiting=Coalesce(Subquery(each.annotate(number=Count("pk")).values("number")), 0),
        oldest=Subquery(each.annotate(first=Min("entered_at")).values("first")),
    )
    return [
        {
            "id": str(queue.pk),
            "name": queue.name,
            "waiting": queue.waiting,
            "longest": lifecycle.seconds(queue.oldest, now),
        }
        for queue in queues
    ]


def _call(leg: CallLeg, now: datetime) -> dict[str, Any]:
    call = leg.call
    others = call.legs.active().filter(released=False).exclude(transfer="").exclude(pk=leg.pk).select_related("agent")
    target = next((other for other in others if other.pk != call.partner_id), None)
    stage = _stage(call, leg)
    held_since = _held_since(call) if call.is_on_hold else None
    orders = list(_ORDERS.get(stage, []))
    if stage == "consulting" and target is not None and target.accepted_at:
        orders.insert(0, "complete")
    if call.may_be_recorded and stage in _RECORDED_AT:
        orders.append("resume_recording" if call.recording_paused else "pause_recording")
    return {
        **_whom(leg),
        "queue": (leg.entry.queue.name if leg.entry else call.queue.name if call.queue else ""),
        "stage": stage,
        "seconds": lifecycle.seconds(_began(call, leg, stage), now),
        "held_seconds": lifecycle.seconds(held_since, now),
        "orders": orders,
        "target": _target(target, now),
        "recording": _recording(call),
        "is_callback": call.original_id is not None,
        "mine": leg.accepted_at is not None or (leg.entry_id is None and not leg.transfer),
    }


def _whom(leg: Any) -> dict[str, Any]:
    """Who it is, of a leg that `_latest_leg` found."""
    call = leg.call
    number = call.customer_number
    ours = call.own_number
    return {
        "id": str(call.pk),
        "direction": call.direction,
        "number": number,
        "number_words": spelt(number),
        "name": leg.contact_name or "",
        "our_number": f"{spelt(call.our_number)} {ours.friendly_name if ours else ''}".strip(),
    }


def _stage(call: Call, leg: CallLeg) -> str:
    """Where the agent is in the call: what they hear, and may do."""
    if call.is_ending:
        return "ending"
    if not leg.accepted_at:
        if leg.entry_id or leg.transfer:
            return "press" if leg.answered_at else "ringing"
        return "calling"
    if call.phase == Phase.CONSULTING:
        return "consulting" if call.partner_id == leg.pk else "consulted"
    return {Phase.DIALING: "dialing", Phase.HELD: "held"}.get(Phase(call.phase), "talking")


def _began(call: Call, leg: CallLeg, stage: str) -> datetime | None:
    if stage in ("ringing", "press", "calling"):
        return leg.dialed_at or leg.created_at
    if stage == "dialing":
        return leg.accepted_at
    return max((at for at in (leg.accepted_at, call.answered_at) if at), default=None)


def _held_since(call: Call) -> datetime | None:
    kinds = [Phase.HELD, Phase.CONSULTING, Phase.TRANSFERRING]
    found = call.events.filter(kind__in=kinds).order_by("-created_at", "-id")
    since: datetime | None = found.values_list("created_at", flat=True).first()
    return since


def _target(leg: CallLeg | None, now: datetime) -> dict[str, Any] | None:
    """Whom the call is about to be handed to."""
    if leg is None:
        return None
    return {
        "who": leg.agent.name if leg.agent else spelt(leg.to_number),
        "there": leg.accepted_at is not None,
        "seconds": lifecycle.seconds(leg.accepted_at or leg.created_at, now),
    }


def _recording(call: Call) -> str:
    if not call.record:
        return "Not recorded"
    if call.asks_consent:
        return "Not recorded yet: they are being told of it or asked"
    if not call.may_be_recorded:
        return "Not recorded: they did not agree"
    if call.recording_paused:
        return "Recording paused: silence is recorded"
    return "Recording pauses on hold" if call.is_on_hold else "Recorded"


def _last(agent: Agent, leg: CallLeg) -> dict[str, Any]:
    """The call before, to be written up."""
    call = leg.call
    return {
        **_whom(leg),
        "queue": call.queue.name if call.queue else "",
        "over": call.is_over,
        "goes_on": "" if call.is_over else "The call goes on without you: its code can be set when it is over",
        "wrapping_up": agent.state == Agent.State.WRAP_UP and agent.wrapping_up_id == leg.pk,
        "disposition": call.disposition,
        "wrapped_up": call.wrapped_up,
        "ended_seconds": lifecycle.seconds(leg.ended_at, clock.now()),
    }
