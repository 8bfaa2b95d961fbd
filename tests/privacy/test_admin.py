"""Requests, holds and nights in the admin site."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy

from calls.models import Call
from compliance import privacy
from compliance.models import LegalHold, PrivacyRequest
from contacts.models import Contact
from tests import people
from tests.api import factories
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db
PHONE = "+14155550142"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


ASK = reverse_lazy("admin:compliance_privacyrequest_add")
PLACE = reverse_lazy("admin:compliance_legalhold_add")


def page_of(request: PrivacyRequest) -> str:
    return reverse("admin:compliance_privacyrequest_change", args=[request.pk])


def test_a_person_is_looked_at_first_and_erased_by_who_types_them_again(acme: Organization) -> None:
    client = staff(acme, "owner")
    maria = Contact.objects.create(organization=acme, name="Maria Lopez", phone=PHONE, email="maria@lopez.example")
    found = client.get(ASK, {"who": "(415) 555-0142"}).content.decode()
    assert f"contact_id:{maria.pk}" in found
    assert "Maria Lopez" in found
    form = {"target": f"contact_id:{maria.pk}", "kind": "delete", "reason": "By letter"}
    where = client.post(f"{ASK}?who=x", form)
    looked = PrivacyRequest.objects.get()
    assert where["Location"] == page_of(looked)
    assert (looked.dry_run, looked.phones, looked.reason) == (True, [PHONE], "By letter")
    assert "Erase this person" not in client.get(page_of(looked)).content.decode()  # it is not counted yet
    privacy.work_on(str(looked.pk))
    page = client.get(page_of(looked)).content.decode()
    assert "1 record would go" in page
    assert "Erase this person" in page

    erase = reverse("admin:privacy_erase", args=[looked.pk])
    for again in ("", "+14155550143", "maria@lopez.example"):
        assert "nothing was erased" in client.post(erase, {"again": again}).content.decode()
    assert PrivacyRequest.objects.count() == 1
    client.post(erase, {"again": "415 555-0142"})
    erasure = PrivacyRequest.objects.get(dry_run=False)
    progress = client.get(reverse("admin:privacy_progress", args=[erasure.pk])).json()
    assert (progress["over"], progress["percent"]) == (False, 0)
    for _ in range(5):
        privacy.work_on(str(erasure.pk))
        PrivacyRequest.objects.filter(pk=erasure.pk, state="pending").update(due_at=clock.machine_now())
    page = client.get(page_of(erasure)).content.decode()
    assert "Certificate" in page
    assert "Maria" not in page
    assert not Contact.objects.exists()
    assert AuditEntry.objects.filter(action="gdpr.delete_asked").count() == 1


def test_more_is_known_by_now_and_nothing_is_erased(acme: Organization) -> None:
    client = staff(acme, "owner")
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=PHONE, email="maria@lopez.example")
    client.post(ASK, {"target": f"phone:{PHONE}", "kind": "delete", "reason": "By letter"})
    looked = PrivacyRequest.objects.get()
    privacy.work_on(str(looked.pk))
    Contact.objects.create(organization=acme, name="Maria Lopez", phone="+14155550143", email="maria@lopez.example")
    answer = client.post(reverse("admin:privacy_erase", args=[looked.pk]), {"again": PHONE})
    assert "look again" in answer.content.decode()
    assert PrivacyRequest.objects.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"target": "phone:911", "kind": "export", "reason": "x"},
        {"target": "contact_id:nobody", "kind": "export", "reason": "x"},
        {"target": f"contact_id:{people.absent_id()}", "kind": "export", "reason": "x"},
        {"target": f"phone:{PHONE}", "kind": "nothing", "reason": "x"},
        {"target": f"phone:{PHONE}", "kind": "export", "reason": ""},
        {"target": f"phone:{PHONE}", "kind": "export", "reason": "x" * 501},
    ],
)
def test_what_is_wrong_is_said_on_the_page(acme: Organization, form: dict[str, str]) -> None:
    answer = staff(acme, "owner").post(f"{ASK}?who=4155550142", form)
    assert answer.status_code in (400, 422)
    assert 'role="alert"' in answer.content.decode()
    assert not PrivacyRequest.objects.exists()


def test_nobody_finds_or_asks_about_others_people(acme: Organization) -> None:
    globex = people.organization("Globex")
    theirs = Contact.objects.create(organization=globex, name="Maria Lopez", phone=PHONE, email="maria@lopez.example")
    made = factories.make(["compliance/gdpr/{request_id}"], globex)["compliance/gdpr/{request_id}"]
    client = staff(acme, "owner")
    for page in (ASK, PLACE):
        for who in ("Maria", PHONE, "maria@lopez.example"):
            assert str(theirs.pk) not in client.get(page, {"who": who, "in": str(globex.pk)}).content.decode()
    form = {"target": f"contact_id:{theirs.pk}", "kind": "export", "reason": "x"}
    assert client.post(f"{ASK}?in={globex.pk}", form).status_code == 422
    assert client.post(f"{PLACE}?in={globex.pk}", form).status_code == 422
    for name in ("compliance_privacyrequest_change", "privacy_progress", "privacy_erase"):
        assert client.get(reverse(f"admin:{name}", args=[made])).status_code == 404
    assert client.post(reverse("admin:privacy_erase", args=[made]), {"again": PHONE}).status_code == 404


def test_a_few_queries_a_list(acme: Organization, django_assert_max_num_queries: Any) -> None:
    for _ in range(4):
        factories.make(["compliance/gdpr/{request_id}", "compliance/holds/{hold_id}"], acme)
    client = staff(acme, "owner")
    for name in ("privacyrequest", "legalhold", "retentionrun"):
        with django_assert_max_num_queries(14):
            client.get(reverse(f"admin:compliance_{name}_changelist"))


def test_a_supervisor_reads_and_asks_nothing(acme: Organization) -> None:
    factories.make(["compliance/gdpr/{request_id}", "compliance/holds/{hold_id}"], acme)
    client = staff(acme, "supervisor")
    for name in ("privacyrequest", "legalhold", "retentionrun"):
        assert client.get(reverse(f"admin:compliance_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:compliance_{name}_add")).status_code == 403


def test_a_hold_is_placed_and_released(acme: Organization) -> None:
    client = staff(acme, "owner")
    contact = factories.make(["contacts/{contact_id}"], acme)["contacts/{contact_id}"]
    form = {"target": f"contact_id:{contact}", "reason": "Case 17-204"}
    assert client.post(PLACE, form).status_code == 302
    hold = LegalHold.objects.get()
    assert "a hold on it already" in client.post(PLACE, form).content.decode()
    page = client.get(reverse("admin:compliance_legalhold_changelist")).content.decode()
    assert "Contact Maria Lopez" in page
    shown = reverse("admin:compliance_legalhold_change", args=[hold.pk])
    order = reverse("admin:compliance_legalhold_order", args=[hold.pk, "release"])
    assert "order/release" in client.get(shown).content.decode()
    assert client.get(order).status_code == 405
    assert staff(acme, "supervisor").post(order).status_code == 403
    assert staff(people.organization("Globex"), "owner").post(order).status_code == 404
    client.post(order)
    hold.refresh_from_db()
    assert hold.released_at is not None
    assert "order/release" not in client.get(shown).content.decode()
    assert AuditEntry.objects.filter(action__startswith="legal_hold.").count() == 2


def test_a_call_is_held_by_its_number(acme: Organization) -> None:
    client = staff(acme, "owner")
    call = Call.objects.get(pk=factories.make(["calls/{call_id}"], acme)["calls/{call_id}"])
    found = client.get(PLACE, {"who": call.from_number}).content.decode()
    assert f"call_id:{call.pk}" in found
    assert client.post(PLACE, {"target": f"call_id:{call.pk}", "reason": "Case 1"}).status_code == 302
    page = client.get(reverse("admin:compliance_legalhold_changelist"))
    assert f"{call.from_number} to {call.to_number}" in page.content.decode()
    form = {"action": "release", "_selected_action": [str(LegalHold.objects.get().pk)]}
    client.post(reverse("admin:compliance_legalhold_changelist"), form)
    assert LegalHold.objects.get().released_at


def test_who_is_held_is_not_deleted_with_others(acme: Organization) -> None:
    client = staff(acme, "owner")
    held, other = (
        Contact.objects.create(organization=acme, name=name, phone=phone)
        for name, phone in (("Maria Lopez", PHONE), ("Nora Vale", "+14155550143"))
    )
    LegalHold.objects.create(organization=acme, contact_id=held.pk, reason="A case")
    form = {"action": "delete_selected", "_selected_action": [str(held.pk), str(other.pk)], "post": "yes"}
    answer = client.post(reverse("admin:contacts_contact_changelist"), form, follow=True)
    page = answer.content.decode()
    assert "Deleted: 1 contact" in page
    assert "Not deleted: 1." in page
    assert "legal hold" in page
    assert list(Contact.objects.all()) == [held]
    assert AuditEntry.objects.filter(action="contact.deleted").count() == 1


def test_the_file_is_for_those_who_may_ask_for_it(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.exporting.link", lambda request: "https://example.com/the-file")
    staff(acme, "owner").post(
        reverse("admin:compliance_privacyrequest_add"),
        {"target": f"phone:{PHONE}", "kind": "export", "reason": "By letter"},
    )
    page = reverse("admin:compliance_privacyrequest_change", args=[PrivacyRequest.objects.get().pk])
    assert "the-file" in staff(acme, "owner").get(page).content.decode()
    for role in ("supervisor", "viewer"):
        answer = staff(acme, role).get(page)
        assert answer.status_code == 200
        assert "the-file" not in answer.content.decode()
