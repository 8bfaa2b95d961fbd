"""Compliance in the admin site: the lists, through the same actions as the API, and nothing of other organisations."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance import actions, gate
from compliance.models import CarrierBlock, Decision, DncEntry, QuietHourRule, Settings
from contacts.models import Contact
from tests import people
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.api.errors import Blocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_hour_rules")]

MODELS = [DncEntry, CarrierBlock, Decision, Settings]
OURS = "+16285550100"


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    return client


def furnished(name: str, number: str) -> Organization:
    made = people.organization(name)
    Contact.objects.create(organization=made, name=f"{name} customer", phone=number)
    actions.opt_out(organization_id=made.pk, number=number, sender=OURS)
    actions.record_carrier_block(organization_id=made.pk, number=number, sender=OURS)
    with pytest.raises(Blocked), gate.authorized(organization_id=made.pk, number=number, channel="sms", sender=OURS):
        pass
    Settings.objects.create(organization=made)
    return made


@pytest.fixture
def acme() -> Organization:
    return furnished("Acme", "+14155550142")


@pytest.fixture
def globex() -> Organization:
    return furnished("Globex", "+14155557777")


def urls(model: type) -> Iterator[str]:
    name = f"admin:compliance_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    for pk in model._default_manager.values_list("pk", flat=True):
        yield reverse(f"{name}_change", args=[pk])


@pytest.mark.parametrize("model", [*MODELS, QuietHourRule])
@pytest.mark.parametrize("role", ["owner", "supervisor", "operator"])
def test_every_page_opens(model: type, role: str, acme: Organization) -> None:
    client = operator() if role == "operator" else staff(acme, role)
    for url in urls(model):
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("model", MODELS)
def test_people_see_their_own_only(model: type, acme: Organization, globex: Organization) -> None:
    client = staff(acme, "supervisor")
    page, *rows = urls(model)
    shown = client.get(page).content.decode()
    assert "Globex" not in shown
    assert "7777" not in shown
    if model is not Settings:
        assert "Acme customer" in shown
    own = {str(pk) for pk in model._default_manager.filter(organization=acme).values_list("pk", flat=True)}
    for url in rows:
        assert client.get(url).status_code == (200 if any(pk in url for pk in own) else 302), url


@pytest.mark.parametrize("model", [*MODELS, QuietHourRule])
def test_agents_see_nothing_of_it(model: type, acme: Organization) -> None:
    assert staff(acme, "agent").get(next(urls(model))).status_code == 403


def test_somebody_is_listed_and_taken_off(acme: Organization) -> None:
    client, add = staff(acme, "owner"), reverse("admin:compliance_dncentry_add")
    form = {"organization": str(acme.pk), "number": "+1 (415) 555-0199", "reason": "By letter"}
    assert client.post(add, form).status_code == 302
    entry = DncEntry.objects.get(source="manual")
    assert (entry.number, entry.reason, entry.author_kind) == ("+14155550199", "By letter", "user")
    again = client.post(add, {**form, "reason": "Another"}, follow=True)
    assert "on the list already" in again.content.decode()
    entry.refresh_from_db()
    assert entry.reason == "By letter"

    page = reverse("admin:compliance_dncentry_changelist")
    for term, found in (("(415) 555-0199", 1), ("+14155550199", 1), ("4155550", 0), ("", 2)):
        assert client.get(page, {"q": term}).context["cl"].result_count == found, term

    client.post(reverse("admin:compliance_dncentry_delete", args=[entry.pk]), {"post": "yes"})
    assert not DncEntry.objects.filter(pk=entry.pk).exists()
    audited = AuditEntry.objects.filter(target_id=str(entry.pk)).order_by("id").values_list("action", flat=True)
    assert list(audited) == ["dnc.added", "dnc.removed"]


@pytest.mark.parametrize("number", ["4155550199", "", "+1 415", "\x00"])
def test_a_wrong_number_is_said_on_the_form(number: str, acme: Organization) -> None:
    form = {"organization": str(acme.pk), "number": number, "reason": ""}
    assert staff(acme, "owner").post(reverse("admin:compliance_dncentry_add"), form).status_code == 200
    assert not DncEntry.objects.exclude(source="opt_out").exists()


def test_nobody_lists_for_others_or_without_the_scope(acme: Organization, globex: Organization) -> None:
    add = reverse("admin:compliance_dncentry_add")
    foreign = {"organization": str(globex.pk), "number": "+14155550199", "reason": ""}
    assert staff(acme, "owner").post(add, foreign).status_code == 200  # the form again
    assert staff(acme, "supervisor").post(add, {**foreign, "organization": str(acme.pk)}).status_code == 403
    assert not DncEntry.objects.exclude(source="opt_out").exists()


def test_an_opt_out_is_taken_back_by_the_person_only(acme: Organization) -> None:
    entry = DncEntry.objects.get()
    client = staff(acme, "owner")
    assert client.post(reverse("admin:compliance_dncentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": [str(entry.pk)], "post": "yes"}
    client.post(reverse("admin:compliance_dncentry_changelist"), form)
    assert DncEntry.objects.filter(pk=entry.pk).exists()


def test_settings_are_changed_through_the_action(acme: Organization) -> None:
    settings = Settings.objects.get()
    url = reverse("admin:compliance_settings_change", args=[settings.pk])
    form = {"quiet_hours": "on", "quiet_hours_channels": ["voice"], "recording_consent": "require"}
    assert staff(acme, "supervisor").post(url, form).status_code == 403
    assert staff(acme, "owner").post(url, form).status_code == 302
    settings.refresh_from_db()
    assert (settings.quiet_hours, settings.quiet_hours_channels) == (True, ["voice"])
    assert AuditEntry.objects.filter(action="compliance.settings_changed").count() == 1


def test_rules_are_the_operators(acme: Organization) -> None:
    rule = QuietHourRule.objects.get(country="US", region="FL")
    url = reverse("admin:compliance_quiethourrule_change", args=[rule.pk])
    form = {
        "country": "US", "region": "FL", "weekday": "", "opens": "08:00", "closes": "19:00", "source": "A new law",
        "effective_from": "2026-01-01", "effective_to": "",
    }  # fmt: skip
    assert staff(acme, "owner").post(url, form).status_code == 403
    client = operator()
    for wrong in ({"region": "XX"}, {"country": ""}, {"opens": "20:00"}, {"effective_to": "2025-01-01"}):
        assert client.post(url, {**form, **wrong}).status_code == 200, wrong
    assert client.post(url, form).status_code == 302
    rule.refresh_from_db()
    assert (str(rule), rule.source) == ("US FL 08:00–19:00", "A new law")


@pytest.mark.parametrize("model", [DncEntry, CarrierBlock, Decision])
def test_a_list_costs_the_same_for_many_rows(model: type, acme: Organization) -> None:
    client, page = staff(acme, "supervisor"), next(urls(model))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    cost()
    one = cost()
    for last in range(20):
        number = f"+141555501{last:02}"
        more = {"organization": acme, "number": number, "number_hash": f"{last:064}"}
        Contact.objects.create(organization=acme, name=f"Customer {last}", phone=f"+141555509{last:02}")
        DncEntry.objects.create(**more)
        CarrierBlock.objects.create(**more, sender=OURS)
        Decision.objects.create(**more, channel="sms", reason="dnc", detail="…", actor_kind="system")
    assert cost() == one
    assert one <= 12
