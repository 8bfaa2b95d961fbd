"""A leg and the carrier: ring it, bind it to the carrier's call, tell it what to do next, end it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from calls.models import Call, CallLeg
from zerovoice.carrier import commands, gateway, webhooks
from zerovoice.lib import clock

#: How long the phones of customers and transfer targets ring, business seconds.
CUSTOMER_RING_SECONDS = 45
TARGET_RING_SECONDS = 25  # of a forwarded call: its customer waits meanwhile
#: Business seconds that an ambiguous create may go without any sign of life.
UNBOUND_SECONDS = 60
#: Machine seconds that one request to the carrier may take; until then a create is neither done nor lost.
REQUEST_SECONDS = 15


def expect(leg: CallLeg) -> None:
    """The leg is about to be rung: by when the carrier will have shown it, or it never was, whoever dies meanwhile."""
    now = clock.now()
    CallLeg.objects.filter(pk=leg.pk).update(
        unbound_until=clock.in_time(business_seconds=UNBOUND_SECONDS, machine_seconds=REQUEST_SECONDS),
        dialed_at=now,
        checked_at=now,
    )


def ring(leg: CallLeg, *, timeout_seconds: int) -> None:
    """Have the carrier ring the leg's phone, and bind the leg to the carrier's call.

    Network, outside of any transaction, at most once for a leg. Raises the gateway's Refused, Unavailable (certainly
    nothing rings) or Ambiguous (something may ring; then the first callback binds the leg).
    """
    expect(leg)
    carrier = gateway.for_organization(leg.organization_id)
    made = carrier.create_call(
        to=leg.to_number,
        from_=leg.from_number,
        url=webhooks.public_url("calls-webhooks:leg", leg_id=leg.pk),
        status_callback=webhooks.notice_url("call", leg.pk),
        timeout_seconds=timeout_seconds,
        fallback_url=webhooks.public_url("calls-webhooks:fallback", query={"leg": leg.pk}),
        # Who monitors presses nothing: their voicemail must not stay on the line.
        machine_detection=leg.role == CallLeg.Role.SUPERVISOR and leg.to_number.startswith("+"),
        time_limit_seconds=leg.time_limit,
    )
    with transaction.atomic():
        call = Call.objects.locked(leg.call_id)
        bind(call, CallLeg.objects.get(pk=leg.pk), made.sid)


def await_sign(leg: CallLeg) -> None:
    """The carrier may have taken the leg: wait for its first callback, from now on."""
    CallLeg.objects.filter(pk=leg.pk, sid=None, ended_at=None).update(
        unbound_until=clock.in_time(business_seconds=UNBOUND_SECONDS)
    )


def bind(call: Call, leg: CallLeg, sid: str) -> bool:
    """Note that the carrier's call `sid` is this leg's. False when another is: then `sid` is a stranger to us.

    The caller holds the call's lock. A leg that was given up meanwhile is ended at the carrier as soon as it is known.
    """
    if leg.sid:
        return leg.sid == sid
    leg.sid, leg.unbound_until = sid, None
    leg.save(update_fields=["sid", "unbound_until"])
    call.note_event("leg.bound", leg=leg, role=leg.role)
    if leg.is_over or leg.released or call.is_over:
        end(leg)
    return True


def submit_ring(leg: CallLeg, *, timeout_seconds: int) -> None:
    """Ring the leg from a worker. A carrier that is down is tried for as long as the phone would have rung."""
    commands.submit(
        "calls.ring",
        organization_id=leg.organization_id,
        target_id=leg.pk,
        payload={"timeout_seconds": timeout_seconds},
        give_up_at=clock.machine_now() + timedelta(seconds=max(15, clock.machine_seconds(timeout_seconds))),
        at_most_once=True,
    )


def redirect(leg: CallLeg) -> None:
    """Have the carrier ask again what the leg is to do: what the call's phase says by then.

    Not a customer who is being asked whether they may be recorded: their answer asks, and would be cut off.
    """
    if leg.role == CallLeg.Role.CUSTOMER and leg.call.asks_consent:
        return
    _submit("calls.redirect", leg)


def came_by_itself(leg: CallLeg) -> bool:
    """The carrier asks what the leg is to do: it need not be made to any more, or whoever listens to the answer would
    have it cut off and said again. Whether it was to be: what is known of the call is then older than that."""
    return commands.withdraw("calls.redirect", leg.pk)


def release(leg: CallLeg) -> None:
    """End the leg from our side, now or as soon as the carrier's call is known."""
    leg.released = True
    leg.save(update_fields=["released"])
    end(leg)


def dismiss(leg: CallLeg, farewell: str, *, asks: bool = False) -> None:
    """End the leg from our side, after a word to who is on the line; nobody there yet: at once.

    `asks`: the carrier is asking at this moment what the leg is to do; else it is made to.
    """
    leg.released = True
    leg.farewell = farewell if leg.answered_at else ""
    leg.save(update_fields=["released", "farewell"])
    if not leg.farewell:
        end(leg)
    elif not asks:
        redirect(leg)


def end(leg: CallLeg) -> None:
    if leg.sid:
        _submit("calls.end", leg)


def limit(leg: CallLeg) -> None:
    """Tell the carrier for how long the leg may last by now."""
    _submit("calls.limit", leg)


def _submit(kind: str, leg: CallLeg) -> None:
    commands.submit(kind, organization_id=leg.organization_id, target_id=leg.pk)
