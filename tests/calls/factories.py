"""Calls in the states that a test begins with, made as the actions make them."""

from calls.actions import queueing
from calls.models import Agent, Call, CallLeg, Queue, QueueMembership
from zerovoice.accounts.models import Organization
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
