"""Somebody picks up: the carrier asks for the first time what a leg is to do. Said twice, it is done once."""

from __future__ import annotations

import uuid

from django.db import transaction

from calls import lifecycle
from calls.actions import conversation, leading, legs, queueing, recordings
from calls.models import Call, CallLeg
from zerovoice.lib import clock

Phase = Call.Phase


def customer_answered(leg_id: uuid.UUID, sid: str) -> None:
    """The customer: to the agent who is on the line already, else to the call's queue."""
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
            queue = call.queue or queueing.default_queue(call.organization_id)
            # Who was to be called back, and whose agent is gone again, has waited before.
            leading.enter_queue(call, queue, at_head=call.original_id is not None, at=leg.answered_at, asks=True)


def target_answered(leg_id: uuid.UUID, sid: str) -> None:
    """The transfer target: joined with the customer, or first with the agent who wants a word."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if not legs.bind(call, leg, sid) or call.is_ending or leg.is_over or leg.released or leg.accepted_at:
            return
        _in_progress(leg)
        conversation.begin_transfer(call, leg)  # unless that is done: whoever rang the target may be slow, or dead
        conversation.target_there(call, leg)


def leg_answered(leg_id: uuid.UUID, sid: str) -> None:
    """An agent, who may have to press 1 yet, or a supervisor."""
    with transaction.atomic():
        call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
        leg = CallLeg.objects.get(pk=leg_id)
        if legs.bind(call, leg, sid) and not leg.is_over:
            _in_progress(leg)


def led_in(leg: CallLeg) -> None:
    """If this tells the customer to join their partner, note it: should the carrier's word of it get lost, they talk
    from now on; without this they never did."""
    joins = leg.role == CallLeg.Role.CUSTOMER and leg.call.phase == Phase.JOINED and not leg.released
    joins = joins and not leg.call.asks_consent  # which comes first
    if joins and not leg.led_in_at and not leg.is_over:
        leg.led_in_at = clock.now()
        leg.save(update_fields=["led_in_at"])


def _in_progress(leg: CallLeg) -> None:
    leg.status = lifecycle.advance(leg.status, "in_progress")
    leg.answered_at = leg.answered_at or clock.now()
    leg.save(update_fields=["status", "answered_at"])
