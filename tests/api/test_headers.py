"""What every answer bears."""

import pytest
from django.test import Client

from tests import people

pytestmark = pytest.mark.django_db
ADDRESSES = ["/api/v1/members", "/api/v1/nothing", "/health", "/api/schema", "/api/docs", "/docs/api/index", "/metrics"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_request_id_comes_back(path: str) -> None:
    assert Client().get(path, headers={"X-Request-ID": "req-42"})["X-Request-ID"] == "req-42"
    assert len(Client().get(path)["X-Request-ID"]) == 36


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", "a\tb", '"><script>'])
def test_a_senseless_request_id_is_replaced(given: str) -> None:
    assert len(Client().get("/health", headers={"X-Request-ID": given})["X-Request-ID"]) == 36


@pytest.mark.parametrize("path", ADDRESSES)
def test_the_policy_allows_nothing_unsafe(path: str) -> None:
    policy = Client().get(path)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_the_admin_has_its_own_policy() -> None:
    assert "frame-ancestors 'none'" in Client().get("/admin/login/")["Content-Security-Policy"]


def test_no_cache_keeps_the_apis_answers() -> None:
    assert people.program(people.organization()).get("/api/v1/members")["Cache-Control"] == "no-store"
