"""What the carrier asks (instructions, answered at once, without network) and tells (notices, handled by workers)."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest

from calls import instructions
from calls.actions import inbound as inbound_actions
from calls.actions import progress, queueing, recordings
from calls.models import Call, CallLeg
from zerovoice.carrier import gateway, parsing, receipts, twiml
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.results import CarrierRecording
from zerovoice.carrier.webhooks import instruction


def register() -> None:
    receipts.register("call", _call_notice)
    receipts.register("inbound", _inbound_notice)
    receipts.register("conference", _conference_notice)
    receipts.register("recording", _recording_notice)


# --- instructions ---


@instruction
def inbound(request: HttpRequest, notice: dict[str, str]) -> str:
    """Somebody calls one of our numbers."""
    leg = inbound_actions.receive(request.carrier_account_sid, notice)  # type: ignore[attr-defined]
    return instructions.for_leg(leg) if leg else twiml.response(twiml.reject())


@instruction
def fallback(request: HttpRequest, notice: dict[str, str]) -> str:
    """The carrier could not get an instruction from us."""
    return instructions.out_of_order()


@instruction
def leg(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """A leg was answered, or was sent back here: what is it to do now?"""
    found = _leg(request, leg_id, notice)
    if found.role == CallLeg.Role.CUSTOMER and found.sid and found.call.phase != Call.Phase.DIALING:
        return instructions.for_leg(found)  # it only comes round again
    answered = {
        CallLeg.Role.CUSTOMER: progress.customer_answered,
        CallLeg.Role.AGENT: progress.agent_answered,
        CallLeg.Role.TARGET: progress.target_answered,
    }[CallLeg.Role(found.role)]
    answered(leg_id, notice["CallSid"])
    if found.agent_id and found.agent and not found.agent.press_to_accept and not found.accepted_at:
        return instructions.for_leg(_fresh(leg_id)) if queueing.accept(leg_id) else instructions.taken()
    return instructions.for_leg(_fresh(leg_id))


@instruction
def digit(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """An agent pressed a key: 1 takes the call."""
    found = _leg(request, leg_id, notice)
    if found.role != CallLeg.Role.AGENT:
        raise Http404
    if parsing.digits(notice) != "1":
        return instructions.for_leg(found)
    return instructions.for_leg(_fresh(leg_id)) if queueing.accept(leg_id) else instructions.taken()


def _leg(request: HttpRequest, leg_id: uuid.UUID, notice: dict[str, str]) -> CallLeg:
    """The leg, if the account that signed the request serves it and it is this call's. Else it is not there."""
    found = CallLeg.objects.select_related("agent", "call__queue").filter(pk=leg_id).first()
    account_sid: str = request.carrier_account_sid  # type: ignore[attr-defined]
    if found is None or not gateway.serves(account_sid, found.organization_id):
        raise Http404
    sid = notice.get("CallSid")
    if not sid or (found.sid and found.sid != sid):
        raise Http404
    return found


def _fresh(leg_id: uuid.UUID) -> CallLeg:
    return CallLeg.objects.select_related("call", "call__queue").get(pk=leg_id)


# --- notices ---


def _call_notice(receipt: Receipt) -> None:
    if _serves(receipt, CallLeg.objects.filter(pk=receipt.ref).values_list("organization_id", flat=True).first()):
        progress.apply_call_notice(receipt.ref, parsing.call_notice(receipt.payload))


def _inbound_notice(receipt: Receipt) -> None:
    """The status callback of a number names the number, not the leg: the call's own id finds it."""
    notice = parsing.call_notice(receipt.payload)
    leg = CallLeg.objects.filter(sid=notice.sid).first()
    if leg is not None and _serves(receipt, leg.organization_id):
        progress.apply_call_notice(leg.pk, notice)


def _conference_notice(receipt: Receipt) -> None:
    if _serves(receipt, Call.objects.filter(pk=receipt.ref).values_list("organization_id", flat=True).first()):
        progress.apply_conference_notice(receipt.ref, parsing.conference_notice(receipt.payload))


def _recording_notice(receipt: Receipt) -> None:
    leg = CallLeg.objects.filter(pk=receipt.ref).first()
    if leg is None or not _serves(receipt, leg.organization_id):
        return
    told = parsing.recording_notice(receipt.payload)
    recordings.note(
        Call.objects.locked(leg.call_id),
        CarrierRecording(
            sid=told.sid,
            call_sid=told.call_sid,
            status=told.status,
            channels=told.channels or 2,
            started_at=told.started_at,
            duration_seconds=told.duration_seconds,
        ),
    )


def _serves(receipt: Receipt, organization_id: uuid.UUID | None) -> bool:
    return organization_id is not None and gateway.serves(receipt.account_sid, organization_id)
