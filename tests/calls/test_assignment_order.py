"""Whoever is first in line is served first, however many processes choose at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from calls.actions import queueing
from calls.models import Agent, CallLeg, QueueEntry
from tests import people
from tests.calls.factories import free_agent, waiting_call
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
ASSIGNERS = 8


def test_assigners_do_not_overtake_each_other() -> None:
    acme = people.organization()
    agent = free_agent(acme)
    in_line = [waiting_call(acme) for _ in range(25)]

    def assign(_: int) -> None:
        try:
            queueing.assign(acme.pk)
        finally:
            connection.close()

    served = []
    with ThreadPoolExecutor(ASSIGNERS) as pool:
        for _ in in_line:
            list(pool.map(assign, range(ASSIGNERS)))
            leg = CallLeg.objects.active().get(role=CallLeg.Role.AGENT)
            served.append(leg.call_id)
            QueueEntry.objects.filter(pk=leg.entry_id).update(state=QueueEntry.State.CANCELED)
            CallLeg.objects.filter(pk=leg.pk).update(ended_at=clock.now())
            Agent.objects.filter(pk=agent.pk).update(state=Agent.State.AVAILABLE)
    assert served == [call.pk for call in in_line]
