"""Every main page in the browser: not too wide, no id where a name belongs, nothing that some people cannot read."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser import looks, pictures
from tests.flows.company import ASKS, Company
from tests.stack import PASSWORD, Stack

PEOPLE = """
from calls.models import Agent
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization, User
organization = Organization.objects.get(pk=organization_id)
for role in ("supervisor", "agent"):
    email = f"{role}@{organization.slug}.example"
    user = actions.create_user(email=email, password=password, name=role.title(), is_staff=True)
    actions.add_member(organization=organization, user=user, role=role)
Agent.objects.filter(pk=agent_id).update(user=user)
User.objects.create_superuser(f"operator@{organization.slug}.example", password, name="Operator")
result = organization.slug
"""


class Small(pictures.Demo):
    """An organisation of the tests, with one of everything, in the place of the demo."""

    def __init__(self, company: Company, slug: str) -> None:
        self.company, self.url = company, company.stack.base_url
        self.told = {f"{who}_email": f"{who}@{slug}.example" for who in ("supervisor", "agent", "operator")}
        self.told |= {f"{who}_password": PASSWORD for who in ("supervisor", "agent", "operator")}
        self.api = company.api

    def recorded_call(self) -> str:
        return self.first("/calls/logs")


@pytest.fixture(scope="module")
def small(stack: Stack) -> Small:
    company = Company(stack, stack.new_organization("Acme Looks", agents=1))
    slug = stack.django(PEOPLE, organization_id=company.tenant.id, agent_id=company.agent().id, password=PASSWORD)
    company.make("/contacts", name="Maria Lopez", phone=stack.new_phone())
    company.make("/compliance/dnc", phone=stack.new_phone())
    options = [{"digits": "1", "route": {"type": "queue", "target_id": company.queue_id}}]
    company.make("/ivr-menus", name="Front desk", greeting="Press 1", options=options)
    person = company.person(ASKS)
    company.in_the_books(company.place(person, record=True))
    company.sim.message(person, company.number, "Is my order there?")
    company.until(lambda: company.get("/sms/conversations")["results"], what="the message is there")
    return Small(company, slug)


@pytest.mark.parametrize("person", ["supervisor", "operator", "agent"])
def test_main_pages(small: Small, page: Any, person: str, tmp_path: Path) -> None:
    wrong = []
    with pictures.logged_in(page.context.browser, small, person) as own:
        for shot in (shot for shot in pictures.SHOTS if shot.person == person):
            for theme, size in zip(looks.THEMES, looks.SIZES, strict=True):
                looks.dress(own, theme, size)
                answer = own.goto(f"{small.url}/admin/{shot.path(small)}")
                looks.settle(own)
                wrong += [f"{shot.name}, {size}, {theme}: {fault}" for fault in looks.faults(own)]
                if answer is None or answer.status != 200:
                    wrong.append(f"{shot.name} answers {answer and answer.status}")
    assert not wrong
