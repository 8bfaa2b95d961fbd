"""How long each part of a call took, and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from calls import lifecycle
from calls.models import Call, CallLeg, Voicemail

Role = CallLeg.Role
#: So long it takes at least to say anything.
_A_WORD = timedelta(seconds=0.5)


def measure(call: Call) -> None:
    """Work out wait, ring, talk, hold, wrap-up and duration from what is known by now, and the disposition from that.

    Idempotent: a late word of the carrier only makes it truer. A disposition that a person chose stays.
    """
    if not call.is_over:
        return
    customer, talks = conversations(call)
    moves = _moves(customer)
    talk_start = {leg.entry_id: min(talk)[0] for leg, talk in talks if talk}
    waits = _waits(call, customer, talk_start)
    call.status, call.answered_at, call.ended_at = customer.status, customer.answered_at, customer.ended_at
    call.talk_seconds = lifecycle.covered_seconds(
        [interval for _, talk in talks for interval in talk], until=customer.ended_at
    )
    call.wait_seconds = sum(lifecycle.seconds(start, end) for start, end in waits)
    stays = lifecycle.stays(moves, begin=customer.answered_at or call.created_at, end=customer.ended_at)
    call.hold_seconds = lifecycle.hold_seconds(stays, waits, customer.ended_at)
    call.wrap_up_seconds = sum(leg.wrap_up_seconds for leg, _ in talks)
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


def conversations(call: Call) -> tuple[CallLeg, list[tuple[CallLeg, list[lifecycle.Interval]]]]:
    """The customer's leg, and from when to when they were joined with each agent and transfer target who was rung."""
    all_legs = list(call.legs.prefetch_related("conference_events"))
    customer = next(leg for leg in all_legs if leg.role == Role.CUSTOMER)
    partners = [leg for leg in all_legs if leg.role in (Role.AGENT, Role.TARGET)]
    moves = _moves(customer)
    talks = lifecycle.talk_intervals(
        moves,
        # Who was never led to anybody has talked with nobody, whatever else got lost.
        customer.answered_at if moves else customer.led_in_at,
        customer.ended_at,
        [lifecycle.Partner(leg.accepted_at, leg.ended_at, _moves(leg)) for leg in partners],
    )
    if not moves and any(_moves(leg) for leg in partners):
        # The carrier tells who comes and goes, and of them it told nothing: who hung up on the way there did not talk.
        talks = [[(start, end) for start, end in talk if end is None or end - start >= _A_WORD] for talk in talks]
    return customer, list(zip(partners, talks, strict=True))


def _waits(call: Call, customer: CallLeg, talk_start: Mapping[uuid.UUID | None, datetime]) -> list[lifecycle.Interval]:
    """From when to when the customer waited on the phone: not while their place was kept, nor before the carrier had
    answered them, and no longer than they were there.

    Whom we called waits from when they picked up, which we learn later.
    """
    found: list[lifecycle.Interval] = []
    if customer.answered_at is None:
        return found
    for number, entry in enumerate(call.entries.order_by("entered_at", "id")):
        begin, end = entry.entered_at, talk_start.get(entry.pk) or entry.left_at
        if not number and not entry.talked_before:
            outbound = call.direction == Call.Direction.OUTBOUND
            begin = customer.answered_at if outbound else max(begin, customer.answered_at)
        found.append((begin, min(at for at in (end, customer.ended_at) if at is not None)))
    return found


def _moves(leg: CallLeg) -> tuple[lifecycle.Move, ...]:
    return tuple(event.as_move() for event in leg.conference_events.all())
