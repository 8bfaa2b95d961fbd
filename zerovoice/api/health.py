"""Liveness and readiness.

The apps that own a dependency register its check. `/health` answers while the process lives; `/health/ready` asks all
checks at once, each with its own time limit, and remembers the outcome for a moment.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from zerovoice.api.errors import error_body, help_link

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 2.0
REMEMBERED_SECONDS = 5.0

Check = Callable[[], None]


class Unhealthy(Exception):
    """The dependency does not do its work; the message says why, without secrets."""


class Disabled(Exception):
    """The dependency is deliberately not configured. That is healthy."""


@dataclass(frozen=True)
class Outcome:
    status: str  # healthy | unhealthy | disabled
    latency_ms: float
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"status": self.status, "latency_ms": self.latency_ms}
        if self.error:
            shown["error"] = self.error
        return shown


class Registry:
    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._lock = threading.Lock()
        self._running: dict[str, Future[Outcome]] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._asked_at = float("-inf")

    def register(self, name: str, check: Check) -> None:
        self._checks[name] = check

    def outcomes(self) -> dict[str, Outcome]:
        """What each check said, at most `REMEMBERED_SECONDS` ago. Callers at the same time share one asking."""
        with self._lock:
            if time.monotonic() - self._asked_at >= REMEMBERED_SECONDS:
                self._outcomes = self._ask()
                self._asked_at = time.monotonic()
            return self._outcomes

    def forget(self) -> None:
        with self._lock:
            self._asked_at = float("-inf")

    def _ask(self) -> dict[str, Outcome]:
        began = time.monotonic()
        futures = {name: self._start(name, check) for name, check in self._checks.items()}
        outcomes = {}
        for name, future in futures.items():
            left = max(0.0, began + TIMEOUT_SECONDS - time.monotonic())
            try:
                outcomes[name] = future.result(timeout=left)
            except TimeoutError:
                outcomes[name] = Outcome("unhealthy", _since(began), f"no answer within {TIMEOUT_SECONDS:g} s")
        return outcomes

    def _start(self, name: str, check: Check) -> "Future[Outcome]":
        """A check that still hangs from last time is waited for, not piled upon."""
        running = self._running.get(name)
        if running is not None and not running.done():
            return running
        future: Future[Outcome] = Future()
        self._running[name] = future
        # A daemon: a hanging check must not keep the process from ending.
        threading.Thread(
            target=lambda: future.set_result(_run(name, check)), name=f"health-{name}", daemon=True
        ).start()
        return future


def _run(name: str, check: Check) -> Outcome:
    began = time.monotonic()
    try:
        check()
    except Disabled as reason:
        return Outcome("disabled", _since(began), str(reason))
    except Unhealthy as reason:
        return Outcome("unhealthy", _since(began), str(reason))
    except Exception as error:
        log.warning("health_check_failed", check=name, exc_info=True)
        return Outcome("unhealthy", _since(began), type(error).__name__)
    finally:
        connections.close_all()  # this thread ends here
    return Outcome("healthy", _since(began))


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


registry = Registry()
register = registry.register


def check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        raise Unhealthy(f"PostgreSQL does not answer ({type(error).__name__})") from error


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so a failing carrier never gets it restarted."""
    return JsonResponse({"status": "healthy"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Every dependency with `status`, `latency_ms` and, when it fails, `error`; 503 when one of them does."""
    outcomes = registry.outcomes()
    checks = {name: outcome.as_json() for name, outcome in outcomes.items()}
    failed = [(name, outcome.error) for name, outcome in outcomes.items() if outcome.status == "unhealthy"]
    if not failed:
        return JsonResponse({"status": "healthy", "checks": checks})
    body = {
        **error_body(503, f"{failed[0][0]}: {failed[0][1]}", failed[0][0], tuple(failed[1:])),
        "status": "unhealthy",
        "checks": checks,
    }
    headers = {"Retry-After": str(int(REMEMBERED_SECONDS)), "Link": help_link(503)}
    return JsonResponse(body, status=503, headers=headers)
