"""What the carrier asks (instructions, answered at once, without network) and tells (notices, handled by workers)."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpRequest

from calls import instructions
from calls.actions import answering, consents, legs, menu_steps, progress, queueing, recordings, troubles, voicemail
from calls.actions import inbound as inbound_actions
from calls.actions import waiting as waiting_actions
from calls.models import Call, CallLeg
from zerovoice.api.errors import NotFound
from zerovoice.carrier import gateway, parsing, receipts, twiml
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.results import CarrierRecording
from zerovoice.carrier.webhooks import instruction

Role = CallLeg.Role


def register() -> None:
    receipts.register("call", _call_notice)
    receipts.register("inbound", _inbound_notice)
    receipts.register("conference", _conference_notice)
    receipts.register("recording", _recording_notice)
    receipts.register("voicemail", _voicemail_notice)
    receipts.register("astray", _astray_notice)


# --- instructions ---


def _apologise(request: HttpRequest) -> str:
    tried = bool(getattr(request, "recovered", False))
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    return instructions.apology(
        again=_number(request, "again"),
        tries=_number(request, "tries") + tried,
        leg=str(kwargs.get("leg_id") or request.GET.get("leg") or ""),
    )


def _number(request: HttpRequest, name: str) -> int:
    return parsing.whole_number(request.GET.get(name)) or 0


#: Whoever is on the line when something of ours fails hears an apology and comes to `fallback`, until it works again.
voice_instruction = partial(instruction, on_trouble=_apologise)


@voice_instruction
def inbound(request: HttpRequest, notice: dict[str, str]) -> str:
    """Somebody calls one of our numbers."""
    leg = inbound_actions.receive(request.carrier_account_sid, notice)  # type: ignore[attr-defined]
    return instructions.for_leg(leg) if leg else twiml.response(twiml.reject())


@voice_instruction
def fallback(request: HttpRequest, notice: dict[str, str]) -> str:
    """The carrier could not get an instruction from us, or got our apology: what now?"""
    account_sid: str = request.carrier_account_sid  # type: ignore[attr-defined]
    leg = troubles.recover(account_sid, notice, tries=_number(request, "tries"))
    request.recovered = True  # type: ignore[attr-defined]
    if leg is None and (leg_id := _leg_id(request)):
        return _asked(request, notice, leg_id)  # it failed before we knew the carrier's id for it
    return _to_do(_fresh(leg.pk)) if leg else twiml.response(twiml.hangup())


def _leg_id(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("leg", ""))
    except ValueError:
        return None


@voice_instruction
def goodbye(request: HttpRequest, notice: dict[str, str]) -> str:
    """Said without a look into the database."""
    return instructions.goodbye(CallLeg.Farewell.MESSAGE)


@voice_instruction
def leg(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """A leg was answered, or was sent back here: what is it to do now?"""
    return _asked(request, notice, leg_id)


def _asked(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    found = _leg(request, leg_id, notice)
    if legs.came_by_itself(found):
        found = _fresh(leg_id)
    if found.role == Role.CUSTOMER and found.sid and found.call.phase != Call.Phase.DIALING:
        if found.call.phase == Call.Phase.MENU and found.call.menu_id is None:
            menu_steps.leave_lost_menu(leg_id)
            return _to_do(_fresh(leg_id))
        return _to_do(found)  # it only comes round again
    _ANSWERED[Role(found.role)](leg_id, notice["CallSid"])
    if found.agent_id and found.agent and not found.agent.press_to_accept and not found.accepted_at:
        return _accept(leg_id)
    return _to_do(_fresh(leg_id))


def _to_do(leg: CallLeg) -> str:
    answering.led_in(leg)
    return instructions.for_leg(leg)


_ANSWERED = {
    Role.CUSTOMER: answering.customer_answered,
    Role.AGENT: answering.leg_answered,
    Role.TARGET: answering.target_answered,
    Role.SUPERVISOR: answering.leg_answered,
}


@voice_instruction
def digit(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """An agent pressed a key: 1 takes the call."""
    found = _leg(request, leg_id, notice)
    if found.role != Role.AGENT:
        raise NotFound
    if parsing.digits(notice) != "1":
        return instructions.for_leg(found)
    return _accept(leg_id)


def _accept(leg_id: uuid.UUID) -> str:
    accepted = queueing.accept(leg_id)
    leg = _fresh(leg_id)
    return instructions.for_leg(leg) if accepted else instructions.goodbye(leg.farewell or CallLeg.Farewell.TAKEN)


@voice_instruction
def menu(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID, menu_id: uuid.UUID) -> str:
    """A caller answered a menu, or said nothing."""
    _customer(request, leg_id, notice)
    menu_steps.answer(
        leg_id,
        menu_id=menu_id,
        step=_number(request, "step"),
        digits=parsing.digits(notice),
        speech=notice.get("SpeechResult", ""),
    )
    return _to_do(_fresh(leg_id))


@voice_instruction
def consent(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """A customer was told that the call is recorded, or asked whether it may be."""
    _customer(request, leg_id, notice)
    consents.answered(leg_id, digits=parsing.digits(notice), speech=notice.get("SpeechResult", ""))
    return _to_do(_fresh(leg_id))


@voice_instruction
def waiting(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID, entry_id: uuid.UUID) -> str:
    """A waiting caller pressed a key: 1 asks for a callback."""
    _customer(request, leg_id, notice)
    if parsing.digits(notice) == "1":
        waiting_actions.ask_for_callback(leg_id, entry_id)
    return _to_do(_fresh(leg_id))


@voice_instruction
def recorded(request: HttpRequest, notice: dict[str, str], leg_id: uuid.UUID) -> str:
    """A caller has left a message, or hung up while they did."""
    _customer(request, leg_id, notice)
    voicemail.finished(leg_id)
    return _to_do(_fresh(leg_id))


def _customer(request: HttpRequest, leg_id: uuid.UUID, notice: dict[str, str]) -> CallLeg:
    found = _leg(request, leg_id, notice)
    if found.role != Role.CUSTOMER:
        raise NotFound
    return found


def _leg(request: HttpRequest, leg_id: uuid.UUID, notice: dict[str, str]) -> CallLeg:
    """The leg, if the account that signed the request serves it and it is this call's. Else it is not there."""
    found = CallLeg.objects.select_related("agent", *_WITH).filter(pk=leg_id).first()
    account_sid: str = request.carrier_account_sid  # type: ignore[attr-defined]
    if found is None or not gateway.serves(account_sid, found.organization_id):
        raise NotFound
    sid = notice.get("CallSid")
    if not sid or (found.sid and found.sid != sid):
        raise NotFound
    return found


