"""Agents: who they are, whether they take calls, and what a call leaves them in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from calls import lifecycle, tasks
from calls.actions import prompts, routes
from calls.models import Agent, CallLeg, Queue, QueueMembership, Voicemail
from numbers.models import PhoneNumber
from zerovoice.accounts import audit
from zerovoice.accounts.models import Membership
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import errors as carrier_errors
from zerovoice.carrier import voice_tokens
from zerovoice.carrier.voice_tokens import VoiceToken
from zerovoice.lib import clock, phone
from zerovoice.lib.tasks import enqueue

State = Agent.State

#: Why a leg failed of which the agent's phone had no part: nobody missed a call.
_NEVER_RANG = ("carrier_unavailable", "carrier_unknown", "carrier_lost")
#: What the carrier refuses because of the agent's number. Other refusals (credentials, caller id) are not theirs.
_THEIR_NUMBER = ("", "invalid_number", "blocked", "unreachable", "not_capable")
#: After any other refusal nobody is rung again at once: it would be refused as quickly, over and over.
_AFTER_A_REFUSAL = timedelta(seconds=15)


@transaction.atomic
def save_agent(
    *,
    principal: Principal,
    agent: Agent | None = None,
    queue_ids: Iterable[uuid.UUID] | None = None,
    **fields: Any,
) -> Agent:
    """Make or change an agent. A new one presses 1 to take a call only on a phone, unless it is said otherwise.

    Raises Unprocessable for a queue or a prompt of nobody's, an emergency number, and a user or phone that is taken.
    """
    action = "agent.updated" if agent else "agent.created"
    user_id = fields.get("user_id")
    if user_id and not Membership.objects.of(principal.organization_id).filter(user_id=user_id).exists():
        raise Unprocessable("No such member", field="user_id")
    prompts.check(principal.organization_id, fields, "voicemail_prompt_id")
    if endpoint := fields.get("endpoint"):
        _check_endpoint(principal.organization_id, endpoint)
        on_a_phone = endpoint.startswith("+")
        if agent is None or agent.endpoint.startswith("+") != on_a_phone:
            fields.setdefault("press_to_accept", on_a_phone)
    changed = list(fields) if agent else None  # a call may change the agent's state meanwhile: that is kept
    agent = agent or Agent(organization_id=principal.organization_id)
    for name, value in fields.items():
        setattr(agent, name, value)
    try:
        with transaction.atomic():
            agent.save(update_fields=changed)
    except IntegrityError as error:
        if "calls_one_agent_per_client" in str(error):
            raise Unprocessable("This client identity is taken", field="endpoint") from error
        field = "user_id" if "calls_one_agent_per_user" in str(error) else "endpoint"
        raise Unprocessable("Another agent of this organization has it", field=field) from error
    if queue_ids is not None:
        _set_queues(agent, set(queue_ids))
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action=action,
        target=agent,
        fields=[*fields, *(["queue_ids"] if queue_ids is not None else [])],
    )
    enqueue(tasks.assign, str(agent.organization_id))
    return agent


def _check_endpoint(organization_id: uuid.UUID, endpoint: str) -> None:
    """It will be rung for every caller. Raises Unprocessable for what must not be, or would come round to us."""
    if phone.is_emergency_endpoint(endpoint):
        raise Unprocessable("Emergency numbers cannot be called through the API", field="endpoint")
    if not endpoint.startswith("+"):
        return
    if phone.is_premium_rate(endpoint) or phone.country_of(endpoint) == "ZZ":
        raise Unprocessable("Premium-rate and satellite numbers cannot be an agent's phone", field="endpoint")
    if PhoneNumber.objects.live().filter(number=endpoint).exists():
        raise Unprocessable("Calls to this number come back here", field="endpoint")


def _set_queues(agent: Agent, queue_ids: set[uuid.UUID]) -> None:
    known = set(Queue.objects.of(agent.organization_id).filter(pk__in=queue_ids).values_list("pk", flat=True))
    if known != queue_ids:
        raise Unprocessable("No such queue", field="queue_ids")
    agent.memberships.exclude(queue_id__in=queue_ids).delete()
    QueueMembership.objects.bulk_create(
        [QueueMembership(agent=agent, queue_id=queue_id) for queue_id in queue_ids], ignore_conflicts=True
    )


@transaction.atomic
def delete_agent(*, principal: Principal, agent: Agent) -> None:
    """Raises Unprocessable for an agent who ever worked: that is in the books. Such an agent is set offline instead."""
    locked = Agent.objects.select_for_update().get(pk=agent.pk)
    if locked.legs.exists() or locked.history.exists() or Voicemail.objects.filter(agent=locked).exists():
        raise Unprocessable("The agent's work is in the books; set the agent offline instead")
    routes.refuse_if_led_to(locked)
    audit.record(organization_id=principal.organization_id, actor=principal, action="agent.deleted", target=locked)
    locked.delete()


@transaction.atomic
def set_presence(*, principal: Principal, agent: Agent, state: str, reason: str = "") -> Agent:
    """Take calls, pause or leave. While on a call it is noted and comes true after it."""
    locked = _locked(agent.pk)
    if locked.state in (State.RINGING, State.BUSY):
        locked.wanted_state = "" if state == State.AVAILABLE else state
        locked.wanted_reason = reason
        locked.save(update_fields=["wanted_state", "wanted_reason"])
    else:
        locked.wanted_state = ""
        locked.set_state(state, clock.now(), reason=reason, missed=0)
        enqueue(tasks.assign, str(locked.organization_id))
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action="agent.presence",
        target=locked,
        fields=["state", "reason"],
    )
    return locked


def voice_token(agent: Agent) -> VoiceToken:
    """With which the agent's browser is rung. Raises Unprocessable for one who has a phone, and Unavailable."""
    if not agent.endpoint.startswith("client:"):
        raise Unprocessable("Your endpoint is no client", field="endpoint")
    try:
        return voice_tokens.issue(agent.organization_id, agent.endpoint.removeprefix("client:"))
    except carrier_errors.CarrierError as error:
        raise carrier_errors.api_error(error) from error


