"""Placing a call."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager, nullcontext

from django.db import transaction

from calls import usage
from calls.actions import consents, legs, progress
from calls.models import Agent, Call, CallLeg, Queue
from compliance import destinations, gate
from numbers.models import PhoneNumber
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import errors as carrier_errors
from zerovoice.carrier import gateway
from zerovoice.lib import clock, phone


def place_call(
    *,
    principal: Principal,
    from_number: str,
    to_number: str,
    record: bool = False,
    queue_id: uuid.UUID | None = None,
    status_callback_url: str = "",
    original: Call | None = None,
) -> Call:
    """Place an outbound call. `from_number` is one of the organisation's, in E.164 or by its id.

    An agent who names no queue is rung first and joined with the customer; anybody else's call goes, once the customer
    answers, to the named or the default queue. `original`: the call that this one answers.

    Raises Unprocessable, Blocked (compliance), Forbidden and, when the carrier is certain not to have taken it,
    Unavailable. When the carrier may have taken it, the call stays `queued` until a callback shows.
    """
    if phone.is_emergency(to_number):
        raise Unprocessable("Emergency numbers cannot be called through the API", field="to_number")
    number = own_number(principal.organization_id, from_number)
    queue = _queue(principal.organization_id, queue_id)
    agent = None if queue_id else _agent_of(principal)
    organization_id = principal.organization_id
    with permission(organization_id, to_number, sender=number.number, field="to_number", principal=principal):
        destinations.refuse(organization_id, to_number, field="to_number")
        refuse_without_carrier(principal.organization_id)
        with transaction.atomic():
            call = Call.objects.create(
                organization_id=principal.organization_id,
                direction=Call.Direction.OUTBOUND,
                from_number=number.number,
                to_number=to_number,
                own_number=number,
                **consents.terms(principal.organization_id, record=record),
                queue=queue,
                agent=agent,
                status_callback_url=status_callback_url,
                original=original,
                phase=Call.Phase.AGENT_FIRST if agent else Call.Phase.DIALING,
            )
            first = customer = _leg(call, CallLeg.Role.CUSTOMER, to_number)
            if agent:
                first = _leg(call, CallLeg.Role.AGENT, agent.endpoint, agent=_reserve(agent.pk))
            legs.expect(first)
            audit.record(organization_id=principal.organization_id, actor=principal, action="call.placed", target=call)
            call.note_event("placed", agent_first=agent is not None)
            usage.reserve(customer, field="to_number")
        ring_now(first)
    call.refresh_from_db()
    return call


def ring_now(leg: CallLeg) -> None:
    """Ring a leg within the request, so that the carrier's refusal is the answer to it.

    It was made in a transaction that also said `legs.expect`: else nobody would miss it if this process died here.
    """
    try:
        legs.ring(leg, timeout_seconds=legs.CUSTOMER_RING_SECONDS)
    except carrier_errors.Ambiguous:
        legs.await_sign(leg)
    except carrier_errors.Refused as error:
        progress.fail_leg(leg.pk, error.meaning.value, carrier_error=error.code)
        raise carrier_errors.api_error(error) from error
    except carrier_errors.Unavailable as error:
        progress.fail_leg(leg.pk, "carrier_unavailable")
        raise carrier_errors.api_error(error) from error


def own_number(organization_id: uuid.UUID, given: str) -> PhoneNumber:
    """The organisation's number that `given` names (E.164 or id). Raises Unprocessable."""
    number = PhoneNumber.objects.of(organization_id).active().named(given)
    if number is None:
        raise Unprocessable("Not an active number of this organization", field="from_number")
    if not number.voice:
        raise Unprocessable("The number cannot place calls", field="from_number")
    return number


def permission(
    organization_id: uuid.UUID, to_number: str, *, sender: str, field: str, principal: Principal | None
) -> AbstractContextManager[None]:
    """Compliance's leave to call `to_number`, for as long as the block lasts: ring the phone inside of it.

    Raises Blocked. An agent's own phone is no customer's and needs none, and neither does what is no phone number.
    """
    if not to_number.startswith("+") or Agent.objects.of(organization_id).filter(endpoint=to_number).exists():
        return nullcontext()
    return gate.authorized(
        organization_id=organization_id,
        number=to_number,
        channel="voice",
        sender=sender,
        field=field,
        principal=principal,
    )


def _queue(organization_id: uuid.UUID, queue_id: uuid.UUID | None) -> Queue | None:
    if queue_id is None:
        return None
    queue = Queue.objects.of(organization_id).filter(pk=queue_id).first()
    if queue is None:
        raise Unprocessable("No such queue", field="queue_id")
    return queue


def _agent_of(principal: Principal) -> Agent | None:
    if principal.kind != "user":
        return None
    return Agent.objects.of(principal.organization_id).filter(user_id=principal.id).first()


def refuse_without_carrier(organization_id: uuid.UUID) -> None:
    """Raises the API's Unavailable at once when there is no carrier account, or its breaker is open. No network."""
    try:
        gateway.for_organization(organization_id).check()
    except carrier_errors.Unavailable as error:
        raise carrier_errors.api_error(error) from error


def _reserve(agent_id: uuid.UUID) -> Agent:
    agent = Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
    if agent.state in (Agent.State.RINGING, Agent.State.BUSY):
        raise Unprocessable("You are on another call")
    away = {}
    if agent.state in (Agent.State.BREAK, Agent.State.OFFLINE):  # and so again after the call
        away = {"wanted_state": agent.state, "wanted_reason": agent.state_reason}
    agent.set_state(Agent.State.RINGING, clock.now(), **away)
    return agent


def _leg(call: Call, role: str, to: str, *, agent: Agent | None = None) -> CallLeg:
    return CallLeg.objects.create(
        organization_id=call.organization_id,
        call=call,
        role=role,
        from_number=call.our_number,
        to_number=to,
        agent=agent,
    )
