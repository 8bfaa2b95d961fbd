"""Cold transfer: the agent is released at once, the target is rung, and nobody is lost when it does not answer."""

from __future__ import annotations

from django.db import transaction

from calls.actions import legs, place, progress
from calls.models import Call, CallLeg
from compliance import destinations
from zerovoice.accounts import audit
from zerovoice.api.errors import ApiError, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import phone


def transfer(*, principal: Principal, call: Call, target_number: str) -> Call:
    """Hand the customer over to `target_number` (E.164).

    Raises Unprocessable (call not in conversation, emergency number, carrier refuses), Blocked
    (compliance), Forbidden (destination) or Unavailable (carrier); the conversation then goes on as it was.
    """
    if phone.is_emergency(target_number):
        raise Unprocessable("Emergency numbers cannot be called through the API", field="target_number")
    with place.permission(
        call.organization_id, target_number, sender=call.our_number, field="target_number", principal=principal
    ):
        destinations.refuse(call.organization_id, target_number, field="target_number")
        target = _begin(principal, call, target_number)
        try:
            place.ring_now(target)
        except ApiError as error:
            error.field = "target_number" if error.field == "to_number" else error.field
            raise
    _hold(target)
    call.refresh_from_db()
    return call


@transaction.atomic
def _begin(principal: Principal, call: Call, target_number: str) -> CallLeg:
    call = Call.objects.locked(call.pk)
    if call.is_ending or call.phase not in (Call.Phase.JOINED, Call.Phase.WAITING):
        state = "over" if call.is_ending else "not in conversation"
        raise Unprocessable(f"The call is {state}")
    if call.legs.active().filter(role=CallLeg.Role.TARGET, accepted_at=None, released=False).exists():
        raise Unprocessable("The call is being transferred already")
    leg = CallLeg.objects.create(
        organization_id=call.organization_id,
        call=call,
        role=CallLeg.Role.TARGET,
        from_number=call.our_number,
        to_number=target_number,
    )
    legs.expect(leg)
    audit.record(organization_id=call.organization_id, actor=principal, action="call.transferred", target=call)
    call.note_event("transfer.started", leg=leg)
    return leg


@transaction.atomic
def _hold(target: CallLeg) -> None:
    call = Call.objects.locked(target.call_id)
    progress.hold_for(call, CallLeg.objects.get(pk=target.pk))
