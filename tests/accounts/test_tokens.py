"""Tokens: rotation, log-out, and all the ways in which they end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.db import connections
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from tests import people
from zerovoice.accounts import actions, tokens
from zerovoice.accounts.models import Membership, Organization
from zerovoice.accounts.tasks import flush_expired_tokens
from zerovoice.lib.clock import machine_now

pytestmark = pytest.mark.django_db
PATH = "/api/v1/calls/live"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def membership(acme: Organization) -> Membership:
    return people.member(acme, "supervisor").membership


def bearer(token: object) -> people.Caller:
    return people.Caller(None, {"Authorization": f"Bearer {token}"})  # type: ignore[arg-type]


def refresh(token: object):
    return people.ANYBODY.post("/api/v1/auth/token/refresh", {"refresh": str(token)})


def test_refreshing_gives_a_pair_and_voids_the_old_token(membership: Membership) -> None:
    old = tokens.issue(membership)
    first = refresh(old)
    assert first.status_code == 200
    assert bearer(first.json()["access"]).get(PATH).status_code == 200
    again = refresh(old)
    assert again.status_code == 401
    assert again.json()["details"] == {
        "field": "refresh",
        "message": "The refresh token is invalid, expired or used",
    }
    assert refresh(first.json()["refresh"]).status_code == 200


def test_log_out_voids_the_refresh_token(membership: Membership) -> None:
    token = tokens.issue(membership)
    assert people.ANYBODY.post("/api/v1/auth/logout", {"refresh": str(token)}).status_code == 204
    assert refresh(token).status_code == 401
    assert people.ANYBODY.post("/api/v1/auth/logout", {"refresh": str(token)}).status_code == 401


def test_an_access_token_is_no_refresh_token(membership: Membership) -> None:
    assert refresh(tokens.issue(membership).access_token).status_code == 401


def test_expired(membership: Membership) -> None:
    access = tokens.issue(membership).access_token
    access.set_exp(from_time=machine_now() - timedelta(hours=1), lifetime=timedelta(minutes=1))
    assert bearer(access).get(PATH).status_code == 401


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "null", "é", "Bearer", "a" * 5000])
def test_malformed(text: str) -> None:
    assert bearer(text).get(PATH).status_code == 401


def claims(membership: Membership, **changes: object) -> dict[str, object]:
    return {**tokens.issue(membership).access_token.payload, **changes}


def test_signed_by_somebody_else(membership: Membership) -> None:
    forged = jwt.encode(claims(membership), "x" * 40, algorithm="HS256")
    assert bearer(forged).get(PATH).status_code == 401


def test_unsigned(membership: Membership) -> None:
    assert bearer(jwt.encode(claims(membership), None, algorithm="none")).get(PATH).status_code == 401


@pytest.mark.parametrize("changes", [{"org": "x"}, {"org": None}, {"ver": "x"}, {"user_id": 5}, {"ver": [1]}])
def test_signed_with_senseless_claims(membership: Membership, changes: dict[str, object]) -> None:
    token = jwt.encode(claims(membership, **changes), settings.SECRET_KEY, algorithm="HS256")
    assert bearer(token).get(PATH).status_code == 401


def test_signed_with_an_earlier_secret_key(membership: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = "an-earlier-secret-key-of-this-instance"
    token = jwt.encode(claims(membership), earlier, algorithm="HS256")
    assert bearer(token).get(PATH).status_code == 401
    tokens._backend.__dict__.pop("_earlier", None)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [earlier])
    assert bearer(token).get(PATH).status_code == 200
    tokens._backend.__dict__.pop("_earlier", None)


def test_of_another_organization_than_the_membership(membership: Membership) -> None:
    globex = people.organization("Globex")
    token = jwt.encode(claims(membership, org=str(globex.id)), settings.SECRET_KEY, algorithm="HS256")
    assert bearer(token).get(PATH).status_code == 401


def test_removal_ends_them_at_once(membership: Membership, django_capture_on_commit_callbacks) -> None:
    token = tokens.issue(membership)
    assert bearer(token.access_token).get(PATH).status_code == 200  # and cached
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_member(membership=membership, actor=None)
    assert bearer(token.access_token).get(PATH).status_code == 401
    assert refresh(token).status_code == 401


def test_another_role_takes_effect_at_once(membership: Membership, django_capture_on_commit_callbacks) -> None:
    token = tokens.issue(membership).access_token
    assert bearer(token).post("/api/v1/calls/outbound", {}).status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        actions.change_role(membership=membership, role="viewer", actor=None)
    assert bearer(token).post("/api/v1/calls/outbound", {}).status_code == 403


def test_a_new_password_ends_every_session(membership: Membership, django_capture_on_commit_callbacks) -> None:
    token = tokens.issue(membership)
    assert bearer(token.access_token).get(PATH).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        membership.user.set_password("another correct horse")
        membership.user.save()
    assert bearer(token.access_token).get(PATH).status_code == 401
    assert refresh(token).status_code == 401


def test_expired_ones_are_flushed(membership: Membership) -> None:
    good, expired = tokens.issue(membership), tokens.issue(membership)
    OutstandingToken.objects.filter(jti=expired["jti"]).update(expires_at=machine_now())
    flush_expired_tokens()
    assert OutstandingToken.objects.filter(jti=good["jti"]).exists()
    assert not OutstandingToken.objects.filter(jti=expired["jti"]).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_succeeds(membership: Membership) -> None:
    token = str(tokens.issue(membership))

    def ask(number: int) -> int:
        try:
            return refresh(token).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(8)))
    assert statuses == [200] + [401] * 7
