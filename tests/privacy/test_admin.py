"""Requests, holds and nights in the admin site."""

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import LegalHold, PrivacyRequest
from contacts.models import Contact
from tests import people
from tests.api import factories
from zerovoice.accounts.models import AuditEntry, Organization

pytestmark = pytest.mark.django_db
PHONE = "+14155550142"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def test_a_request_is_made_and_followed(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "kind": "delete", "phone": "+1 (415) 555-0142", "reason": "By letter"}
    answer = client.post(reverse("admin:compliance_privacyrequest_add"), form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = PrivacyRequest.objects.get()
    assert (made.phones, made.reason, made.author_kind) == ([PHONE], "By letter", "user")
    assert AuditEntry.objects.filter(action="gdpr.delete_asked").count() == 1
    page = client.get(reverse("admin:compliance_privacyrequest_change", args=[made.pk])).content.decode()
    assert PHONE in page
    assert "By letter" in client.get(reverse("admin:compliance_privacyrequest_change", args=[made.pk])).content.decode()
    assert client.get(reverse("admin:compliance_privacyrequest_changelist")).status_code == 200


def test_the_form_wants_one_person(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "kind": "export", "phone": PHONE, "email": "a@example.com", "reason": "x"}
    assert client.post(reverse("admin:compliance_privacyrequest_add"), form).status_code == 200
    assert not PrivacyRequest.objects.exists()


def test_a_supervisor_reads_and_asks_nothing(acme: Organization) -> None:
    factories.make(["compliance/gdpr/{request_id}", "compliance/holds/{hold_id}"], acme)
    client = staff(acme, "supervisor")
    for name in ("privacyrequest", "legalhold", "retentionrun"):
        assert client.get(reverse(f"admin:compliance_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:compliance_{name}_add")).status_code == 403


def test_a_hold_is_placed_and_released(acme: Organization) -> None:
    client = staff(acme, "owner")
    contact = factories.make(["contacts/{contact_id}"], acme)["contacts/{contact_id}"]
    add = reverse("admin:compliance_legalhold_add")
    form = {"organization": str(acme.pk), "contact_id": str(contact), "reason": "Case 17-204"}
    answer = client.post(add, form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    hold = LegalHold.objects.get()
    assert client.post(add, form).status_code == 200  # it is held already
    page = client.get(reverse("admin:compliance_legalhold_changelist")).content.decode()
    assert "Contact Maria Lopez" in page
    release = {"action": "release", "_selected_action": [str(hold.pk)]}
    assert client.post(reverse("admin:compliance_legalhold_changelist"), release).status_code == 302
    hold.refresh_from_db()
    assert hold.released_at is not None
    assert AuditEntry.objects.filter(action__startswith="legal_hold.").count() == 2


def test_who_is_held_is_not_deleted_with_others(acme: Organization) -> None:
    client = staff(acme, "owner")
    held, other = (
        Contact.objects.create(organization=acme, name=name, phone=phone)
        for name, phone in (("Maria Lopez", PHONE), ("Nora Vale", "+14155550143"))
    )
    LegalHold.objects.create(organization=acme, contact_id=held.pk, reason="A case")
    form = {"action": "delete_selected", "_selected_action": [str(held.pk), str(other.pk)], "post": "yes"}
    answer = client.post(reverse("admin:contacts_contact_changelist"), form, follow=True)
    assert "Kept by a legal hold: 1" in answer.content.decode()
    assert list(Contact.objects.all()) == [held]
    assert AuditEntry.objects.filter(action="contact.deleted").count() == 1


def test_the_file_is_for_those_who_may_ask_for_it(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.exporting.link", lambda request: "https://example.com/the-file")
    staff(acme, "owner").post(
        reverse("admin:compliance_privacyrequest_add"),
        {"organization": str(acme.pk), "kind": "export", "phone": PHONE, "reason": "By letter"},
    )
    page = reverse("admin:compliance_privacyrequest_change", args=[PrivacyRequest.objects.get().pk])
    assert "the-file" in staff(acme, "owner").get(page).content.decode()
    for role in ("supervisor", "viewer"):
        answer = staff(acme, role).get(page)
        assert answer.status_code == 200
        assert "the-file" not in answer.content.decode()
