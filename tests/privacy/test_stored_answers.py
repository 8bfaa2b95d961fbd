"""Stored answers say in their text alone whose they are: they are read page by page, and the lease is renewed."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance import erasing
from compliance.models import PrivacyRequest, Removal
from compliance.privacy import work_on
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.api.models import IdempotentAnswer
from zerovoice.lib import clock, personal

pytestmark = pytest.mark.django_db
PHONE = "+14155550142"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PAGE", 10)


def answers(owner: Caller, *bodies: str) -> list[IdempotentAnswer]:
    organization_id = owner.organization.pk
    return IdempotentAnswer.objects.bulk_create(
        IdempotentAnswer(organization_id=organization_id, key=f"key-{number}", fingerprint="x", status=201, body=body)
        for number, body in enumerate(bodies, IdempotentAnswer.objects.count())
    )


def ask(owner: Caller, **more: Any) -> PrivacyRequest:
    body = {"phone": PHONE, "reason": "By letter", **more}
    return PrivacyRequest.objects.get(pk=owner.post("/api/v1/compliance/gdpr/delete", body).json()["id"])


def slices(request: PrivacyRequest, *, seconds: float = 0) -> list[dict[str, str]]:
    """Work on it as long as it is not done; how far the answers had been read after each slice."""
    read = []
    for _ in range(30):
        work_on(str(request.pk), seconds=seconds)
        request.refresh_from_db()
        if request.state == "done":
            return read
        read.append(request.reading.get("stored_answers", {}))
        PrivacyRequest.objects.filter(pk=request.pk).update(due_at=clock.machine_now())
        Removal.objects.update(state="done")
    raise AssertionError("It does not end")


def test_they_are_read_in_slices_each_of_which_goes_on_where_the_one_before_ended(owner: Caller) -> None:
    message = factories.message(owner.organization, factories.conversation(owner.organization, PHONE))
    theirs = answers(owner, *(["{}x"] * 24), f'{{"id": "{message.pk}"}}', *(["{}x"] * 24), f'{{"to": "{PHONE}"}}')
    (another,) = answers(people.member(people.organization("Other"), "owner"), f'{{"to": "{PHONE}"}}')
    request = ask(owner)
    read = slices(request)
    assert [place["after"] for place in read][:2] == [str(theirs[9].pk), str(theirs[19].pk)]
    assert request.counts["stored_answers"] == 2
    assert set(IdempotentAnswer.objects.filter(body="{}").values_list("pk", flat=True)) == {
        theirs[24].pk,
        theirs[49].pk,
    }
    assert all(personal.is_stand_in(row.key) for row in IdempotentAnswer.objects.filter(body="{}"))
    another.refresh_from_db()
    assert PHONE in another.body
    message.refresh_from_db()
    assert message.body == ""


def test_each_page_renews_the_lease_and_no_statement_reads_them_all(owner: Caller) -> None:
    answers(owner, *(['{"some": "body"}'] * 45))
    request = ask(owner)
    with CaptureQueriesContext(connection) as queries:
        work_on(str(request.pk))
    statements = [one["sql"] for one in queries.captured_queries]
    reading = [n for n, sql in enumerate(statements) if 'FROM "api_idempotentanswer"' in sql]
    assert len(reading) == 10  # read once more, for those that got their text meanwhile
    for number in reading:
        assert "LIMIT 10" in statements[number]
        renewed = next(sql for sql in statements[number + 1 :] if "compliance_privacyrequest" in sql)
        assert renewed.startswith("UPDATE")
        assert '"lease_expires_at"' in renewed


def test_what_got_its_text_after_it_was_passed_is_read_once_more(owner: Caller) -> None:
    """A request that is answered while the erasure is at work."""
    unanswered = answers(owner, "")[0]
    answers(owner, *(["{}x"] * 30))
    request = ask(owner)
    work_on(str(request.pk), seconds=0)
    IdempotentAnswer.objects.filter(pk=unanswered.pk).update(body=f'{{"to": "{PHONE}"}}')
    PrivacyRequest.objects.update(due_at=clock.machine_now())
    slices(request)
    unanswered.refresh_from_db()
    assert unanswered.body == "{}"


def test_a_dry_run_counts_them_once_and_changes_none(owner: Caller) -> None:
    answers(owner, f'{{"to": "{PHONE}"}}', *(["{}x"] * 30), f'{{"to": "{PHONE}"}}')
    request = ask(owner, dry_run=True)
    slices(request)
    assert (request.counts, request.total) == ({"stored_answers": 2}, 2)
    assert IdempotentAnswer.objects.filter(body__contains=PHONE).count() == 2
