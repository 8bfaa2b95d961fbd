"""Contacts through the API: what may be written down, by whom, and what is refused."""

import pytest

from contacts.models import Contact
from tests import people
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db

MARIA = {
    "name": "Maria Lopez", "phone": "+14155550142", "email": "maria@lopez.example", "company": "Lopez Bakery",
    "tags": ["vip", "wholesale"], "timezone": "America/New_York",
    "address": {"street": "1 Main St", "city": "Miami", "region": "FL", "postal_code": "33101", "country": "US"},
}  # fmt: skip
CONTACTS = "/api/v1/contacts"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


@pytest.fixture
def stranger() -> Caller:
    return people.member(people.organization("Other"), "owner")


def test_all_that_was_written_is_read_again(owner: Caller) -> None:
    made = owner.post(CONTACTS, MARIA)
    assert made.status_code == 201, made.content
    body = made.json()
    assert {name: body[name] for name in MARIA} == MARIA
    assert owner.get(f"{CONTACTS}/{body['id']}").json() == body
    assert owner.get(CONTACTS).json()["results"] == [body]


def test_name_and_phone_are_enough(owner: Caller) -> None:
    body = owner.post(CONTACTS, {"name": "Ann", "phone": "+442079460000"}).json()
    assert (body["email"], body["company"], body["tags"], body["timezone"]) == ("", "", [], "")
    assert set(body["address"].values()) == {""}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"phone": "555 0142"}, "phone"),
        ({"phone": 14155550142}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"company": 5}, "company"),
        ({"tags": "vip"}, "tags"),
        ({"tags": ["ok", 5]}, "tags.1"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": [str(n) for n in range(51)]}, "tags"),
        ({"address": {"country": "XX"}}, "address.country"),
        ({"address": {"planet": "Mars"}}, "address.planet"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"phone_number": "+14155550142"}, "phone_number"),
    ],
)
def test_what_is_wrong_is_named(owner: Caller, change: dict[str, object], field: str) -> None:
    answer = owner.post(CONTACTS, {**MARIA, **change})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field, answer.json()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("missing", ["name", "phone"])
def test_what_is_missing_is_named(owner: Caller, missing: str) -> None:
    body = {name: value for name, value in MARIA.items() if name != missing}
    answer = owner.post(CONTACTS, body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, missing)


def test_tags_are_tidied(owner: Caller) -> None:
    assert owner.post(CONTACTS, {**MARIA, "tags": [" vip ", "vip", "new"]}).json()["tags"] == ["vip", "new"]


def test_a_second_contact_with_the_phone_is_told_the_first(owner: Caller, stranger: Caller) -> None:
    first = owner.post(CONTACTS, MARIA).json()
    again = owner.post(CONTACTS, {**MARIA, "name": "Mary"})
    assert again.status_code == 422
    assert again.json()["details"]["field"] == "phone"
    assert first["id"] in again.json()["details"]["message"]
    assert stranger.post(CONTACTS, MARIA).status_code == 201  # another organisation's book is its own

    other = owner.post(CONTACTS, {"name": "Ann", "phone": "+442079460000"}).json()
    moved = owner.patch(f"{CONTACTS}/{other['id']}", {"phone": MARIA["phone"]})
    assert moved.status_code == 422
    assert first["id"] in moved.json()["details"]["message"]
    assert owner.get(f"{CONTACTS}/{other['id']}").json()["phone"] == "+442079460000"


def test_a_change_leaves_the_rest(owner: Caller) -> None:
    made = owner.post(CONTACTS, MARIA).json()
    url = f"{CONTACTS}/{made['id']}"
    changed = owner.patch(url, {"company": "", "address": {"city": "Tampa"}}).json()
    assert (changed["company"], changed["email"]) == ("", MARIA["email"])
    assert changed["address"] == {**MARIA["address"], "city": "Tampa"}  # type: ignore[dict-item]
    assert changed["updated_at"] > made["updated_at"]
    assert owner.patch(url, {}).status_code == 400
    assert owner.patch(url, {"name": ""}).status_code == 400


def test_deleting_forgets(owner: Caller) -> None:
    made = owner.post(CONTACTS, MARIA).json()
    assert owner.delete(f"{CONTACTS}/{made['id']}").status_code == 204
    assert owner.get(f"{CONTACTS}/{made['id']}").status_code == 404
    assert owner.post(CONTACTS, MARIA).status_code == 201


def test_a_stranger_finds_and_changes_nothing(owner: Caller, stranger: Caller) -> None:
    url = f"{CONTACTS}/{owner.post(CONTACTS, MARIA).json()['id']}"
    for answer in (stranger.get(url), stranger.patch(url, {"name": "Mine"}), stranger.delete(url)):
        assert answer.status_code == 404
    assert stranger.get(CONTACTS, {"search": "maria"}).json()["results"] == []
    assert owner.get(url).json()["name"] == "Maria Lopez"


def test_agents_write_and_viewers_only_read(owner: Caller) -> None:
    agent, viewer = people.member(owner.organization, "agent"), people.member(owner.organization, "viewer")
    assert agent.post(CONTACTS, MARIA).status_code == 201
    assert viewer.get(CONTACTS).json()["count"] == 1
    assert viewer.post(CONTACTS, {**MARIA, "phone": "+442079460000"}).status_code == 403


def test_the_audit_names_fields_and_no_values(owner: Caller) -> None:
    made = owner.post(CONTACTS, {"name": "Maria", "phone": "+14155550142"}).json()
    owner.patch(f"{CONTACTS}/{made['id']}", {"company": "Lopez"})
    owner.delete(f"{CONTACTS}/{made['id']}")
    entries = AuditEntry.objects.filter(target_id=made["id"]).order_by("id")
    assert [(entry.action, entry.fields) for entry in entries] == [
        ("contact.created", ["name", "phone"]),
        ("contact.updated", ["company"]),
        ("contact.deleted", []),
    ]
