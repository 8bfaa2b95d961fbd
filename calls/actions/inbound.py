"""Somebody calls us."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from calls.actions import queueing
from calls.models import Agent, Call, CallLeg, Queue
from numbers import registry
from numbers.models import PhoneNumber
from zerovoice.carrier import gateway
from zerovoice.lib import clock


def receive(account_sid: str, notice: dict[str, str]) -> CallLeg | None:
    """The leg of an arriving call, made on the first request for it.

    None: the number is nobody's here, or takes no calls. Then there is no call.
    """
    sid = notice.get("CallSid", "")
    number = PhoneNumber.objects.active().filter(number=notice.get("To", "")).first()
    if not sid or number is None or not gateway.serves(account_sid, number.organization_id):
        return None
    if registry.target_of(number)[0] == "hangup":
        return None
    try:
        with transaction.atomic():
            return CallLeg.objects.filter(sid=sid).first() or _begin(sid, number, notice)
    except IntegrityError:  # two requests for one call at once: the other one made it
        return CallLeg.objects.get(sid=sid)


def _begin(sid: str, number: PhoneNumber, notice: dict[str, str]) -> CallLeg:
    now = clock.now()
    call = Call.objects.create(
        organization_id=number.organization_id,
        direction=Call.Direction.INBOUND,
        from_number=notice.get("From", "")[:128],
        to_number=number.number,
        own_number=number,
        stir_verstat=notice.get("StirVerstat", "")[:64],
        status=Call.Status.IN_PROGRESS,
        phase=Call.Phase.WAITING,
        answered_at=now,
    )
    leg = CallLeg.objects.create(
        organization_id=number.organization_id,
        call=call,
        role=CallLeg.Role.CUSTOMER,
        sid=sid,
        status=Call.Status.IN_PROGRESS,
        from_number=call.from_number,
        to_number=call.to_number,
        answered_at=now,
    )
    call.note_event("received", leg=leg)
    _lead(call, number, at=now)
    return leg


def _lead(call: Call, number: PhoneNumber, *, at: datetime) -> None:
    """To the number's queue, or its agent: rung first if free, else the call waits in the default queue as others."""
    kind, target_id = registry.target_of(number)
    queue = agent = None
    if kind == "queue" and target_id:
        queue = Queue.objects.of(number.organization_id).filter(pk=target_id).first()
    elif kind == "agent" and target_id:
        agent = Agent.objects.of(number.organization_id).filter(pk=target_id).first()
    queueing.enter(call, queue or queueing.default_queue(number.organization_id), preferred_agent=agent, at=at)
