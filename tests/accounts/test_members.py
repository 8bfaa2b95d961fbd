"""The people of an organisation, and who may manage them."""

import pytest

from tests import people
from zerovoice.accounts.models import AuditEntry, Membership, Organization, User

pytestmark = pytest.mark.django_db
PATH = "/api/v1/members"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> people.Caller:
    return people.member(acme, "owner")


def path(caller: people.Caller) -> str:
    return f"{PATH}/{caller.membership.id}"


def newcomer(**changes: object) -> dict[str, object]:
    return {"email": "Ada@Example.com", "name": "Ada", "role": "agent", "password": people.PASSWORD, **changes}


def test_a_newcomer_can_log_in(owner: people.Caller) -> None:
    made = owner.post(PATH, newcomer())
    assert made.status_code == 201
    assert made.json()["email"] == "ada@example.com"
    assert made.json()["role"] == "agent"
    pair = people.ANYBODY.post("/api/v1/auth/token", {"email": "ada@example.com", "password": people.PASSWORD})
    assert pair.json()["role"] == "agent"


@pytest.mark.parametrize("password", ["short", "password123", "ada@example.com", "1234567890", "x" * 257])
def test_a_weak_password_is_refused(owner: people.Caller, password: str) -> None:
    answer = owner.post(PATH, newcomer(password=password))
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "password"
    assert not User.objects.filter(email="ada@example.com").exists()


def test_who_has_an_account_is_refused(acme: Organization, owner: people.Caller) -> None:
    stranger = people.member(people.organization("Globex"), "owner")
    answer = owner.post(PATH, newcomer(email=stranger.membership.user.email))
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == "email"
    assert acme.memberships.count() == 1


def test_nobody_makes_somebody_more_powerful_than_themselves(acme: Organization, owner: people.Caller) -> None:
    admin = people.member(acme, "admin")
    assert admin.post(PATH, newcomer(role="owner")).status_code == 403
    assert admin.patch(path(owner), {"role": "viewer"}).status_code == 403
    assert admin.delete(path(owner)).status_code == 403
    assert admin.patch(path(admin), {"role": "owner"}).status_code == 403
    assert sorted(acme.memberships.values_list("role", flat=True)) == ["admin", "owner"]
    assert not User.objects.filter(email="ada@example.com").exists()


def test_the_last_owner_stays(acme: Organization, owner: people.Caller) -> None:
    for answer in (owner.patch(path(owner), {"role": "admin"}), owner.delete(path(owner))):
        assert answer.status_code == 422
        assert answer.json()["code"] == "unprocessable_entity"
    people.member(acme, "owner")
    assert owner.patch(path(owner), {"role": "admin"}).json()["role"] == "admin"


def test_a_colleague_leaves(acme: Organization, owner: people.Caller) -> None:
    colleague = people.member(acme, "agent")
    assert owner.delete(path(colleague)).status_code == 204
    assert not Membership.objects.filter(id=colleague.membership.id).exists()
    assert User.objects.filter(id=colleague.membership.user_id).exists()
    entry = AuditEntry.objects.get(action="member.removed")
    assert entry.target_id == str(colleague.membership.id)


def test_a_refused_change_changes_nothing(acme: Organization, owner: people.Caller) -> None:
    colleague = people.member(acme, "agent")
    before = AuditEntry.objects.count()
    for body in ({"role": "king"}, {"role": None}, {"role": "admin", "email": "x@example.com"}, [], {}):
        assert owner.patch(path(colleague), body).status_code == 400
    assert Membership.objects.get(id=colleague.membership.id).role == "agent"
    assert AuditEntry.objects.count() == before
