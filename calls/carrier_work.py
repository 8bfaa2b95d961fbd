"""What workers do at the carrier for a call, and what follows when it refuses or keeps silent.

Each executor reads what is wanted from the rows at the moment it runs, so that a late or repeated command does what is
right now, not what was right when it was submitted.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from calls import lifecycle, usage
from calls.actions import legs, place, progress, recordings
from calls.models import Call, CallLeg
from compliance import destinations
from zerovoice.api.errors import Blocked, Forbidden
from zerovoice.carrier import commands, gateway, webhooks
from zerovoice.carrier.errors import CallNotInProgress, RefusalMeaning, Refused
from zerovoice.carrier.models import Command
from zerovoice.carrier.parsing import CallNotice
from zerovoice.carrier.results import CarrierCall, CarrierRecording

#: How far the carrier's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(seconds=10)


def register() -> None:
    commands.register(
        "calls.ring", _ring, on_refused=_ring_refused, on_uncertain=_ring_uncertain, on_given_up=_ring_given_up
    )
    commands.register("calls.end", _end)
    commands.register("calls.redirect", _redirect)
    commands.register("calls.limit", _limit)
    commands.register("calls.record", _record, on_done=_recorded)


def _ring(command: Command) -> None:
    leg = CallLeg.objects.select_related("call").get(pk=command.target_id)
    if leg.released or leg.is_over or leg.call.is_over:
        progress.fail_leg(leg.pk, "withdrawn")
        return
    seconds = command.payload["timeout_seconds"]
    if leg.role not in (CallLeg.Role.CUSTOMER, CallLeg.Role.TARGET):
        legs.ring(leg, timeout_seconds=seconds)
        return
    try:  # the agent was rung first, or a caller is forwarded: what was allowed once may not be any more
        with place.permission(
            leg.organization_id, leg.to_number, sender=leg.from_number, field="to_number", principal=None
        ):
            destinations.refuse(leg.organization_id, leg.to_number, field="")
            with transaction.atomic():
                usage.reserve(leg, field="")
            legs.ring(leg, timeout_seconds=seconds)
    except Blocked as refusal:
        progress.fail_leg(leg.pk, refusal.reason)
    except Forbidden as refusal:
        spent = refusal.reason == "spending_limit"
        progress.fail_leg(leg.pk, refusal.reason if spent else RefusalMeaning.DESTINATION_FORBIDDEN.value)


def _ring_refused(command: Command, error: Refused) -> None:
    progress.fail_leg(command.target_id, error.meaning.value, carrier_error=error.code)


def _ring_uncertain(command: Command) -> None:
    legs.await_sign(CallLeg.objects.get(pk=command.target_id))


def _ring_given_up(command: Command, error: Exception | None) -> None:
    progress.fail_leg(command.target_id, "carrier_unavailable")


def _end(command: Command) -> None:
    leg = CallLeg.objects.get(pk=command.target_id)
    if leg.sid and (not leg.is_over or leg.failure_reason):  # one we gave up may be alive at the carrier
        gateway.for_organization(leg.organization_id).end_call(sid=leg.sid)


def _limit(command: Command) -> None:
    leg = CallLeg.objects.get(pk=command.target_id)
    if not leg.sid or leg.is_over or leg.time_limit is None:
        return
    try:
        gateway.for_organization(leg.organization_id).limit_call(sid=leg.sid, seconds=leg.time_limit)
    except CallNotInProgress:
        check_leg(leg)


def _redirect(command: Command) -> None:
    leg = CallLeg.objects.get(pk=command.target_id)
    if not leg.sid or leg.is_over:
        return
    carrier = gateway.for_organization(leg.organization_id)
    try:
        carrier.redirect_call(sid=leg.sid, url=webhooks.public_url("calls-webhooks:leg", leg_id=leg.pk))
    except CallNotInProgress:
        check_leg(leg)  # it ended, and the carrier's word of it is late or lost


def _record(command: Command) -> CarrierRecording | None:
    try:
        return recordings.carry_out(command.target_id)
    except CallNotInProgress:
        return None  # over before it could be recorded


def _recorded(command: Command, told: CarrierRecording | None) -> None:
    if told is not None:
        recordings.note(Call.objects.locked(command.target_id), told)


def check_leg(leg: CallLeg) -> None:
    """Ask the carrier about a leg and take its answer in as if it had been a callback. Network.

    A leg that we ended and that lasts all the same is ended again: the command may have been given up meanwhile.
    """
    if not leg.sid:
        _look_for(leg)
        return
    try:
        told = gateway.for_organization(leg.organization_id).fetch_call(sid=leg.sid)
    except Refused as error:
        if error.meaning != RefusalMeaning.NOT_FOUND:
            raise  # wrong credentials say nothing about the leg
        progress.lose_leg(leg.pk, error.code)
        return
    progress.apply_call_notice(leg.pk, _as_notice(told))
    if leg.released and told.status not in lifecycle.TERMINAL:
        legs.end(leg)


def _look_for(leg: CallLeg) -> None:
    """An ambiguous create: is there a call at the carrier that nobody claims? Else, in time, there never was one."""
    carrier = gateway.for_organization(leg.organization_id)
    since = leg.created_at - _CLOCKS_DIFFER
    found = carrier.find_calls(to=leg.to_number, from_=leg.from_number, started_after=since)
    claimed = set(CallLeg.objects.filter(sid__in=[call.sid for call in found]).values_list("sid", flat=True))
    unclaimed = [call for call in found if call.sid not in claimed]
    others = CallLeg.objects.of(leg.organization_id).filter(
        sid=None, ended_at=None, to_number=leg.to_number, from_number=leg.from_number
    )
    if len(unclaimed) == 1 and others.count() == 1:
        with transaction.atomic():
            call = Call.objects.locked(leg.call_id)
            legs.bind(call, CallLeg.objects.get(pk=leg.pk), unclaimed[0].sid)
        progress.apply_call_notice(leg.pk, _as_notice(unclaimed[0]))
        return
    progress.fail_leg(leg.pk, "carrier_unknown")


def _as_notice(told: CarrierCall) -> CallNotice:
    ended = told.status in lifecycle.TERMINAL
    return CallNotice(
        sid=told.sid,
        status=told.status,
        sequence=None,
        at=told.ended_at if ended else told.started_at,
        duration_seconds=told.duration_seconds,
        direction=told.direction,
        to=told.to,
        from_=told.from_,
        parent_sid=told.parent_sid,
        answered_by=told.answered_by,
        error_code=None,
        sip_code=None,
        raw={},
    )
