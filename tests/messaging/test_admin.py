"""Messages, contacts and jobs in the admin site: what supervisors see of theirs, and of others nothing."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Call
from compliance.models import DncEntry, LegalHold
from contacts.models import Contact
from messaging.models import Conversation, Message, MessageMedia
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.bulk.models import Job, RowError
from zerovoice.embedded.environment import ACCOUNT_SID
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

MODELS = [Message, Conversation, Contact, Job]


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)  # type: ignore[union-attr]
    return client


def furnished(name: str, number: int) -> Organization:
    made = people.organization(name)
    phone = f"+1415555{number:04}"
    Contact.objects.create(organization=made, name=f"{name} friend", phone=phone)
    message = factories.message(made, factories.conversation(made, phone), body=f"{name} says hello")
    MessageMedia.objects.create(
        organization=made, message=message, sid=f"ME{new_id().hex}", content_type="image/gif",
        file=ContentFile(b"GIF89a", name="x.gif"), state="done",
    )  # fmt: skip
    factories.message(made, message.conversation, direction="outbound", status="failed", failure_reason="filtered",
                      carrier_error=30007, body="")  # fmt: skip
    job = Job.objects.create(
        organization=made, kind="contacts.import", author_kind="user", author_name=f"{name} olga", failed_count=1,
        state="done",
    )  # fmt: skip
    RowError.objects.create(job=job, line=3, reason=f"{name} reason", row="x")
    return made


@pytest.fixture
def acme() -> Organization:
    furnished("Globex", 2)
    return furnished("Acme", 1)


def changelist(client: Client, model: type) -> str:
    answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("model", MODELS)
def test_a_supervisor_sees_their_own_rows_only(model: type, acme: Organization) -> None:
    page = changelist(staff(acme, "supervisor"), model)
    assert "Acme" in page
    assert "Globex" not in page


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_for_many(model: type, acme: Organization) -> None:
    client = staff(acme, "supervisor")
    changelist(client, model)
    costs = []
    for few_or_many in range(2):
        with CaptureQueriesContext(connection) as queries:
            changelist(client, model)
        costs.append(len(queries))
        for number in range(10):
            phone = f"+1628555{few_or_many}{number:03}"
            Contact.objects.create(organization=acme, name="Friend", phone=phone)
            factories.message(acme, factories.conversation(acme, phone))
            Job.objects.create(organization=acme, kind="contacts.import", author_kind="user")
    assert costs[0] == costs[1]


def test_a_conversation_shows_names_words_pictures_and_what_went_wrong(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    conversation = Conversation.objects.get(organization=acme)
    page = client.get(reverse("admin:messaging_conversation_change", args=[conversation.pk])).content.decode()
    assert "Acme friend" in page
    assert "+1 415-555-0001" in page
    assert "Acme says hello" in page
    assert "The carrier filtered the message (30007)" in page
    medium = MessageMedia.objects.get(organization=acme)
    url = reverse("admin:messaging_media_file", args=[medium.pk])
    assert url in page
    assert b"".join(client.get(url).streaming_content) == b"GIF89a"  # type: ignore[attr-defined]
    other = MessageMedia.objects.exclude(organization=acme).get()
    assert client.get(reverse("admin:messaging_media_file", args=[other.pk])).status_code == 404


def test_a_number_is_found_however_it_is_typed(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    url = reverse("admin:messaging_message_changelist")
    assert "Acme says hello" in client.get(url, {"q": "+1 (415) 555-0001"}).content.decode()
    assert "Acme says hello" not in client.get(url, {"q": "+1 415 555 0002"}).content.decode()


def test_bad_rows_can_be_read(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    job = Job.objects.get(organization=acme)
    answer = client.get(reverse("admin:bulk_job_report", args=[job.pk]))
    assert "Acme reason" in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    other = Job.objects.exclude(organization=acme).get()
    assert client.get(reverse("admin:bulk_job_report", args=[other.pk])).status_code == 404


def test_a_contact_is_written_through_the_actions(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    body = {"name": "Zoe", "phone": "+14155550199", "tags": "vip,new", "organization": str(acme.pk)}
    answer = client.post(reverse("admin:contacts_contact_add"), body)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    zoe = Contact.objects.get(phone="+14155550199")
    assert zoe.tags == ["vip", "new"]
    changed = client.post(
        reverse("admin:contacts_contact_change", args=[zoe.pk]), {**body, "name": "Zoë", "company": "Zoo"}
    )
    assert changed.status_code == 302
    assert client.post(reverse("admin:contacts_contact_delete", args=[zoe.pk]), {"post": "yes"}).status_code == 302
    done = AuditEntry.objects.filter(target_id=str(zoe.pk)).order_by("id").values_list("action", flat=True)
    assert list(done) == ["contact.created", "contact.updated", "contact.deleted"]


def test_a_phone_that_another_contact_has_is_an_error_in_the_form(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    body = {"name": "Zoe", "phone": "+14155550001", "organization": str(acme.pk)}
    answer = client.post(reverse("admin:contacts_contact_add"), body)
    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()
    assert client.post(reverse("admin:contacts_contact_add"), {**body, "phone": "0142"}).status_code == 200
    assert Contact.objects.filter(organization=acme).count() == 1


# --- a conversation ---


def send(client: Client, conversation: Conversation, body: object) -> Any:
    url = reverse("admin:conversation_send", args=[conversation.pk])
    return client.post(url, {"body": body}, content_type="application/json")


@pytest.fixture
def talk(acme: Organization) -> Conversation:
    """A conversation with one of our numbers."""
    PhoneNumber.objects.create(
        organization=acme, number=factories.OUR_NUMBER, country="US", number_type="local", account_sid=ACCOUNT_SID
    )
    return Conversation.objects.get(organization=acme)


def test_an_answer_is_sent_as_over_the_api(acme: Organization, talk: Conversation, simulator: Any) -> None:
    simulator.add_number(factories.OUR_NUMBER)
    client = staff(acme, "supervisor")
    answer = send(client, talk, "On our way")
    assert answer.status_code == 201, answer.content
    sent = Message.objects.get(pk=answer.json()["id"])
    assert (sent.body, sent.to_number, sent.from_number) == ("On our way", talk.phone, factories.OUR_NUMBER)
    told = client.get(reverse("admin:conversation_messages", args=[talk.pk])).json()["messages"][-1]
    assert (told["text"], told["inbound"], told["by"]) == ("On our way", False, "Supervisor")


def test_refusals_are_said_in_words(acme: Organization, talk: Conversation) -> None:
    client, page = staff(acme, "supervisor"), reverse("admin:messaging_conversation_change", args=[talk.pk])
    assert "may not be null" in send(client, talk, None).json()["details"]["message"]
    assert "blank" in send(client, talk, " ").json()["details"]["message"]
    DncEntry.objects.create(organization=acme, author_kind="system", **DncEntry.naming(talk.phone))
    refused = send(client, talk, "Hello?")
    assert (refused.status_code, refused.json()["details"]["message"]) == (
        451, "The number is on the Do-Not-Call list",
    )  # fmt: skip
    assert "The number is on the Do-Not-Call list" in client.get(page).content.decode()
    PhoneNumber.objects.update(status="released")
    assert "can send no messages any more" in client.get(page).content.decode()
    assert not Message.objects.filter(body="Hello?").exists()


def test_who_may_not_write_and_whose_it_is_not(acme: Organization, talk: Conversation) -> None:
    assert send(staff(acme, "viewer"), talk, "Hello").status_code == 403
    assert 'name="body"' not in staff(acme, "viewer").get(
        reverse("admin:messaging_conversation_change", args=[talk.pk])
    ).content.decode()  # fmt: skip
    stranger = staff(people.organization("Initech"), "owner")
    assert send(stranger, talk, "Hello").status_code == 404
    for name in ("messaging_conversation_change", "conversation", "conversation_messages"):
        assert stranger.get(reverse(f"admin:{name}", args=[talk.pk])).status_code == 404


def test_a_long_conversation_is_shown_by_parts(
    acme: Organization, talk: Conversation, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        factories.message(acme, talk, body=f"Line {number}", direction="outbound", status="sent")
    client = staff(acme, "supervisor")
    url, data = (
        reverse(f"admin:{name}", args=[talk.pk]) for name in ("messaging_conversation_change", "conversation_messages")
    )
    newest = client.get(data).json()
    assert [told["text"] for told in newest["messages"]] == [f"Line {number}" for number in range(10, 60)]
    before = client.get(data, {"before": newest["earlier"]}).json()
    assert [told["text"] for told in before["messages"]][-1] == "Line 9"
    assert before["earlier"] == ""
    assert client.get(url, {"before": newest["earlier"]}).status_code == 200
    assert client.get(url, {"before": "x"}).status_code == 404
    with django_assert_max_num_queries(18):
        client.get(url)


# --- a contact ---


def test_a_contacts_page_tells_calls_messages_and_what_is_allowed(
    acme: Organization, django_assert_max_num_queries: Any
) -> None:
    contact = Contact.objects.get(organization=acme)
    for _ in range(12):
        Call.objects.filter(pk=factories._call(acme, {})).update(from_number=contact.phone)
    naming = DncEntry.naming(contact.phone)
    DncEntry.objects.create(organization=acme, author_kind="system", reason="Asked us", **naming)
    LegalHold.objects.create(organization=acme, contact_id=contact.pk, reason="A dispute", author_kind="system")
    client, url = staff(acme, "supervisor"), reverse("admin:contacts_contact_change", args=[contact.pk])
    with django_assert_max_num_queries(25):
        page = client.get(url).content.decode()
    assert page.count("Call from them") == 10
    refused = "On the Do-Not-Call list (manual). Asked us"
    for words in ("1 message with", refused, "not now", "Legal hold", "All of them"):
        assert words in page, words
    listed = changelist(client, Contact)
    assert "+1 415-555-0001" in listed
    assert "Last contact" in listed
