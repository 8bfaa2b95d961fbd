"""E-mail and password for a pair of tokens."""

import pytest

from tests import people
from zerovoice.accounts import actions, login
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db
PATH = "/api/v1/auth/token"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> people.Caller:
    return people.member(acme, "owner")


def log_in(email: str, password: str = people.PASSWORD, **more: object):
    return people.ANYBODY.post(PATH, {"email": email, "password": password, **more})


def email_of(caller: people.Caller) -> str:
    return caller.membership.user.email


def test_the_access_token_opens_the_api(acme: Organization, owner: people.Caller) -> None:
    answer = log_in(email_of(owner))
    assert answer.status_code == 200
    pair = answer.json()
    assert pair["token_type"] == "Bearer"
    assert pair["expires_in_seconds"] == 900
    assert pair["organization"] == {"id": str(acme.id), "name": "Acme", "slug": acme.slug}
    assert pair["role"] == "owner"
    caller = people.Caller(acme, {"Authorization": f"Bearer {pair['access']}"})
    assert caller.get("/api/v1/members").status_code == 200


def test_the_refresh_token_opens_nothing(acme: Organization, owner: people.Caller) -> None:
    refresh = log_in(email_of(owner)).json()["refresh"]
    assert people.Caller(acme, {"Authorization": f"Bearer {refresh}"}).get("/api/v1/members").status_code == 401


def test_the_case_of_the_e_mail_does_not_matter(owner: people.Caller) -> None:
    assert log_in(email_of(owner).upper()).status_code == 200


@pytest.mark.parametrize("password", ["wrong", people.PASSWORD + " ", people.PASSWORD.upper()])
def test_a_wrong_password(owner: people.Caller, password: str) -> None:
    answer = log_in(email_of(owner), password)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Unauthorized",
        "code": "unauthorized",
        "details": {"field": None, "message": "Wrong e-mail or password"},
    }


def test_an_unknown_e_mail_looks_and_works_like_a_wrong_password(owner: people.Caller, monkeypatch) -> None:
    hashed = []
    from django.contrib.auth.hashers import MD5PasswordHasher

    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    wrong = log_in(email_of(owner), "wrong")
    work = len(hashed)
    unknown = log_in("nobody@example.com", "wrong")
    assert unknown.content == wrong.content
    assert work == 1
    assert len(hashed) == 2 * work


def test_people_who_were_shut_out(owner: people.Caller) -> None:
    user = owner.membership.user
    user.is_active = False
    user.save()
    assert log_in(user.email).status_code == 401
    assert owner.get("/api/v1/members").status_code == 401


def test_of_several_organizations_one_must_be_named(acme: Organization, owner: people.Caller) -> None:
    globex = people.organization("Globex")
    actions.add_member(organization=globex, user=owner.membership.user, role="viewer")
    unnamed = log_in(email_of(owner))
    assert unnamed.status_code == 400
    assert unnamed.json()["details"]["field"] == "organization"
    assert log_in(email_of(owner), organization=globex.slug).json()["role"] == "viewer"
    assert log_in(email_of(owner), organization=str(acme.id)).json()["role"] == "owner"


def test_somebody_elses_organization(owner: people.Caller) -> None:
    globex = people.organization("Globex")
    answers = [log_in(email_of(owner), organization=name) for name in (globex.slug, str(globex.id), "nothing")]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert len({answer.content for answer in answers}) == 1


def test_no_organization_at_all() -> None:
    actions.create_user(email="alone@example.com", password=people.PASSWORD)
    assert log_in("alone@example.com").status_code == 403


def test_guessing_is_stopped(owner: people.Caller) -> None:
    for _ in range(login.MOST_FOR_PAIR):
        assert log_in(email_of(owner), "wrong").status_code == 401
    stopped = log_in(email_of(owner))  # even the right one
    assert stopped.status_code == 429
    assert stopped.json()["code"] == "too_many_requests"
    assert 1 <= int(stopped["Retry-After"]) <= login.WINDOW_SECONDS
    assert log_in("other@example.com", "wrong").status_code == 401


def test_success_forgets_the_failures(owner: people.Caller) -> None:
    for _ in range(3):
        for _ in range(login.MOST_FOR_PAIR - 1):
            assert log_in(email_of(owner), "wrong").status_code == 401
        assert log_in(email_of(owner)).status_code == 200


def test_one_address_cannot_try_everybody() -> None:
    statuses = [log_in(f"{number}@example.com", "wrong").status_code for number in range(login.MOST_FOR_ADDRESS + 1)]
    assert statuses == [401] * login.MOST_FOR_ADDRESS + [429]
