"""How long each part of a call took, and what became of it."""

from __future__ import annotations

from datetime import datetime

from calls import lifecycle
from calls.models import Call, CallLeg, QueueEntry, Voicemail

Role = CallLeg.Role


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
        (_began(entry, call, customer, first=not number), talk_start.get(entry.pk) or entry.left_at)
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
    rung_at = call.created_at if call.direction == Call.Direction.INBOUND else customer.dialed_at
    call.ring_seconds = lifecycle.seconds(rung_at, customer.answered_at or customer.ended_at)
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


def _began(entry: QueueEntry, call: Call, customer: CallLeg, *, first: bool) -> datetime:
    """When the wait began. Nobody waits before the carrier has answered their call, which it does only when it knows
    what they are to hear; and whom we called waits from when they picked up, which we learn later."""
    if not first or entry.talked_before or customer.answered_at is None:
        return entry.entered_at
    if call.direction == Call.Direction.OUTBOUND:
        return customer.answered_at
    return max(entry.entered_at, customer.answered_at)


def _moves(leg: CallLeg) -> tuple[lifecycle.Move, ...]:
    return tuple(event.as_move() for event in leg.conference_events.all())
