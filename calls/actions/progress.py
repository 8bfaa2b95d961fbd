"""What the carrier tells about a call's legs, and what follows from it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from django.db import transaction

from calls import events, lifecycle, usage
from calls.actions import agents, conversation, leading, legs, queueing, recordings
from calls.actions.measuring import measure
from calls.models import Call, CallLeg, ConferenceEvent, QueueEntry
from zerovoice.carrier.parsing import CallNotice, ConferenceNotice
from zerovoice.lib import clock

log = structlog.get_logger(__name__)

Role, Phase = CallLeg.Role, Call.Phase
#: Why a leg failed of which the person it was for noticed nothing.
_NEVER_RANG = ("carrier_unavailable", "carrier_unknown")


@transaction.atomic(savepoint=False)
def apply_call_notice(leg_id: uuid.UUID, notice: CallNotice) -> None:
    """Take in one word of the carrier about one leg. Any number of times, in any order."""
    call_id = CallLeg.objects.filter(pk=leg_id).values_list("call_id", flat=True).first()
    if call_id is None:
        log.info("notice_for_unknown_leg", leg_id=str(leg_id))
        return
    call = Call.objects.locked(call_id)
    leg = CallLeg.objects.get(pk=leg_id)
    if not legs.bind(call, leg, notice.sid):
        log.warning("notice_of_a_strange_call", leg_id=str(leg_id), sid=notice.sid)
        return
    if leg.role == Role.SUPERVISOR and notice.answered_by in ("machine", "fax") and not leg.released:
        legs.release(leg)
    before, uncounted = leg.status, leg.billed_seconds is None
    ended_now = _update_leg(call, leg, notice)
    counted_now = uncounted and leg.billed_seconds is not None
    if leg.status != before:
        call.note_event(f"leg.{leg.status}", leg=leg, role=leg.role)
    if leg.role == Role.CUSTOMER and not call.is_over:
        _follow_customer(call, leg)
    if ended_now:
        leg_over(call, leg)
    elif call.is_over:
        measure(call)
    if counted_now and not ended_now and leg.is_over:
        usage.settle(call, leg)  # we had given it up, and it was there all the same


def _follow_customer(call: Call, leg: CallLeg) -> None:
    if (call.status, call.answered_at) != (leg.status, leg.answered_at):
        call.status, call.answered_at = leg.status, leg.answered_at
        call.save(update_fields=["status", "answered_at"])


def _update_leg(call: Call, leg: CallLeg, notice: CallNotice) -> bool:
    """Write what the notice adds to the leg; whether the leg is over by it."""
    was_over = leg.is_over
    leg.status = lifecycle.advance(leg.status, notice.status)
    leg.checked_at = clock.now()
    at = notice.at or clock.now()
    if notice.status == "initiated" and notice.at:
        leg.dialed_at = notice.at  # which the carrier knows better than we, who only asked for it
    told_answer = at if notice.status == "in_progress" else None
    if notice.status in lifecycle.TERMINAL and leg.status in lifecycle.TERMINAL and leg.ended_at is None:
        leg.ended_at = at
    if told_answer or notice.status == "completed":
        leg.answered_at = lifecycle.answered_at(
            leg.answered_at,
            told_answer,
            leg.ended_at,
            notice.duration_seconds if notice.status == "completed" else None,
        )
    came_in = leg.role == Role.CUSTOMER and call.direction == Call.Direction.INBOUND
    if came_in and notice.status == "completed" and notice.duration_seconds and leg.ended_at:
        # We noted when the carrier asked what to do; it answers the call only when it has our answer to that.
        leg.answered_at = leg.ended_at - timedelta(seconds=notice.duration_seconds)
    if notice.error_code:
        leg.carrier_error = notice.error_code
    if notice.status == "completed" and leg.billed_seconds is None:
        counted = notice.duration_seconds
        leg.billed_seconds = lifecycle.seconds(leg.answered_at, leg.ended_at) if counted is None else counted
    leg.save(
        update_fields=[
            *("status", "checked_at", "dialed_at", "answered_at", "ended_at", "carrier_error", "billed_seconds")
        ]
    )
    return leg.is_over and not was_over


def fail_leg(leg_id: uuid.UUID, reason: str, *, carrier_error: int | None = None) -> None:
    """The leg never came to be: refused, or the carrier shows no trace of it. Nothing happens to one that is known."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if leg.sid or leg.is_over:
            return
        kept = call.entries.filter(state=QueueEntry.State.ANSWERED).order_by("entered_at").last()
        if kept and leg.role == Role.CUSTOMER and reason in _NEVER_RANG and not call.is_ending:
            _keep_place(call, leg, kept)
            return
        leg.status = Call.Status.CANCELED if leg.released else Call.Status.FAILED
        leg.failure_reason, leg.carrier_error = reason, carrier_error
        leg.ended_at, leg.unbound_until = clock.now(), None
        leg.save(update_fields=["status", "failure_reason", "carrier_error", "ended_at", "unbound_until"])
        call.note_event("leg.failed", leg=leg, role=leg.role, reason=reason)
        leg_over(call, leg)


