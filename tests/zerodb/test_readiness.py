"""A system tells that its ZeroDB does not do its work, and goes on."""

from collections.abc import Callable

import httpx

from tests.stack import Stack
from tests.waiting import wait_until


def told(system: Stack) -> tuple[int, str, str]:
    answer = httpx.get(f"{system.base_url}/health/ready", timeout=10)
    check = answer.json()["checks"]["zerodb"]
    return answer.status_code, check["status"], check.get("error", "")


def wait_until_told(system: Stack, status: int, state: str, reason: str) -> None:
    def is_told() -> bool:
        now = told(system)
        return now[:2] == (status, state) and reason in now[2]

    wait_until(is_told, timeout=20, every=0.5, what=f"readiness says {state}: {reason}")


def test_readiness_tells_when_it_is_degraded_or_down(make_stack: Callable[..., Stack]) -> None:
    system = make_stack(zerodb=True, task_workers=1)
    wait_until_told(system, 200, "healthy", "")
    system.zerodb.faults(degraded=True)
    wait_until_told(system, 503, "unhealthy", "ZeroDB says it is degraded")
    system.zerodb.faults(down=True)
    wait_until_told(system, 503, "unhealthy", "ZeroDB no answer")
    assert httpx.get(f"{system.base_url}/health", timeout=5).is_success
    system.zerodb.clear_faults()
    wait_until_told(system, 200, "healthy", "")
