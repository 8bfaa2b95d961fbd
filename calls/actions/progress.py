"""What the carrier tells about a call's legs, and what follows from it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from django.db import transaction

from calls import lifecycle
from calls.actions import agents, legs, queueing, recordings
from calls.models import Call, CallLeg, ConferenceEvent, QueueEntry, Voicemail
from zerovoice.carrier.parsing import CallNotice, ConferenceNotice
from zerovoice.lib import clock

log = structlog.get_logger(__name__)

Role, Phase = CallLeg.Role, Call.Phase


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
    before = leg.status
    ended_now = _update_leg(call, leg, notice)
    if leg.status != before:
        call.note_event(f"leg.{leg.status}", leg=leg, role=leg.role)
    if leg.role == Role.CUSTOMER and not call.is_over:
        _follow_customer(call, leg)
    if ended_now:
        leg_over(call, leg)
    elif call.is_over:
        measure(call)


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
    leg.save(update_fields=["status", "checked_at", "ended_at", "answered_at", "carrier_error"])
    return leg.is_over and not was_over


def fail_leg(leg_id: uuid.UUID, reason: str, *, carrier_error: int | None = None) -> None:
    """The leg never came to be: refused, or the carrier shows no trace of it. Nothing happens to one that is known."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if leg.sid or leg.is_over:
            return
        leg.status = Call.Status.CANCELED if leg.released else Call.Status.FAILED
        leg.failure_reason, leg.carrier_error = reason, carrier_error
        leg.ended_at, leg.unbound_until = clock.now(), None
        leg.save(update_fields=["status", "failure_reason", "carrier_error", "ended_at", "unbound_until"])
        call.note_event("leg.failed", leg=leg, role=leg.role, reason=reason)
        leg_over(call, leg)


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
    {Role.CUSTOMER: _customer_over, Role.AGENT: _agent_over, Role.TARGET: _target_over}[Role(leg.role)](call, leg)
    measure(call)


def _customer_over(call: Call, leg: CallLeg) -> None:
    if call.is_over:
        return
    assert leg.ended_at is not None
    call.status, call.answered_at, call.ended_at = leg.status, leg.answered_at, leg.ended_at
    call.phase, call.partner = Phase.OVER, None
    call.failure_reason = call.failure_reason or leg.failure_reason
    if not call.hung_up_by and leg.status == Call.Status.COMPLETED:
        call.hung_up_by = "customer"
    left = QueueEntry.State.CANCELED if leg.released else QueueEntry.State.ABANDONED
    queueing.close_entries(call, left, leg.ended_at)
    for other in call.legs.active().exclude(pk=leg.pk):
        legs.release(other)
    call.save(update_fields=["status", "answered_at", "ended_at", "phase", "partner", "failure_reason", "hung_up_by"])
    call.note_event("ended", status=call.status)


def _agent_over(call: Call, leg: CallLeg) -> None:
    assert leg.ended_at is not None
    agents.leg_over(leg, at=leg.ended_at, wrap_up_seconds=call.queue.wrap_up_seconds if call.queue else 0)
    if call.is_ending:
        return
    if not leg.accepted_at:
        queueing.stop_ringing(leg.entry_id, leg.agent_id)
        if call.phase == Phase.AGENT_FIRST:
            fail_undialled(call, leg.failure_reason or "agent_unavailable")
    elif call.partner_id == leg.pk and not leg.released:
        if call.phase == Phase.JOINED and call.queue:
            queueing.enter(call, call.queue, at_head=True)
            recordings.follow(call)
            legs.redirect(call.customer_leg())
        else:
            _hang_up_customer(call, "agent")


def _target_over(call: Call, leg: CallLeg) -> None:
    if call.is_ending or leg.released:
        return
    if call.partner_id == leg.pk:
        _hang_up_customer(call, "target")
    elif call.phase == Phase.TRANSFERRING:
        back_to_agents(call)


def back_to_agents(call: Call) -> None:
    """A transfer came to nothing: to the same agent if free, else to the head of the queue."""
    queue = call.queue or queueing.default_queue(call.organization_id)
    call.note_event("transfer.failed")
    queueing.enter(call, queue, at_head=True, preferred_agent=call.agent)
    legs.redirect(call.customer_leg())


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
    elif call.phase == Phase.JOINED and notice.event == "join" and _both_joined(call, notice.sid):
        recordings.follow(call)


def _both_joined(call: Call, conference_sid: str) -> bool:
    """Whether the customer and whom they are to be joined with are in the conference, as far as we were told."""
    customer = call.customer_leg()
    moves: dict[uuid.UUID, list[lifecycle.Move]] = {customer.pk: []}
    events = ConferenceEvent.objects.filter(leg__call=call, conference_sid=conference_sid)
    for event in events:
        moves.setdefault(event.leg_id, []).append(event.as_move())
    now = clock.now()
    return all(
        any(stay.end is None for stay in lifecycle.stays(moves.get(leg_id, []), begin=now, end=None))
        for leg_id in (customer.pk, call.partner_id)
        if leg_id
    )