def leg_over(leg: CallLeg, *, at: datetime, wrap_up_seconds: int) -> None:
    """What the end of an agent's leg leaves the agent in. Within the transaction that ends the leg."""
    if leg.agent_id is None:
        return
    agent = _locked(leg.agent_id)
    if agent.legs.active().filter(released=False).exclude(pk=leg.pk).exists():
        return  # rung for another call since: this leg was released before it ended
    now = clock.now()
    if leg.accepted_at:
        began = min(max(at, agent.state_since), now)
        until = began + timedelta(seconds=wrap_up_seconds)
        if until > now:
            agent.set_state(State.WRAP_UP, began, wrap_up_until=until, wrapping_up=leg)
        else:
            CallLeg.objects.filter(pk=leg.pk).update(wrap_up_seconds=lifecycle.seconds(began, until))
            agent.set_state(State.AVAILABLE, until)
    elif leg.released or leg.status == "canceled" or leg.failure_reason in _NEVER_RANG:
        agent.set_state(State.AVAILABLE, now, idle_since=agent.idle_since)
    elif leg.failure_reason not in _THEIR_NUMBER:
        agent.set_state(State.WRAP_UP, now, reason="carrier_refused", wrap_up_until=now + _AFTER_A_REFUSAL)
    elif agent.missed + 1 >= agent.missed_limit:
        agent.set_state(State.BREAK, now, reason="no_answer", missed=0)
    else:
        agent.set_state(State.AVAILABLE, now, missed=agent.missed + 1)
    enqueue(tasks.assign, str(agent.organization_id))


def end_wrap_up(agent_id: uuid.UUID) -> None:
    """The time for it is up. It ended when it was to end, however late we notice."""
    with transaction.atomic():
        agent = _locked(agent_id)
        if agent.state == State.WRAP_UP and agent.wrap_up_until and agent.wrap_up_until <= clock.now():
            agent.set_state(State.AVAILABLE, agent.wrap_up_until)
            enqueue(tasks.assign, str(agent.organization_id))


def _locked(agent_id: uuid.UUID) -> Agent:
    return Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
