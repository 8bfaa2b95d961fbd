"""Who may log in to the back office: members whom an owner lets, each for one organisation."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import people
from zerovoice.accounts.models import AuditEntry, Membership, Organization, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def membership(organization: Organization, role: str, *, is_staff: bool = False) -> Membership:
    made = people.member(organization, role, is_staff=is_staff).membership
    assert made
    return made


def switch(actor: Membership, member: Membership, on: bool) -> str:
    """The page that follows."""
    client = Client()
    client.force_login(actor.user)
    form = {"role": member.role, **({"back_office": "on"} if on else {})}
    url = reverse("admin:accounts_membership_change", args=[member.pk])
    return client.post(url, form, follow=True).content.decode()


def test_an_owner_lets_an_agent_in_and_shuts_them_out(acme: Organization) -> None:
    owner, agent = membership(acme, "owner", is_staff=True), membership(acme, "agent")
    for on in (True, False):
        switch(owner, agent, on)
        assert User.objects.get(pk=agent.user_id).is_staff == on
    entries = AuditEntry.objects.filter(action="member.back_office_set", target_id=str(agent.pk))
    assert [(entry.actor_id, entry.fields) for entry in entries] == [(owner.user_id, ["is_staff"])] * 2


def test_nobody_shuts_themselves_out(acme: Organization) -> None:
    owner = membership(acme, "owner", is_staff=True)
    assert "You cannot shut yourself out" in switch(owner, owner, False)
    assert User.objects.get(pk=owner.user_id).is_staff


def test_a_person_of_several_organizations_is_the_operators_matter(acme: Organization) -> None:
    owner, agent = membership(acme, "owner", is_staff=True), membership(acme, "agent")
    people.actions.add_member(organization=people.organization("Globex"), user=agent.user, role="supervisor")
    assert "the operator of this instance decides" in switch(owner, agent, True)
    assert not User.objects.get(pk=agent.user_id).is_staff
    User.objects.filter(pk=agent.user_id).update(is_staff=True)
    assert "the operator of this instance decides" in switch(owner, agent, False)
    assert User.objects.get(pk=agent.user_id).is_staff


@pytest.mark.parametrize(("actor", "role"), [("supervisor", "agent"), ("admin", "owner")])
def test_who_may_not_manage_them_lets_nobody_in(acme: Organization, actor: str, role: str) -> None:
    member = membership(acme, role)
    switch(membership(acme, actor, is_staff=True), member, True)
    assert not User.objects.get(pk=member.user_id).is_staff


def test_another_organizations_member_is_not_there(acme: Organization) -> None:
    stranger = membership(people.organization("Globex"), "agent")
    switch(membership(acme, "owner", is_staff=True), stranger, True)
    assert not User.objects.get(pk=stranger.user_id).is_staff


@pytest.mark.parametrize("role", ["owner", "supervisor"])
def test_the_pages_open(acme: Organization, role: str) -> None:
    client = Client()
    client.force_login(membership(acme, role, is_staff=True).user)
    member = membership(acme, "agent")
    assert "Back office" in client.get(reverse("admin:accounts_membership_changelist")).content.decode()
    assert client.get(reverse("admin:accounts_membership_change", args=[member.pk])).status_code == 200