def measure(call: Call) -> None:
    """Work out wait, ring, talk, hold, wrap-up and duration from what is known by now, and the disposition from that.

    Idempotent: a late word of the carrier only makes it truer. A disposition that a person chose stays.
    """
    if not call.is_over:
        return
    all_legs = list(call.legs.prefetch_related("conference_events"))
    customer = next(leg for leg in all_legs if leg.role == Role.CUSTOMER)
    partners = [leg for leg in all_legs if leg.role in (Role.AGENT, Role.TARGET)]
    moves = _moves(customer)
    talks = lifecycle.talk_intervals(
        moves,
        customer.answered_at,
        customer.ended_at,
        [lifecycle.Partner(leg.accepted_at, leg.ended_at, _moves(leg)) for leg in partners],
    )
    talk_start = {leg.entry_id: min(talk)[0] for leg, talk in zip(partners, talks, strict=True) if talk}
    waits = [
        # The first wait began with the answer; who comes back has talked before.
        (
            entry.entered_at if number or entry.talked_before else customer.answered_at or entry.entered_at,
            talk_start.get(entry.pk) or entry.left_at,
        )
        for number, entry in enumerate(call.entries.order_by("entered_at", "id"))
    ]
    call.status, call.answered_at, call.ended_at = customer.status, customer.answered_at, customer.ended_at
    call.talk_seconds = lifecycle.covered_seconds(
        [interval for talk in talks for interval in talk], until=customer.ended_at
    )
    call.wait_seconds = sum(lifecycle.seconds(start, end) for start, end in waits)
    stays = lifecycle.stays(moves, begin=customer.answered_at or call.created_at, end=customer.ended_at)
    call.hold_seconds = lifecycle.hold_seconds(stays, waits, customer.ended_at)
    call.wrap_up_seconds = sum(leg.wrap_up_seconds for leg in partners)
    call.duration_seconds = lifecycle.seconds(customer.answered_at, customer.ended_at)
    call.ring_seconds = lifecycle.seconds(call.created_at, customer.answered_at or customer.ended_at)
    if not call.wrapped_up:
        call.disposition = lifecycle.disposition(
            call.status,
            talked=bool(talk_start),
            left_message=Voicemail.objects.left().filter(call=call).exists(),
            hung_up_by=call.hung_up_by,
        )
    call.save(
        update_fields=[
            "status",
            "answered_at",
            "ended_at",
            "talk_seconds",
            "wait_seconds",
            "hold_seconds",
            "wrap_up_seconds",
            "ring_seconds",
            "duration_seconds",
            "disposition",
        ]
    )


def _moves(leg: CallLeg) -> tuple[lifecycle.Move, ...]:
    return tuple(event.as_move() for event in leg.conference_events.all())


def customer_answered(leg_id: uuid.UUID, sid: str) -> None:
    """The customer picked up, for the carrier asks what their leg is to do. Said twice, it is done once."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if not legs.bind(call, leg, sid) or call.is_ending or call.phase != Phase.DIALING:
            return
        _in_progress(leg)
        call.status, call.answered_at = leg.status, leg.answered_at
        if call.partner_id:
            call.phase = Phase.JOINED
            call.save(update_fields=["status", "answered_at", "phase"])
            recordings.follow(call, later=True)
        else:
            call.save(update_fields=["status", "answered_at"])
            queueing.enter(call, call.queue or queueing.default_queue(call.organization_id), at=leg.answered_at)


def target_answered(leg_id: uuid.UUID, sid: str) -> None:
    """The transfer target picked up: join them with the customer."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if not legs.bind(call, leg, sid) or call.is_ending or leg.is_over or leg.released or leg.accepted_at:
            return
        _in_progress(leg)
        hold_for(call, leg)  # unless that is done: whoever rang the target may be slow, or dead
        _join_target(call, leg)


def hold_for(call: Call, target: CallLeg) -> None:
    """The carrier rings the target: put the customer on hold and let go whom they talked with. Done once."""
    if call.is_ending or target.is_over or target.released:
        return  # a target that is busy at once costs the customer nothing
    if call.phase == Phase.TRANSFERRING or call.partner_id == target.pk:
        return
    queueing.close_entries(call, QueueEntry.State.CANCELED, clock.now())
    call.phase, call.partner = Phase.TRANSFERRING, None
    call.save(update_fields=["phase", "partner"])
    for leg in call.legs.active().filter(released=False).exclude(role=Role.CUSTOMER).exclude(pk=target.pk):
        legs.release(leg)
    recordings.follow(call)
    legs.redirect(call.customer_leg())


def _join_target(call: Call, leg: CallLeg) -> None:
    leg.accepted_at = clock.now()
    leg.save(update_fields=["accepted_at"])
    call.phase, call.partner = Phase.JOINED, leg
    call.save(update_fields=["phase", "partner"])
    call.note_event("accepted", leg=leg, role=leg.role)
    legs.redirect(call.customer_leg())
    recordings.follow(call, later=True)


def agent_answered(leg_id: uuid.UUID, sid: str) -> None:
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if legs.bind(call, leg, sid) and not leg.is_over:
            _in_progress(leg)


def _in_progress(leg: CallLeg) -> None:
    leg.status = lifecycle.advance(leg.status, "in_progress")
    leg.answered_at = leg.answered_at or clock.now()
    leg.save(update_fields=["status", "answered_at"])
