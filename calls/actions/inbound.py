"""Somebody calls us."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from calls.actions import consents, leading
from calls.hours import is_open
from calls.models import BusinessHours, Call, CallLeg
from numbers import registry
from numbers.models import PhoneNumber
from zerovoice.carrier import gateway
from zerovoice.lib import clock


def receive(account_sid: str, notice: dict[str, str], *, astray: bool = False) -> CallLeg | None:
    """The leg of an arriving call, made on the first request for it.

    None: the number is nobody's here, or takes no calls. Then there is no call. `astray`: something failed where the
    number leads, so the caller goes to the default queue instead.
    """
    sid = notice.get("CallSid", "")
    number = PhoneNumber.objects.active().filter(number=notice.get("To", "")).first()
    if not sid or number is None or not gateway.serves(account_sid, number.organization_id):
        return None
    try:
        with transaction.atomic():
            known = CallLeg.objects.filter(sid=sid).first()
            if known is None and registry.target_of(number)[0] == "hangup":
                return None
            return known or _begin(sid, number, notice, astray=astray)
    except IntegrityError:  # two requests for one call at once: the other one made it
        return CallLeg.objects.get(sid=sid)


def _begin(sid: str, number: PhoneNumber, notice: dict[str, str], *, astray: bool) -> CallLeg:
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
        **consents.inbound_terms(number.organization_id),
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
    if astray:
        leading.lead(call, {}, asks=True, at=now)
    else:
        _lead(call, number, at=now)
    return leg


def _lead(call: Call, number: PhoneNumber, *, at: datetime) -> None:
    """Where the number leads, or while the business is closed, where its hours do."""
    route = number.routing or {}
    hours = None
    if route.get("business_hours_id"):
        hours = BusinessHours.objects.of(call.organization_id).filter(pk=route["business_hours_id"]).first()
    if hours is not None and not is_open(hours.as_hours(), at):
        call.note_event("closed", business_hours_id=str(hours.pk))
        route = hours.closed_route or {"type": "voicemail", "target_id": None}
    leading.lead(call, route, asks=True, at=at)
