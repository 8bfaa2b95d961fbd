"""200 requests a minute for one organisation, all its callers together; another one does not notice."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import override_settings
from django_ratelimit import core

from calls.models import Call
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.api import cache

PATH = "/api/v1/api-keys"


@pytest.fixture
def acme() -> Organization:
    organization = people.organization("Acme")
    organization.rate_limit_per_minute = None  # the instance's default: 200
    organization.save()
    return organization


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock stands still for the window, so that no test straddles two."""
    monkeypatch.setattr(core.time, "time", lambda: 1_800_000_000.5)


@pytest.mark.django_db
def test_the_201st_request_is_refused(acme: Organization) -> None:
    owner, program = people.member(acme, "owner"), people.program(acme)
    for number in range(200):
        answer = (owner if number % 2 else program).get(PATH)
        assert answer.status_code == 200
        assert answer["RateLimit-Limit"] == "200"
        assert answer["RateLimit-Remaining"] == str(199 - number)
    refused = owner.get(PATH)
    assert refused.status_code == 429
    assert refused.json() == {
        "error": "Too Many Requests",
        "code": "too_many_requests",
        "details": {"field": None, "message": "Rate limit of 200 requests a minute exceeded"},
    }
    assert 1 <= int(refused["Retry-After"]) <= 61
    body = {"from_number": "+16285550100", "to_number": "+14155550142"}
    assert owner.post("/api/v1/calls/outbound", body).json() == refused.json()
    assert not Call.objects.exists()
    assert refused["RateLimit-Remaining"] == "0"
    assert refused["RateLimit-Reset"] == refused["Retry-After"]
    assert people.program(people.organization("Globex")).get(PATH).status_code == 200


@pytest.mark.django_db
def test_when_the_window_is_over_the_count_starts_anew(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = people.program(acme)
    for _ in range(201):
        refused = caller.get(PATH)
    assert refused.status_code == 429
    wait = int(refused["Retry-After"])
    monkeypatch.setattr(core.time, "time", lambda: 1_800_000_000.5 + wait - 1)
    assert caller.get(PATH).status_code == 429
    monkeypatch.setattr(core.time, "time", lambda: 1_800_000_000.5 + wait)
    assert caller.get(PATH).status_code == 200


@pytest.mark.django_db
def test_an_organization_may_have_a_limit_of_its_own(acme: Organization) -> None:
    acme.rate_limit_per_minute = 3
    acme.save()
    assert [people.program(acme).get(PATH).status_code for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.django_db
def test_a_refused_permission_counts_and_missing_credentials_do_not(acme: Organization) -> None:
    weak = people.program(acme, "calls:read")
    assert weak.get(PATH)["RateLimit-Remaining"] == "199"
    assert "RateLimit-Remaining" not in people.ANYBODY.get(PATH)
    assert weak.get(PATH)["RateLimit-Remaining"] == "198"


@pytest.mark.django_db
def test_health_does_not_count(acme: Organization) -> None:
    caller = people.program(acme)
    for _ in range(5):
        assert "RateLimit-Limit" not in caller.get("/health")
    assert caller.get(PATH)["RateLimit-Remaining"] == "199"


@pytest.mark.django_db(transaction=True)
def test_it_is_exact_under_concurrency(acme: Organization) -> None:
    caller, bystander = people.program(acme), people.program(people.organization("Globex"))

    def ask(number: int) -> int:
        try:
            return people.Caller(acme, caller.headers).get(PATH).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        statuses = Counter(pool.map(ask, range(230)))
    assert statuses == {200: 200, 429: 30}
    assert bystander.get(PATH).status_code == 200


@pytest.fixture
def dead_redis() -> Iterator[None]:
    """Settings that lead to a Redis where nobody listens."""
    from django.conf import settings

    dead = {name: {**config, "LOCATION": "redis://127.0.0.1:1/0"} for name, config in settings.CACHES.items()}
    cache._silent_until = 0.0
    with override_settings(CACHES=dead):
        yield
    cache._silent_until = 0.0


@pytest.mark.django_db
def test_without_redis_the_api_goes_on_and_counts_by_itself(acme: Organization, dead_redis: None) -> None:
    acme.rate_limit_per_minute = 5
    acme.save()
    caller = people.program(acme)
    assert [caller.get(PATH).status_code for _ in range(6)] == [200] * 5 + [429]
