"""Transcripts in the admin site: read, found by what was said, made again; nothing of other organisations."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Transcript
from tests import people
from tests.api import factories
from zerovoice.accounts.models import AuditEntry, Organization

pytestmark = pytest.mark.django_db

LIST = reverse("admin:calls_transcript_changelist")


def staff(organization: Organization, role: str = "supervisor") -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def page_of(transcript: Transcript) -> str:
    return reverse("admin:calls_transcript_change", args=[transcript.pk])


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def ours(acme: Organization) -> Transcript:
    return factories.transcript(acme, ("customer", "Where is my <b>parcel</b>?"), ("agent", "It is on its way."))


@pytest.fixture
def theirs() -> Transcript:
    return factories.transcript(people.organization("Globex"), ("customer", "My parcel came to Globex."))


def test_it_shows_what_was_said_and_how_it_was_made(acme: Organization, ours: Transcript) -> None:
    page = staff(acme).get(page_of(ours)).content.decode()
    assert "Where is my &lt;b&gt;parcel&lt;/b&gt;?" in page
    assert "Hear it: done" in page


def test_the_list_finds_what_was_said(acme: Organization, ours: Transcript, theirs: Transcript) -> None:
    client = staff(acme)
    assert page_of(ours) in client.get(LIST, {"q": "parcels"}).content.decode()
    assert page_of(ours) not in client.get(LIST, {"q": "subscription"}).content.decode()
    assert page_of(ours) not in client.get(LIST, {"q": '"parcel way"'}).content.decode()


def test_nothing_of_another_organization(acme: Organization, ours: Transcript, theirs: Transcript) -> None:
    client = staff(acme)
    assert page_of(theirs) not in client.get(LIST).content.decode()
    assert page_of(theirs) not in client.get(LIST, {"q": "parcel"}).content.decode()
    assert client.get(page_of(theirs)).status_code in (302, 404)


def test_a_failed_one_says_why(acme: Organization, ours: Transcript) -> None:
    Transcript.objects.update(status="failed", reason="The file is empty")
    assert "The file is empty" in staff(acme).get(LIST).content.decode()


def test_it_is_made_again(acme: Organization, ours: Transcript, theirs: Transcript) -> None:
    form = {"action": "make_again", "_selected_action": [str(ours.pk), str(theirs.pk)]}
    staff(acme).post(LIST, form)
    for transcript, status in ((ours, "pending"), (theirs, "completed")):
        transcript.refresh_from_db()
        assert transcript.status == status
    assert ours.steps.get(kind="transcribe").state == "pending"
    assert AuditEntry.objects.filter(action="transcript.made_again").count() == 1


def test_who_only_reads_makes_nothing_again(acme: Organization, ours: Transcript) -> None:
    staff(acme, "viewer").post(LIST, {"action": "make_again", "_selected_action": [str(ours.pk)]})
    ours.refresh_from_db()
    assert ours.status == "completed"


def test_the_call_leads_to_it(acme: Organization, ours: Transcript) -> None:
    page = staff(acme).get(reverse("admin:calls_call_change", args=[ours.call_id])).content.decode()
    assert page_of(ours) in page


def test_a_list_costs_the_same_for_any_number(acme: Organization, ours: Transcript) -> None:
    client = staff(acme)
    client.get(LIST)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        return len(seen)

    one = queries()
    for _ in range(10):
        factories.transcript(acme)
    assert queries() == one
