"""A supervisor in a conversation: listening, whispering to the agent, or speaking with both."""

from __future__ import annotations

from django.db import transaction

from calls import usage
from calls.actions import legs, place
from calls.models import Agent, Call, CallLeg
from compliance import destinations
from zerovoice.accounts import audit
from zerovoice.api.errors import ApiError, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import phone

Phase = Call.Phase
_WITH_AN_AGENT = (Phase.JOINED, Phase.HELD, Phase.CONSULTING)


def monitor(*, principal: Principal, call: Call, mode: str, endpoint: str) -> CallLeg:
    """Have `endpoint` (E.164, SIP or Client) rung and joined with the conversation. Asked again with another mode, who
    is there already changes to it.

    Raises Unprocessable (no conversation, emergency number, carrier refuses), Blocked, Forbidden or Unavailable.
    """
    _check_endpoint(call, endpoint)
    with place.permission(
        call.organization_id, endpoint, sender=call.our_number, field="endpoint", principal=principal
    ):
        if endpoint.startswith("+"):
            destinations.refuse(call.organization_id, endpoint, field="endpoint")
        with transaction.atomic():
            locked = Call.objects.locked(call.pk)
            if locked.is_ending or locked.phase not in _WITH_AN_AGENT or locked.partner is None:
                raise Unprocessable("The call is over" if locked.is_ending else "The call is not in conversation")
            if mode == CallLeg.Mode.WHISPER and locked.partner.role != CallLeg.Role.AGENT:
                raise Unprocessable("Only an agent can be whispered to", field="mode")
            leg, new = _leg(locked, mode, endpoint)
            locked.note_event("monitor", leg=leg, mode=mode)
            audit.record(
                organization_id=call.organization_id,
                actor=principal,
                action="call.monitored",
                target=locked,
                fields=["mode"],
            )
            if new:
                usage.reserve(leg, field="endpoint")
        if new:
            try:
                place.ring_now(leg)
            except ApiError as error:
                error.field = "endpoint" if error.field == "to_number" else error.field
                raise
    leg.refresh_from_db()
    return leg


def _check_endpoint(call: Call, endpoint: str) -> None:
    if phone.is_emergency_endpoint(endpoint):
        raise Unprocessable("Emergency numbers cannot be called through the API", field="endpoint")
    # Organisations may share a carrier account: another one's browser must not be rung.
    if endpoint.startswith("client:") and not Agent.objects.of(call.organization_id).filter(endpoint=endpoint).exists():
        raise Unprocessable("No agent of this organization has this client identity", field="endpoint")


def own_endpoint(principal: Principal) -> str:
    """The phone of the caller, if they are an agent. Raises Unprocessable."""
    agent = None
    if principal.kind == "user":
        agent = Agent.objects.of(principal.organization_id).filter(user_id=principal.id).first()
    if agent is None:
        raise Unprocessable("You are no agent: name the phone to ring", field="endpoint")
    return agent.endpoint


def _leg(call: Call, mode: str, endpoint: str) -> tuple[CallLeg, bool]:
    """The leg to that phone, and whether it has to be rung yet."""
    there = call.legs.active().filter(role=CallLeg.Role.SUPERVISOR, to_number=endpoint, released=False).first()
    if there:
        there.mode = mode
        there.save(update_fields=["mode"])
        if there.answered_at:
            legs.redirect(there)
        return there, False
    leg = CallLeg.objects.create(
        organization_id=call.organization_id,
        call=call,
        role=CallLeg.Role.SUPERVISOR,
        mode=mode,
        from_number=call.our_number,
        to_number=endpoint,
        to_agent=not endpoint.startswith("+")
        or Agent.objects.of(call.organization_id).filter(endpoint=endpoint).exists(),
    )
    legs.expect(leg)
    return leg, True