def _keep_place(call: Call, leg: CallLeg, kept: QueueEntry) -> None:
    """Somebody was to be called back, an agent had accepted, and yet nothing rang at theirs: they were promised a call,
    so they wait for another agent, and this one is let go."""
    leg.unbound_until = None
    leg.save(update_fields=["unbound_until"])
    usage.let_go(leg)
    for other in call.legs.active().filter(released=False).exclude(pk=leg.pk):
        legs.dismiss(other, CallLeg.Farewell.GOODBYE)
    kept.state, kept.left_at = QueueEntry.State.WAITING, None
    kept.save(update_fields=["state", "left_at"])
    call.phase, call.partner = Phase.CALLBACK, None
    call.save(update_fields=["phase", "partner"])
    call.note_event("callback.kept", leg=leg)


def lose_leg(leg_id: uuid.UUID, carrier_error: int) -> None:
    """The carrier knows nothing of a leg that it gave us an id for: it is over, we cannot say how."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if leg.is_over:
            return
        leg.status = Call.Status.COMPLETED if leg.answered_at else Call.Status.FAILED
        leg.failure_reason, leg.carrier_error, leg.ended_at = "carrier_lost", carrier_error, clock.now()
        leg.save(update_fields=["status", "failure_reason", "carrier_error", "ended_at"])
        call.note_event("leg.lost", leg=leg, role=leg.role)
        leg_over(call, leg)


def leg_over(call: Call, leg: CallLeg) -> None:
    """A leg has ended. The caller holds the call's lock."""
    was_over = call.is_over
    match leg.role:
        case Role.CUSTOMER:
            _customer_over(call, leg)
        case Role.AGENT:
            _agent_over(call, leg)
        case Role.TARGET:
            _target_over(call, leg)
    measure(call)
    if call.is_over and not was_over:
        events.ended(call)
    usage.settle(call, leg)


def _customer_over(call: Call, leg: CallLeg) -> None:
    if call.is_over:
        return
    assert leg.ended_at is not None
    was_on_hold = call.is_on_hold
    call.status, call.answered_at, call.ended_at = leg.status, leg.answered_at, leg.ended_at
    call.phase, call.partner, call.menu = Phase.OVER, None, None
    call.failure_reason = call.failure_reason or leg.failure_reason
    if not call.hung_up_by and leg.status == Call.Status.COMPLETED:
        call.hung_up_by = "customer"
    left = QueueEntry.State.CANCELED if leg.released else QueueEntry.State.ABANDONED
    queueing.close_entries(call, left, leg.ended_at)
    for other in call.legs.active().filter(released=False).exclude(pk=leg.pk):
        if was_on_hold and other.role != Role.SUPERVISOR:
            legs.dismiss(other, CallLeg.Farewell.CUSTOMER_LEFT)  # they may be talking with each other
        else:
            legs.release(other)
    call.save(
        update_fields=[
            "status",
            "answered_at",
            "ended_at",
            "phase",
            "partner",
            "menu",
            "failure_reason",
            "hung_up_by",
        ]
    )
    call.note_event("ended", status=call.status)


