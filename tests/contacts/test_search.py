"""Finding contacts by what people remember of them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.search import words
from tests import people
from tests.people import Caller

PEOPLE = [
    ("Maria Lopez", "Lopez Bakery", "maria@lopez.example", "+14155550142", ["vip"]),
    ("Mario Rossi", "Trattoria Roma", "mario@roma.example", "+14155550143", []),
    ("Michael Johnson", "Johnson & Sons", "mj@sons.example", "+442079460018", ["vip", "new"]),
    ("José Núñez", "Núñez SA", "jose@nunez.example", "+34911234567", []),
    ("Al Ng", "3M", "al@mmm.example", "+16515550199", ["new"]),
    ("Percent % Under_score", "100% Pure", "p@pure.example", "+61293744000", []),
]


@pytest.fixture
def owner(db: None) -> Caller:
    owner = people.member(people.organization(), "owner")
    for organization in (people.organization("Other"), owner.organization):
        Contact.objects.bulk_create(
            Contact(organization=organization, name=name, company=company, email=email, phone=phone, tags=tags)
            for name, company, email, phone, tags in PEOPLE
        )
    return owner


def found(caller: Caller, search: str, **query: Any) -> list[str]:
    answer = caller.get("/api/v1/contacts", {"search": search, **query})
    assert answer.status_code == 200, answer.content
    assert answer.json()["count"] == len(answer.json()["results"])
    return [contact["name"] for contact in answer.json()["results"]]


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("Lopez", "Maria Lopez"),
        ("LOPEZ MARIA", "Maria Lopez"),
        ("bakery", "Maria Lopez"),
        ("akery", "Maria Lopez"),
        ("maria@lopez.example", "Maria Lopez"),
        ("+14155550142", "Maria Lopez"),
        (" 14155550142", "Maria Lopez"),
        ("(415) 555-0142", "Maria Lopez"),
        ("0142", "Maria Lopez"),
        ("020 7946 0018", "Michael Johnson"),
        ("Jonson", "Michael Johnson"),
        ("Micheal", "Michael Johnson"),
        ("Trattorria", "Mario Rossi"),
        ("jose", "José Núñez"),
        ("al", "Al Ng"),
        ("3m", "Al Ng"),
        ("ng 651", "Al Ng"),
        ("100%", "Percent % Under_score"),
        ("under_", "Percent % Under_score"),
    ],
)
def test_the_first_is_whom_was_meant(owner: Caller, search: str, name: str) -> None:
    assert found(owner, search)[:1] == [name]


def test_errors_are_forgiven_only_where_nobody_is_written_so(owner: Caller) -> None:
    assert found(owner, "maria") == ["Maria Lopez"]
    assert found(owner, "mario") == ["Mario Rossi"]
    assert set(found(owner, "mariaa")) == {"Maria Lopez", "Mario Rossi"}


@pytest.mark.parametrize("search", ["zzzz", "maria johnson", "99999", "_____", "%%%%"])
def test_nothing_is_nothing(owner: Caller, search: str) -> None:
    assert found(owner, search) == []


def test_an_empty_search_is_none(owner: Caller) -> None:
    assert len(found(owner, "")) == len(found(owner, "   ")) == len(PEOPLE)


def test_tags(owner: Caller) -> None:
    def tagged(tag: str, **query: str) -> list[str]:
        results = owner.get("/api/v1/contacts", {"tag": tag, **query}).json()["results"]
        return sorted(contact["name"] for contact in results)

    assert tagged("vip") == ["Maria Lopez", "Michael Johnson"]
    assert tagged("vip", search="johnson") == ["Michael Johnson"]
    assert tagged("VIP") == []


def test_pages_of_a_search_hold_everybody_once(owner: Caller) -> None:
    Contact.objects.bulk_create(
        Contact(organization=owner.organization, name=f"Twin {n % 3}", phone=f"+1212555{n:04}") for n in range(60)
    )
    pages = [owner.get("/api/v1/contacts", {"search": "twin", "page": n}).json()["results"] for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    assert len({contact["id"] for page in pages for contact in page}) == 60


def test_words() -> None:
    assert words("Jon  (415) 555 - 01 Acme") == ["jon", "41555501", "acme"]
    assert words("+44 20 7946") == ["44207946"]
    assert words("020 7946") == ["207946"]
    assert words("000") == ["000"]
    assert words("3M a.b@c") == ["3m", "a.b@c"]
    assert len(words("w " * 30)) == 8


@pytest.mark.parametrize(
    ("query", "index"),
    [("search=lopez", "contacts_search"), ("search=al", "contacts_search"), ("search=0142", "contacts_search"),
     ("search=jonson", "contacts_search"), ("tag=vip", "contacts_tags")],
)  # fmt: skip
def test_each_way_has_an_index(owner: Caller, query: str, index: str) -> None:
    with connection.cursor() as cursor:  # without what would do for so few contacts, and not for a million
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL enable_seqscan = off")
        cursor.execute("ALTER TABLE contacts_contact DROP CONSTRAINT contacts_one_for_each_phone")
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'contacts_contact'")
        for (name,) in cursor.fetchall():
            if name != index and not name.endswith("pkey"):
                cursor.execute(f"DROP INDEX {name}")
    owner.get("/api/v1/contacts")
    with CaptureQueriesContext(connection) as queries:
        assert owner.get(f"/api/v1/contacts?{query}").status_code == 200
    statements = [one["sql"] for one in queries.captured_queries if 'FROM "contacts_contact"' in one["sql"]]
    plans = []
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    assert any(f"Bitmap Index Scan on {index}" in plan for plan in plans), plans
    assert not any("Seq Scan" in plan for plan in plans), plans
