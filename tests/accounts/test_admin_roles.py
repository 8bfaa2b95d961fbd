"""What each role may see in the admin site is what the API's scopes give it; an agent has pages of their own only."""

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from tests import people
from zerovoice.accounts import actions
from zerovoice.accounts.admin import TenantAdmin
from zerovoice.accounts.models import Organization, User
from zerovoice.accounts.scopes import SCOPES_OF_ROLE
from zerovoice.backoffice import pages

pytestmark = pytest.mark.django_db

#: Rows of organisations; the others are the instance's.
MODELS = {model: row for model, row in admin.site._registry.items() if isinstance(row, TenantAdmin)}


def asked_by(user: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.mark.parametrize("role", ["owner", "admin", "supervisor", "viewer"])
def test_a_role_sees_and_changes_what_its_scopes_say(acme: Organization, role: str) -> None:
    request = asked_by(people.member(acme, role, is_staff=True).membership.user)
    for row in MODELS.values():
        scopes = SCOPES_OF_ROLE[role]
        assert row.has_view_permission(request) == (f"{row.scope}:read" in scopes), row
        may_write = f"{getattr(row, 'write_scope', '') or row.scope}:write" in scopes
        for may in (row.has_add_permission, row.has_change_permission, row.has_delete_permission):
            assert may_write or not may(request), (role, row, may)


def test_an_agent_sees_no_list_and_no_page_but_those_for_agents(acme: Organization) -> None:
    user = people.member(acme, "agent", is_staff=True).membership.user
    client = Client()
    client.force_login(user)
    for model, row in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 403, model
        assert client.get(reverse(f"{name}_add"), follow=True).status_code == 403, model
        assert not row.has_module_permission(asked_by(user)), model
    for view in pages.registered():
        if not view.for_agents and view.name != "index":  # which leads them to their own
            assert not view.shown_to(asked_by(user)), view


def test_an_agents_start_is_their_desk(acme: Organization) -> None:
    client = Client()
    client.force_login(people.member(acme, "agent", is_staff=True).membership.user)
    assert client.get("/admin/")["Location"] == reverse("admin:desk")


def test_who_is_agent_here_and_supervisor_there_sees_only_there(acme: Organization) -> None:
    globex = people.organization("Globex")
    user = people.member(acme, "agent", is_staff=True).membership.user
    actions.add_member(organization=globex, user=user, role="supervisor")
    client = Client()
    client.force_login(user)
    page = client.get(reverse("admin:accounts_organization_changelist")).content.decode()
    assert "Globex" in page
    assert "Acme" not in page