def _agent_over(call: Call, leg: CallLeg) -> None:
    assert leg.ended_at is not None
    queue = leg.entry.queue if leg.entry else call.queue  # the customer may be on their way to another one
    agents.leg_over(leg, at=leg.ended_at, wrap_up_seconds=queue.wrap_up_seconds if queue else 0)
    if call.is_ending:
        return
    if not leg.accepted_at and not leg.transfer:
        queueing.stop_ringing(leg.entry_id, leg.agent_id)
        if call.phase == Phase.AGENT_FIRST:
            fail_undialled(call, leg.failure_reason or "agent_unavailable")
    elif call.partner_id == leg.pk and not leg.released:
        _partner_gone(call)
    elif leg.transfer:
        _target_over(call, leg)


def _partner_gone(call: Call) -> None:
    """The agent whom the customer talks with has left without a word to us."""
    if call.phase == Phase.CONSULTING or conversation.transfer_leg(call, answered=False):
        conversation.agent_gone(call)
    elif call.phase == Phase.DIALING and call.original_id and call.queue_id:
        call.partner = None  # who is being called back will wait for another agent
        call.save(update_fields=["partner"])
    elif call.phase in (Phase.JOINED, Phase.HELD) and call.queue:
        leading.enter_queue(call, call.queue, at_head=True, asks=False)
        recordings.follow(call)
    else:
        _hang_up_customer(call, "agent")


def _target_over(call: Call, leg: CallLeg) -> None:
    if call.is_ending or leg.released:
        return
    if call.partner_id == leg.pk:
        _hang_up_customer(call, "target")
    elif call.phase == Phase.CONSULTING:
        conversation.consultation_over(call, leg.failure_reason or leg.status)
    elif call.phase == Phase.TRANSFERRING:
        conversation.back_to_agents(call)


def fail_undialled(call: Call, reason: str) -> None:
    """The customer was never dialled; the call ends without them."""
    customer = call.customer_leg()
    status = Call.Status.CANCELED if reason == "canceled" else Call.Status.FAILED
    customer.status, customer.failure_reason, customer.ended_at = status, reason, clock.now()
    customer.save(update_fields=["status", "failure_reason", "ended_at"])
    leg_over(call, customer)


def _hang_up_customer(call: Call, by: str) -> None:
    call.hung_up_by = by
    call.save(update_fields=["hung_up_by"])
    legs.release(call.customer_leg())


@transaction.atomic
def apply_conference_notice(call_id: uuid.UUID, notice: ConferenceNotice) -> None:
    """Somebody came into, or left, a conference of this call."""
    leg = CallLeg.objects.filter(call_id=call_id, sid=notice.call_sid).first()
    if leg is None or notice.event not in ("join", "leave"):
        return
    call = Call.objects.locked(call_id)
    at = notice.at or clock.now()
    _, new = ConferenceEvent.objects.get_or_create(
        leg=leg, conference_sid=notice.sid, joined=notice.event == "join", at=at, sequence=notice.sequence or 0
    )
    if not new:
        return
    call.note_event(f"conference.{notice.event}", leg=leg, role=leg.role)
    if call.is_over:
        measure(call)
        return
    if notice.event == "join" and call.partner_id == leg.pk:
        conversation.follow_whispers(call)
    if call.phase == Phase.JOINED and notice.event == "join" and _both_joined(call):
        recordings.follow(call)


def _both_joined(call: Call) -> bool:
    """Whether the customer and whom they are to be joined with are in the conference, as far as we were told."""
    return call.customer_leg().is_in_conference() and call.partner is not None and call.partner.is_in_conference()
