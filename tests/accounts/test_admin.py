"""The admin site shows staff their organisations, and lets them do what their role may."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests import people
from zerovoice.accounts.models import ApiKey, AuditEntry, Membership, Organization, User

pytestmark = pytest.mark.django_db


def staff(organization: Organization, role: str) -> Client:
    caller = people.member(organization, role, is_staff=True)
    return logged_in(caller.membership.user)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator() -> Client:
    return logged_in(User.objects.create_superuser("operator@example.com", people.PASSWORD))


@pytest.mark.parametrize("model", [Organization, User, Membership, ApiKey, AuditEntry])
def test_an_operator_opens_every_page(operator: Client, model: type) -> None:
    acme = people.organization()
    people.member(acme, "owner")
    people.program(acme)
    name = model._meta.model_name
    assert operator.get(reverse(f"admin:accounts_{name}_changelist")).status_code == 200
    row = model.objects.first()
    assert operator.get(reverse(f"admin:accounts_{name}_change", args=[row.pk])).status_code == 200


def test_staff_see_their_organization_only() -> None:
    acme, globex = people.organization("Acme"), people.organization("Globex")
    page = staff(acme, "owner").get(reverse("admin:accounts_organization_changelist")).content.decode()
    assert "Acme" in page
    assert "Globex" not in page
    foreign = staff(acme, "owner").get(reverse("admin:accounts_organization_change", args=[globex.pk]))
    assert foreign.status_code == 302  # to the index: "doesn't exist"


def test_a_role_without_the_scope_sees_nothing() -> None:
    acme = people.organization()
    assert staff(acme, "agent").get(reverse("admin:accounts_apikey_changelist")).status_code == 403
    assert staff(acme, "supervisor").get(reverse("admin:accounts_apikey_add")).status_code == 403


def test_people_who_are_no_staff_stay_outside() -> None:
    outsider = logged_in(people.member(people.organization(), "owner").membership.user)
    assert outsider.get(reverse("admin:index")).status_code == 302


def test_a_key_is_shown_once() -> None:
    acme = people.organization()
    client = staff(acme, "owner")
    form = {
        "organization": str(acme.pk),
        "name": "CRM",
        "scopes": ["calls:read"],
        "expires_at_0": "",
        "expires_at_1": "",
    }
    page = client.post(reverse("admin:accounts_apikey_add"), form, follow=True).content.decode()
    key = ApiKey.objects.get(name="CRM")
    whole_key = re.compile(f"zv_{key.prefix}_[A-Za-z0-9]{{43}}")
    assert whole_key.search(page)
    later = client.get(reverse("admin:accounts_apikey_change", args=[key.pk])).content.decode()
    assert key.prefix in later
    assert not whole_key.search(later)
    assert AuditEntry.objects.filter(action="api_key.created", target_id=str(key.pk)).exists()


def test_nobody_makes_a_key_for_another_organization() -> None:
    acme, globex = people.organization("Acme"), people.organization("Globex")
    form = {"organization": str(globex.pk), "name": "CRM", "scopes": ["calls:read"]}
    staff(acme, "owner").post(reverse("admin:accounts_apikey_add"), form)
    assert not ApiKey.objects.exists()


def test_a_new_organization_gets_what_belongs_to_it(operator: Client) -> None:
    form = {
        "name": "Initech", "slug": "initech", "timezone": "UTC", "country": "US", "status": "active",
        "rate_limit_per_minute": "", "allowed_countries": "US,CA",
    }  # fmt: skip
    operator.post(reverse("admin:accounts_organization_add"), form)
    made = Organization.objects.get(slug="initech")
    assert AuditEntry.objects.filter(organization=made, action="organization.created").exists()


def test_the_log_in_form_is_throttled() -> None:
    client = Client()
    answers = [
        client.post(reverse("admin:login"), {"username": "who@example.com", "password": "wrong"}) for _ in range(11)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert "Too many attempts" not in answers[9].content.decode()
    assert "Too many attempts" in answers[10].content.decode()
