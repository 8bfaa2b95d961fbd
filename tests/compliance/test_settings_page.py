"""One page with all that an organisation sets for itself: who may write what, and that it is audited."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse_lazy

from compliance.models import Settings
from tests import people
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.billing.models import Account

pytestmark = pytest.mark.django_db
PAGE = reverse_lazy("admin:organization_settings")
GENERAL = {"section": "general", "name": "Acme Two", "country": "DE", "timezone": "Europe/Berlin"}
RETENTION = {"section": "retention", "keep_recordings_days": "30"}


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def test_each_section_is_saved_alone_and_audited(acme: Organization) -> None:
    client = staff(acme, "admin")
    assert client.post(PAGE, GENERAL).status_code == 302
    assert client.post(PAGE, RETENTION).status_code == 302
    assert (
        client.post(PAGE, {"section": "calling", "quiet_hours": "on", "quiet_hours_channels": "sms"}).status_code == 302
    )
    acme.refresh_from_db()
    settings = Settings.objects.get(organization=acme)
    assert (acme.name, acme.country, acme.timezone) == ("Acme Two", "DE", "Europe/Berlin")
    assert (settings.keep_recordings_days, settings.quiet_hours, settings.quiet_hours_channels) == (30, True, ["sms"])
    audited = AuditEntry.objects.filter(action__endswith="changed").order_by("id").values_list("action", "fields")
    assert [(action, sorted(fields)) for action, fields in audited] == [
        ("organization.changed", ["country", "name", "timezone"]),
        ("compliance.settings_changed", ["keep_recordings_days"]),
        ("compliance.settings_changed", ["quiet_hours", "quiet_hours_channels"]),
    ]


def test_each_form_says_which_section_it_is(acme: Organization) -> None:
    page = staff(acme, "owner").get(PAGE).content.decode()
    for name in ("general", "calling", "recording", "retention", "billing"):
        assert f'<input type="hidden" name="section" value="{name}">' in page
        assert f'id="{name}"' in page


def test_spending_limits_are_an_owners(acme: Organization) -> None:
    form = {"section": "billing", "daily_limit": "5.00", "monthly_limit": ""}
    assert staff(acme, "admin").post(PAGE, form).status_code == 403
    assert staff(acme, "owner").post(PAGE, form).status_code == 302
    assert Account.objects.get(organization=acme).daily_limit == 5


def test_supervisors_read_and_others_see_nothing(acme: Organization) -> None:
    supervisor = staff(acme, "supervisor")
    page = supervisor.get(PAGE).content.decode()
    assert "Recording and consent" in page
    assert "Save general" not in page
    assert "Spending limits" not in page
    assert supervisor.post(PAGE, GENERAL).status_code == 403
    assert staff(acme, "viewer").get(PAGE).status_code == 403
    globex = people.organization("Globex")
    assert "Globex" not in staff(acme, "owner").get(PAGE, {"in": str(globex.pk)}).content.decode()
    staff(acme, "owner").post(f"{PAGE}?in={globex.pk}", GENERAL)
    globex.refresh_from_db()
    assert globex.name == "Globex"


@pytest.mark.parametrize(
    "change",
    [{"country": "Germany"}, {"timezone": "Mars/Base"}, {"name": ""}, {**RETENTION, "keep_recordings_days": "0"}],
)
def test_what_is_wrong_is_said_beside_it(acme: Organization, change: dict[str, str]) -> None:
    answer = staff(acme, "owner").post(PAGE, {**GENERAL, **change})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    acme.refresh_from_db()
    assert (acme.name, Settings.objects.count()) == ("Acme", 0)


def test_few_queries(acme: Organization, django_assert_max_num_queries: Any) -> None:
    client = staff(acme, "owner")
    client.get(PAGE)
    with django_assert_max_num_queries(14):
        client.get(PAGE)
