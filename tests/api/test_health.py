"""Liveness and readiness."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.test import Client

from zerovoice.api import health


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[health.Registry]:
    """A registry of the test's own, so that other apps' checks do not mix in."""
    own = health.Registry()
    monkeypatch.setattr(health, "registry", own)
    return own


def ready():
    return Client().get("/health/ready")


def test_the_process_lives() -> None:
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_what_works_and_what_is_not_configured_is_healthy(registry: health.Registry) -> None:
    def off() -> None:
        raise health.Disabled("ZERODB_API_KEY is not set")

    registry.register("works", lambda: None)
    registry.register("off", off)
    answer = ready()
    assert answer.status_code == 200
    assert answer.json()["status"] == "healthy"
    checks = answer.json()["checks"]
    assert checks["works"]["status"] == "healthy"
    assert checks["works"]["latency_ms"] >= 0
    assert "error" not in checks["works"]
    assert (checks["off"]["status"], checks["off"]["error"]) == ("disabled", "ZERODB_API_KEY is not set")


def test_what_fails_is_named(registry: health.Registry) -> None:
    def broken() -> None:
        raise health.Unhealthy("the breaker is open")

    registry.register("works", lambda: None)
    registry.register("twilio", broken)
    answer = ready()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    body = answer.json()
    assert body["error"] == "Service Unavailable"
    assert body["code"] == "service_unavailable"
    assert body["details"] == {"field": "twilio", "message": "twilio: the breaker is open"}
    assert body["checks"]["twilio"]["error"] == "the breaker is open"
    assert body["checks"]["works"]["status"] == "healthy"


def test_an_unforeseen_error_is_a_failure_without_its_secrets(registry: health.Registry) -> None:
    registry.register("x", lambda: int("password=hunter2"))  # type: ignore[arg-type, return-value]
    body = ready().json()
    assert body["checks"]["x"]["error"] == "ValueError"
    assert "hunter2" not in str(body)


def test_slow_checks_run_side_by_side_and_are_given_up(
    registry: health.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.5)
    released = threading.Event()
    for name in ("a", "b", "c"):
        registry.register(name, lambda: released.wait(10) and None)
    registry.register("fast", lambda: None)
    began = time.monotonic()
    outcomes = registry.outcomes()
    assert time.monotonic() - began < 1.4  # not three times half a second
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "a": "unhealthy", "b": "unhealthy", "c": "unhealthy", "fast": "healthy",
    }  # fmt: skip
    assert "0.5 s" in outcomes["a"].error
    threads = threading.active_count()
    registry.forget()
    registry.outcomes()
    assert threading.active_count() <= threads  # those that hang are not asked once more
    released.set()


def test_the_answer_is_remembered_for_a_moment(registry: health.Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    registry.register("x", lambda: asked.append(1))
    ready(), ready()
    assert len(asked) == 1
    monkeypatch.setattr(health, "REMEMBERED_SECONDS", 0.0)
    ready()
    assert len(asked) == 2


@pytest.mark.django_db
def test_the_database_is_asked(registry: health.Registry) -> None:
    registry.register("database", health.check_database)
    assert ready().json()["checks"]["database"]["status"] == "healthy"


def test_the_reference_names_four() -> None:
    assert {"database", "twilio", "stripe", "zerodb"} <= set(health.register.__self__._checks)  # type: ignore[attr-defined]
