"""A person at their desk, and calls that come to it, as the tests of the desk have them."""

import json
from typing import Any

from django.test import Client

from calls.actions import answering, queueing
from calls.models import Agent, Call
from tests import people
from tests.calls.factories import rung_leg, told, waiting_call
from zerovoice.accounts.models import Organization
from zerovoice.lib.ids import new_id

DESK = "/admin/desk/"


class Person:
    """A browser at the desk of an agent."""

    def __init__(self, agent: Agent, role: str = "agent") -> None:
        self.caller = people.member(agent.organization, role, is_staff=True)
        assert self.caller.membership
        self.user = self.caller.membership.user
        Agent.objects.filter(pk=agent.pk).update(user=self.user)
        self.agent, self.organization = agent, agent.organization
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.user)

    def get(self, path: str, of: Organization | None = None, **query: str) -> Any:
        return self.client.get(f"{DESK}{path}", {"in": str((of or self.organization).pk), **query})

    def order(self, path: str, body: Any = None, of: Organization | None = None) -> Any:
        url = f"{DESK}{path}?in={(of or self.organization).pk}"
        data = body if isinstance(body, str) else json.dumps({} if body is None else body)
        return self.client.post(url, data, content_type="application/json")

    def now(self) -> dict[str, Any]:
        answer = self.get("now")
        assert answer.status_code == 200, answer.content
        return dict(answer.json())


def rung(organization: Organization) -> Call:
    call = waiting_call(organization)
    queueing.assign(organization.pk)
    return call


def talking(organization: Organization) -> Call:
    call = rung(organization)
    leg = rung_leg()
    answering.leg_answered(leg.pk, f"CA{new_id().hex}")
    assert queueing.accept(leg.pk)
    call.refresh_from_db()
    answering.led_in(call.customer_leg())
    return call


def over(call: Call) -> None:
    for leg in call.legs.active():
        told(leg, "completed")
    call.refresh_from_db()
    assert call.is_over