#: What instructions read of a leg.
_WITH = ("call__queue__music", "call__menu__prompt", "call__partner")


def _fresh(leg_id: uuid.UUID) -> CallLeg:
    return CallLeg.objects.select_related(*_WITH).get(pk=leg_id)


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
    if call := _recorded_call(receipt):
        recordings.note(call, _recording(receipt, channels=2))


def _voicemail_notice(receipt: Receipt) -> None:
    if call := _recorded_call(receipt):
        voicemail.note(call, _recording(receipt, channels=1))


def _astray_notice(receipt: Receipt) -> None:
    """A message that a caller left while nothing else worked. Only the call's own id tells whose it is; a call that we
    know nothing of leaves the receipt failed, for a person to look at."""
    recording = _recording(receipt, channels=1)
    leg = CallLeg.objects.get(sid=recording.call_sid, role=Role.CUSTOMER)
    if _serves(receipt, leg.organization_id):
        call = Call.objects.locked(leg.call_id)
        troubles.keep_astray_message(call)
        voicemail.note(call, recording)


def _recorded_call(receipt: Receipt) -> Call | None:
    leg = CallLeg.objects.filter(pk=receipt.ref).first()
    if leg is None or not _serves(receipt, leg.organization_id):
        return None
    return Call.objects.locked(leg.call_id)


def _recording(receipt: Receipt, *, channels: int) -> CarrierRecording:
    told = parsing.recording_notice(receipt.payload)
    return CarrierRecording(
        sid=told.sid,
        call_sid=told.call_sid,
        status=told.status,
        channels=told.channels or channels,
        started_at=told.started_at,
        duration_seconds=told.duration_seconds,
    )


def _serves(receipt: Receipt, organization_id: uuid.UUID | None) -> bool:
    return organization_id is not None and gateway.serves(receipt.account_sid, organization_id)
