"""Whose something is is looked up in an index, in tables that grow with every call."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.models import Call, CallLeg
from compliance import people, removals
from compliance.models import PrivacyRequest, Removal
from contacts.models import Contact
from numbers.models import PhoneNumber
from tests import people as humans
from tests.api import factories
from tests.people import Caller
from zerovoice.accounts.models import Organization, User
from zerovoice.carrier.models import Receipt
from zerovoice.lib import personal
from zerovoice.lib.ids import new_id
from zerovoice.lib.personal import Person

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "+14155550142", "maria@example.com"


@pytest.fixture
def acme() -> Organization:
    return humans.organization()


def plans(table: str, act: Callable[[], Any]) -> list[str]:
    """As the planner, free to choose, reads what is asked of a table by an act."""
    with CaptureQueriesContext(connection) as queries:
        act()
    found = []
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
        for statement in (one["sql"] for one in queries.captured_queries if f'FROM "{table}"' in one["sql"]):
            cursor.execute(f"EXPLAIN {statement}")
            found.append("\n".join(row[0] for row in cursor.fetchall()))
    assert found
    return found


def notices(ref: Any, number: int = 4000) -> None:
    Receipt.objects.bulk_create(
        Receipt(
            kind=("inbound", "inbound-message", "astray", "call")[n % 4], ref=ref, key=str(n), account_sid="AC",
            payload={"CallSid": f"CA{n:032}", "From": f"+1510{5_000_000 + n}", "To": "+16285550100"},
        )
        for n in range(number)
    )  # fmt: skip


def of(kind: str) -> personal.Kind:
    return next(one for one in personal.kinds() if one.name == kind)


def test_notices_of_lost_calls_are_found_by_the_carriers_id(acme: Organization) -> None:
    notices(new_id())
    call = Call.objects.create(organization=acme, direction="inbound", from_number=PHONE, to_number="+16285550100")
    CallLeg.objects.create(organization=acme, call=call, role="customer", from_number=PHONE, sid=f"CA{2:032}")
    person = Person(acme.pk, phones=frozenset({PHONE}))
    kind = of("notices_of_lost_calls")
    assert personal.rows(kind, person).get().key == "2"
    for plan in plans("carrier_receipt", lambda: list(personal.rows(kind, person))):
        assert "receipt_call_sid" in plan, plan
        assert "Seq Scan on carrier_receipt" not in plan


def test_notices_of_messages_are_found_by_who_sent_them(acme: Organization) -> None:
    """Not among all that came to the number."""
    ours = PhoneNumber.objects.create(organization=acme, number="+16285550100", country="US", number_type="local")
    notices(ours.pk)
    person = Person(acme.pk, phones=frozenset({"+15105000005"}))
    kind = of("notices_of_messages")
    assert personal.rows(kind, person).get().key == "5"
    for plan in plans("carrier_receipt", lambda: list(personal.rows(kind, person))):
        assert "receipt_from" in plan, plan
        assert "Seq Scan on carrier_receipt" not in plan


@pytest.fixture
def crowd(acme: Organization) -> Organization:
    Contact.objects.bulk_create(
        Contact(organization=acme, name=f"Nobody {n}", phone=f"+1510{5_000_000 + n}", email=f"N{n}@example.com")
        for n in range(4000)
    )
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=PHONE, email="Maria@Example.com")
    Contact.objects.create(organization=acme, name="maria lopez", phone="+14155550143", email=EMAIL)
    return acme


@pytest.mark.parametrize("named", [{"email": EMAIL}, {"phone": PHONE}])
def test_contacts_of_one_person_are_found_by_their_address(crowd: Organization, named: dict[str, str]) -> None:
    assert len(people.person(crowd.pk, **named).contact_ids) == 2
    found = plans("contacts_contact", lambda: people.person(crowd.pk, **named))
    assert any("contacts_by_email" in plan for plan in found), found
    assert not any("Seq Scan" in plan for plan in found), found


def test_users_are_found_by_theirs() -> None:
    User.objects.bulk_create(User(email=f"n{n}@example.com") for n in range(3000))
    (plan,) = plans("accounts_user", lambda: User.objects.filter(email=User.objects.normalize_email(EMAIL)).first())
    assert "Seq Scan" not in plan


# --- removals ---


@pytest.fixture
def owner(acme: Organization) -> Caller:
    return humans.member(acme, "owner")


@pytest.fixture
def busy(acme: Organization) -> PrivacyRequest:
    """A request with thousands of removals, of which thirty wait; beside others."""
    requests = [
        PrivacyRequest.objects.get(pk=factories.make(["compliance/gdpr/{request_id}"], acme)[name])
        for _ in range(3)
        for name in ["compliance/gdpr/{request_id}"]
    ]
    for request in requests:
        Removal.objects.bulk_create(
            Removal(
                organization=acme, request=request, place="files", state="pending" if n < 30 else "done",
                last_error=f"The storage: {n % 25}" if n < 30 else "", what={"own_folder": str(uuid4())},
            )
            for n in range(3000)
        )  # fmt: skip
    return requests[0]


def test_removals_are_added_up_and_not_fetched(owner: Caller, busy: PrivacyRequest) -> None:
    for path in ("", f"/{busy.pk}"):
        with CaptureQueriesContext(connection) as queries:
            answer = owner.get(f"/api/v1/compliance/gdpr{path}").json()
        told = (answer["results"][0] if "results" in answer else answer)["removals"]
        assert (told["done"], told["waiting"], len(told["problems"])) == (2970, 30, 20)
        assert told["problems"][0].startswith("Stored file: The storage: ")
        assert len(queries) < 15
        assert not any('SELECT "compliance_removal"."' in one["sql"] for one in queries.captured_queries)


def test_they_are_shown_page_by_page(owner: Caller, busy: PrivacyRequest) -> None:
    page = owner.get(f"/api/v1/compliance/gdpr/{busy.pk}/removals", {"state": "pending", "limit": 10}).json()
    assert (page["count"], len(page["results"])) == (30, 10)
    assert set(page["results"][0]) == {
        "id", "place", "state", "attempts", "problem", "created_at", "finished_at",
    }  # fmt: skip
    path = f"/api/v1/compliance/gdpr/{busy.pk}/removals"
    for query in ({}, {"state": "pending"}):
        for plan in plans("compliance_removal", lambda query=query: owner.get(path, query)):
            assert "Seq Scan" not in plan, plan


def test_the_last_removal_but_one_looks_at_one_row(busy: PrivacyRequest) -> None:
    waiting = Removal.objects.filter(request=busy, state="pending").order_by("pk")
    for removal in waiting[:29]:
        removals.carry_out(str(removal.pk))
    (plan,) = plans("compliance_removal", lambda: removals._left(busy.pk).exists())
    assert "Seq Scan" not in plan, plan
