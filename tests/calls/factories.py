"""Calls in the states that a test begins with, made as the actions make them."""

from calls.actions import answering, progress, queueing
from calls.models import Agent, Call, CallLeg, Queue, QueueMembership
from tests.people import Caller
from zerovoice.accounts import principals
from zerovoice.accounts.models import Organization
from zerovoice.api.principal import Principal
from zerovoice.carrier.parsing import call_notice
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id


def main_queue(organization: Organization) -> Queue:
    return queueing.default_queue(organization.pk)


def free_agent(organization: Organization, *queues: Queue) -> Agent:
    agent = Agent.objects.create(
        organization=organization,
        name="Ada",
        endpoint=f"+1415555{1000 + Agent.objects.of(organization.pk).count():04}",
        state=Agent.State.AVAILABLE,
    )
    for queue in queues or (main_queue(organization),):
        QueueMembership.objects.create(agent=agent, queue=queue)
    return agent


def waiting_call(organization: Organization, queue: Queue | None = None) -> Call:
    """An inbound call whose customer waits."""
    number = f"+1415556{Call.objects.of(organization.pk).count():04}"
    call = Call.objects.create(
        organization=organization,
        direction=Call.Direction.INBOUND,
        from_number=number,
        to_number="+14155550100",
        status=Call.Status.IN_PROGRESS,
        phase=Call.Phase.WAITING,
        answered_at=clock.now(),
    )
    CallLeg.objects.create(
        organization=organization,
        call=call,
        role=CallLeg.Role.CUSTOMER,
        sid=f"CA{new_id().hex}",
        status=Call.Status.IN_PROGRESS,
        from_number=call.from_number,
        to_number=call.to_number,
        answered_at=call.answered_at,
    )
    queueing.enter(call, queue or main_queue(organization))
    return call


def talking_call(organization: Organization) -> Call:
    """A call from the queue, joined with an agent."""
    call = waiting_call(organization)
    free_agent(organization)
    queueing.assign(organization.pk)
    leg = call.legs.get(role=CallLeg.Role.AGENT)
    answering.leg_answered(leg.pk, f"CA{new_id().hex}")
    assert queueing.accept(leg.pk)
    call.refresh_from_db()
    answering.led_in(call.customer_leg())
    return call


def agent_first_call(organization: Organization, agent: Agent, *, phase: str = Call.Phase.AGENT_FIRST) -> Call:
    """An outbound call that the agent placed."""
    call = Call.objects.create(
        organization=organization,
        direction=Call.Direction.OUTBOUND,
        from_number="+14155550100",
        to_number="+14155557777",
        agent=agent,
        phase=phase,
    )
    for role, number, of in (
        (CallLeg.Role.CUSTOMER, call.to_number, None),
        (CallLeg.Role.AGENT, agent.endpoint, agent),
    ):
        CallLeg.objects.create(
            organization=organization, call=call, role=role, from_number=call.from_number, to_number=number, agent=of
        )
    return call


def rung_leg() -> CallLeg:
    """The one leg of an agent that lasts."""
    return CallLeg.objects.active().get(role=CallLeg.Role.AGENT)


def told(leg: CallLeg, status: str) -> None:
    """The carrier says that the leg is over."""
    sid = leg.sid or f"CA{leg.pk.hex}"
    progress.apply_call_notice(leg.pk, call_notice({"CallSid": sid, "CallStatus": status, "SequenceNumber": "3"}))


def principal(caller: Caller) -> Principal:
    """Who the caller is to the actions."""
    of = caller.membership
    found = principals.member(of.organization_id, of.user_id, of.token_version) if of else None
    assert found
    return found
