"""A legal hold wins over what is under way: an erasure that has begun, one that waits, a night that removes."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from calls.models import CallLeg, Recording, Segment
from compliance import erasing, holds, retention
from compliance.models import LegalHold, PrivacyRequest, RetentionRun
from compliance.privacy import work_on
from contacts.models import Contact
from messaging.models import Conversation, Message
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.lib import clock

PHONE, OTHER_PHONE = "+14155550142", "+14155550143"


@pytest.fixture
def owner(db: None) -> Caller:
    return people.member(people.organization(), "owner")


def written(owner: Caller, number: int) -> Conversation:
    """So many messages of the person."""
    conversation = factories.conversation(owner.organization, PHONE)
    for _ in range(number):
        factories.message(owner.organization, conversation)
    return conversation


def ask(owner: Caller, **who: Any) -> str:
    return str(owner.post("/api/v1/compliance/gdpr/delete", {"reason": "By letter", **who}).json()["id"])


def hold(owner: Caller, **what: Any) -> None:
    LegalHold.objects.create(organization=owner.organization, reason="Case 17-204", **what)


def told(owner: Caller, request: str) -> dict[str, Any]:
    return dict(owner.get(f"/api/v1/compliance/gdpr/{request}").json())


@pytest.fixture
def after_a_batch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What somebody does after the first batch that has erased something: when `advance` has told of it."""

    def arrange(act: Any) -> None:
        advance = PrivacyRequest.advance

        def watched(request: PrivacyRequest, **fields: Any) -> None:
            advance(request, **fields)
            if fields.get("counts"):
                monkeypatch.setattr(PrivacyRequest, "advance", advance)
                act()

        monkeypatch.setattr(PrivacyRequest, "advance", watched)
        monkeypatch.setattr(erasing, "BATCH", 2)

    return arrange


def test_a_hold_that_is_placed_meanwhile_stops_the_next_batch(owner: Caller, after_a_batch: Any) -> None:
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE)
    written(owner, 6)
    request = ask(owner, phone=PHONE)
    after_a_batch(lambda: hold(owner, contact_id=contact.pk))
    work_on(request)
    done = told(owner, request)
    assert (done["state"], done["counts"], done["held"]) == (
        "done", {"messages": 2}, {"contacts": 1, "conversations": 1, "messages": 4},
    )  # fmt: skip
    assert Message.objects.filter(body="Hello").count() == 4
    assert done["certificate"]["held"] == done["held"]


def test_a_hold_on_a_call_that_is_placed_meanwhile_keeps_it(owner: Caller, after_a_batch: Any) -> None:
    gone = [factories.transcript(owner.organization).call for _ in range(2)]
    kept = factories.transcript(owner.organization)
    CallLeg.objects.update(ended_at=clock.now())
    Recording.objects.update(status="completed")
    request = ask(owner, phone=kept.call.from_number)
    after_a_batch(lambda: hold(owner, call_id=kept.call_id))
    work_on(request)
    kept.call.refresh_from_db()
    assert (kept.call.from_number, kept.call.erased_at) == ("+15551230001", None)
    assert kept.segments.count() == 2
    assert not Segment.objects.filter(call__in=gone).exists()


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ({"phone": PHONE}, {"phone": PHONE}),
        ({"email": "maria@example.com"}, {"phone": OTHER_PHONE, "email": "Maria@example.com"}),
    ],
)
def test_a_contact_that_is_made_and_held_while_an_erasure_waits_is_kept(
    owner: Caller, asked: dict[str, str], made: dict[str, str]
) -> None:
    request = ask(owner, **asked)
    written(owner, 1)
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", **made)
    hold(owner, contact_id=contact.pk)
    work_on(request)
    done = told(owner, request)
    assert (done["state"], done["counts"]) == ("done", {})
    assert Contact.objects.filter(pk=contact.pk).exists()
    assert Message.objects.filter(body="Hello").count() == 1


def test_somebody_elses_hold_keeps_nobody(owner: Caller) -> None:
    """Nor does one on a namesake, or on who shares the address."""
    Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE, email="a@example.com")
    written(owner, 1)
    request = ask(owner, phone=PHONE)
    for fields in ({"name": "Maria Lopez"}, {"name": "Juan Lopez", "email": "a@example.com", "phone": "+14155550144"}):
        other = Contact.objects.create(**{"organization": owner.organization, "phone": OTHER_PHONE, **fields})
        hold(owner, contact_id=other.pk)
    work_on(request)
    assert not Message.objects.filter(body="Hello").exists()


def test_a_hold_that_is_placed_meanwhile_stops_the_night(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE)
    written(owner, 6)
    Message.objects.update(created_at=timezone.now() - timedelta(days=40))
    monkeypatch.setattr(retention, "BATCH", 2)
    retention.begin(owner.organization.pk, RetentionRun.Kind.MESSAGES, 30, clock.now().replace(hour=3))
    advance = RetentionRun.advance

    def watched(run: RetentionRun, **fields: Any) -> None:
        advance(run, **fields)
        monkeypatch.setattr(RetentionRun, "advance", advance)
        hold(owner, contact_id=contact.pk)

    monkeypatch.setattr(RetentionRun, "advance", watched)
    retention.work_on(str(RetentionRun.objects.get().pk))
    assert RetentionRun.objects.values_list("state", "removed", "held").get() == ("done", 2, 4)


@pytest.mark.django_db(transaction=True)
def test_who_places_a_hold_waits_for_the_batch_under_way() -> None:
    """When they are told that it stands, nothing is erased any more."""
    owner = people.member(people.organization(), "owner")
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE)
    answers: list[int] = []

    def place() -> None:
        body = {"contact_id": str(contact.pk), "reason": "A case"}
        answers.append(owner.post("/api/v1/compliance/holds", body).status_code)
        connection.close()

    placing = threading.Thread(target=place)
    with transaction.atomic():
        holds.let_none_be_placed(owner.organization.pk)
        placing.start()
        placing.join(1)
        assert placing.is_alive()
    placing.join(30)
    assert answers == [201]
