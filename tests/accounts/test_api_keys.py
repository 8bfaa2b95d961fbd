"""API keys: made, shown once, used, limited, revoked."""

import hashlib
from datetime import timedelta

import pytest

from tests import people
from zerovoice.accounts import actions
from zerovoice.accounts.models import ApiKey, AuditEntry, Organization
from zerovoice.lib.clock import machine_now

pytestmark = pytest.mark.django_db
PATH = "/api/v1/api-keys"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> people.Caller:
    return people.member(acme, "owner")


def holder(key: str) -> people.Caller:
    return people.Caller(None, {"X-API-Key": key})  # type: ignore[arg-type]


def test_it_is_shown_once_and_works(owner: people.Caller) -> None:
    made = owner.post(PATH, {"name": "CRM", "scopes": ["keys:read", "calls:read"]})
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith(f"zv_{made.json()['prefix']}_")
    assert holder(key).get(PATH).status_code == 200
    assert "key" not in owner.get(f"{PATH}/{made.json()['id']}").json()
    assert made.json()["scopes"] == ["calls:read", "keys:read"]


def test_only_a_hash_is_kept(acme: Organization) -> None:
    row, key = actions.create_api_key(organization=acme, name="CRM", scopes=["calls:read"])
    secret = key.rsplit("_", 1)[1]
    assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    stored = ApiKey.objects.filter(pk=row.pk).values().get()
    assert secret not in str(stored)


def test_what_is_no_key(acme: Organization) -> None:
    row, key = actions.create_api_key(organization=acme, name="CRM", scopes=["keys:read"])
    other = actions.create_api_key(organization=acme, name="other", scopes=["keys:read"])[1].rsplit("_", 1)[1]
    wrong = [
        "", "zv", "zv__", key[:-1], key + "x", key.upper(), f"zv_{row.prefix}_{other}", f" {key}x", "é" * 60,
        key.replace(row.prefix, "A" * 12),
    ]  # fmt: skip
    assert {holder(text).get(PATH).status_code for text in wrong} == {401}
    assert holder(key).get(PATH).status_code == 200


def test_it_expires(acme: Organization, django_capture_on_commit_callbacks) -> None:
    row, key = actions.create_api_key(
        organization=acme, name="CRM", scopes=["keys:read"], expires_at=machine_now() + timedelta(hours=1)
    )
    assert holder(key).get(PATH).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        row.expires_at = machine_now() - timedelta(seconds=1)
        row.save()
    assert holder(key).get(PATH).status_code == 401


def test_it_expires_while_cached(acme: Organization) -> None:
    row, key = actions.create_api_key(organization=acme, name="CRM", scopes=["keys:read"])
    row.expires_at = machine_now() + timedelta(milliseconds=300)
    row.save()
    assert holder(key).get(PATH).status_code == 200
    while machine_now() < row.expires_at:
        pass
    assert holder(key).get(PATH).status_code == 401


def test_revoked_it_is_void_at_once(owner: people.Caller, django_capture_on_commit_callbacks) -> None:
    made = owner.post(PATH, {"name": "CRM", "scopes": ["keys:read"]}).json()
    assert holder(made["key"]).get(PATH).status_code == 200  # and cached
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.delete(f"{PATH}/{made['id']}").status_code == 204
    assert holder(made["key"]).get(PATH).status_code == 401
    assert owner.get(f"{PATH}/{made['id']}").json()["revoked_at"] is not None
    assert owner.delete(f"{PATH}/{made['id']}").status_code == 204


def test_its_use_is_noted_once_a_minute(acme: Organization, django_capture_on_commit_callbacks) -> None:
    row, key = actions.create_api_key(organization=acme, name="CRM", scopes=["keys:read"])
    holder(key).get(PATH)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None

    def use_uncached():
        with django_capture_on_commit_callbacks(execute=True):
            row.save()  # drops the cached entry
        holder(key).get(PATH)
        row.refresh_from_db()
        return row.last_used_at

    assert use_uncached() == first
    row.last_used_at = first - timedelta(seconds=61)
    assert use_uncached() > first


def test_a_wrong_secret_is_no_use(acme: Organization) -> None:
    row, key = actions.create_api_key(organization=acme, name="CRM", scopes=["keys:read"])
    holder(key[:-1] + ("a" if key[-1] != "a" else "b")).get(PATH)
    row.refresh_from_db()
    assert row.last_used_at is None


def test_nobody_gives_a_key_more_than_they_have(acme: Organization, owner: people.Caller) -> None:
    weak = people.program(acme, "keys:write", "calls:read")
    refused = weak.post(PATH, {"name": "x", "scopes": ["calls:read", "billing:write"]})
    assert refused.status_code == 403
    assert refused.json()["details"]["field"] == "scopes"
    mine = weak.post(PATH, {"name": "x", "scopes": ["calls:read"]}).json()
    assert weak.patch(f"{PATH}/{mine['id']}", {"scopes": ["calls:write"]}).status_code == 403
    assert ApiKey.objects.get(id=mine["id"]).scopes == ["calls:read"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["calls:read"]}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["calls:everything"]}, "scopes.0"),
        ({"name": "x", "scopes": "calls:read"}, "scopes"),
        ({"name": "x", "scopes": [1]}, "scopes.0"),
        ({"name": 5, "scopes": ["calls:read"]}, "name"),
        ({"name": "x" * 201, "scopes": ["calls:read"]}, "name"),
        ({"name": "x", "scopes": ["calls:read"], "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "x", "scopes": ["calls:read"], "expires": None}, "expires"),
    ],
)
def test_a_malformed_body(owner: people.Caller, body: dict, field: str) -> None:
    answer = owner.post(PATH, body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
    assert not ApiKey.objects.exists()


def test_one_born_expired_is_refused(owner: people.Caller) -> None:
    answer = owner.post(PATH, {"name": "x", "scopes": ["calls:read"], "expires_at": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 422
    assert answer.json()["details"] == {"field": "expires_at", "message": "Must be in the future"}


def test_making_and_revoking_is_on_record(owner: people.Caller) -> None:
    made = owner.post(PATH, {"name": "CRM", "scopes": ["keys:read"]}, X_Request_ID="req-1").json()
    owner.delete(f"{PATH}/{made['id']}")
    entries = AuditEntry.objects.filter(target_id=made["id"]).order_by("id")
    assert [entry.action for entry in entries] == ["api_key.created", "api_key.revoked"]
    assert entries[0].actor_id == owner.membership.user_id
    assert entries[0].request_id == "req-1"
    assert entries[0].fields == ["expires_at", "name", "scopes"]
    assert "CRM" not in str(entries[0].__dict__)
