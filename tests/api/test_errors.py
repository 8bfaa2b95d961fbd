"""No input is answered with a 500, and every refusal has the reference's shape."""

import pytest

from tests import people
from zerovoice.accounts.models import ApiKey, Organization

pytestmark = pytest.mark.django_db
PATH = "/api/v1/api-keys"
GOOD = {"name": "CRM", "scopes": ["calls:read"]}


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> people.Caller:
    return people.program(acme)


def test_the_exact_body_of_a_400(owner: people.Caller) -> None:
    answer = owner.post("/api/v1/calls/outbound", {"from_number": "+15551230001", "to_number": "12345"})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Bad Request",
        "code": "bad_request",
        "details": {"field": "to_number", "message": "Invalid E.164 format"},
    }


def test_several_problems_are_all_told(owner: people.Caller) -> None:
    details = owner.post(PATH, {"name": "", "scopes": ["x", "calls:read", "y"], "more": 1}).json()["details"]
    assert [problem["field"] for problem in details["errors"]] == ["name", "scopes.0", "scopes.2", "more"]
    assert (details["field"], details["message"]) == ("name", details["errors"][0]["message"])


def test_the_exact_body_of_a_422(owner: people.Caller) -> None:
    answer = owner.post(PATH, {**GOOD, "expires_at": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "Unprocessable Entity",
        "code": "unprocessable_entity",
        "details": {"field": "expires_at", "message": "Must be in the future"},
    }


def test_each_refusal_leads_to_its_page(owner: people.Caller) -> None:
    link = owner.post(PATH, {})["Link"]
    assert link == '<http://testserver/docs/api/errors/bad_request>; rel="help"'
    page = owner.get("/docs/api/errors/bad_request")
    assert page.status_code == 200
    assert "<h1>" in page.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[]",
        b'[{"name": "x"}]',
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe{}",
        b'{"name": "\xc3\x28", "scopes": ["calls:read"]}',
        b'{"name": "\\ud800", "scopes": ["calls:read"]}',
        b'{"name": "a\\u0000b", "scopes": ["calls:read"]}',
        b'{"na\\u0000me": "x"}',
        b'{"name": NaN}',
        b'{"name": 1e999, "scopes": ["calls:read"]}',
        b'{"name": 123456789012345678901234567890, "scopes": ["calls:read"]}',
        b'{"name": {"a": {}}, "scopes": {"0": "calls:read"}}',
        b'{"name": "x", "scopes": [["calls:read"]]}',
        b'{"name": "x", "scopes": [null]}',
        b'{"name": "x", "scopes": ["calls:read"], "expires_at": "9999-12-31T23:59:59-14:00"}',
        b'{"name": "x", "scopes": ["calls:read"], "expires_at": "0001-01-01T00:00:00+14:00"}',
        b'{"name": "x", "scopes": ["calls:read"], "expires_at": 1e300}',
        b'{"x":' * 5000 + b"1" + b"}" * 5000,
        b'{"name":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 200_000,
        b'{"name": "' + b"x" * 2_000_000 + b'"}',
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_senseless_body_is_a_400(owner: people.Caller, body: bytes) -> None:
    before = ApiKey.objects.count()
    answer = owner.post(PATH, body)
    assert answer.status_code == 400, answer.content[:300]
    assert answer.json()["code"] == "bad_request"
    assert set(answer.json()) == {"error", "code", "details"}
    assert ApiKey.objects.count() == before


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "nonsense", "a/b; c"]
)
def test_another_content_type_is_a_400(owner: people.Caller, content_type: str) -> None:
    answer = owner.client.generic("POST", PATH, b'{"name": "x"}', content_type=content_type, headers=owner.headers)
    assert answer.status_code == 400
    assert "application/json" in answer.json()["details"]["message"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*", ""])
def test_whatever_is_accepted_the_answer_is_json(owner: people.Caller, accept: str) -> None:
    answer = owner.get(PATH, Accept=accept)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing", "/api/v1/members/", "/api/v1/api-keys/a.b", "/api/v1/api-keys/%00", "/api/v1/api-keys/%ff",
        "/api/v1/api-keys/" + "9" * 5000, "/api/v1//members", "/health/nothing", "/api/v1/api-keys/..%2f..",
    ],
)  # fmt: skip
def test_no_address_is_a_404_in_json(owner: people.Caller, path: str) -> None:
    answer = owner.client.get(path, headers=owner.headers)
    assert answer.status_code == 404
    assert answer.json() == {
        "error": "Not Found",
        "code": "not_found",
        "details": {"field": None, "message": "Resource not found"},
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_is_not_there(owner: people.Caller, method: str) -> None:
    answer = owner.request(method, PATH)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer["Allow"] == "GET, HEAD, POST"


def test_the_exact_body_of_a_503(owner: people.Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL gone in the middle of a request."""
    from django.db import OperationalError

    from zerovoice.accounts.views import ApiKeyViewSet

    def gone(self: ApiKeyViewSet):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(ApiKeyViewSet, "get_queryset", gone)
    answer = owner.get(PATH)
    assert answer.status_code == 503
    assert answer.json() == {
        "error": "Service Unavailable",
        "code": "service_unavailable",
        "details": {"field": None, "message": "The database is not available"},
    }
    assert int(answer["Retry-After"]) >= 1


def test_a_defect_of_ours_tells_nothing(owner: people.Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from zerovoice.accounts.views import ApiKeyViewSet

    monkeypatch.setattr(ApiKeyViewSet, "get_queryset", lambda self: 1 / 0)
    answer = owner.get(PATH)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_server_error"
    assert "ZeroDivision" not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/v1/calls/logs?limit=1"), ("TRACE", "/api/v1/queues?x=1")]
)
def test_a_method_that_is_not_there_is_said_to_be_before_anything_else(
    owner: people.Caller, method: str, path: str
) -> None:
    answer = owner.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]
