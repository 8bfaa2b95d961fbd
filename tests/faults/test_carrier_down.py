"""A carrier that fails: it is left alone, the caller is told, and all recovers by itself."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.stack import Stack, Tenant
from tests.waiting import wait_until

RESET_SECONDS = 5
FAILURES = 5
CREATES = r"/Calls\.json$"


@pytest.fixture(scope="module")
def frail(make_stack: Callable[..., Stack]) -> Stack:
    """A system that gives up soon and looks again soon."""
    return make_stack(
        clock_speed=10,
        env={
            "CARRIER_BREAKER_FAILURES": str(FAILURES),
            "CARRIER_BREAKER_RESET_SECONDS": str(RESET_SECONDS),
            "CARRIER_READ_TIMEOUT_SECONDS": "4",
        },
    )


@pytest.fixture
def acme(frail: Stack) -> Any:
    frail.sim.clear_faults()
    wait_until(lambda: twilio_is(frail, "healthy"), timeout=60, every=0.5)
    yield frail.new_organization(agents=0)
    frail.sim.clear_faults()


def place(stack: Stack, tenant: Tenant, to: str = "") -> httpx.Response:
    to = to or stack.new_phone("212")
    return stack.api(tenant).post("/calls/outbound", json={"from_number": tenant.number, "to_number": to})


def creates(stack: Stack) -> int:
    """Requests to create a call that reached the network."""
    return sum(1 for row in stack.sim.requests() if row["method"] == "POST" and row["path"].endswith("/Calls.json"))


def twilio_is(stack: Stack, status: str) -> bool:
    answer = httpx.get(f"{stack.base_url}/health/ready", timeout=10)
    return answer.json()["checks"]["twilio"]["status"] == status and answer.status_code == (
        200 if status == "healthy" else 503
    )


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_after_the_threshold_the_carrier_is_left_alone_until_it_recovers(frail: Stack, acme: Tenant, kind: str) -> None:
    frail.sim.faults(rest=[{"path": ".*", "kind": kind, "rate": 1}])
    for _ in range(FAILURES + 1):
        answer = place(frail, acme)
        if answer.status_code == 503:
            break
    assert answer.status_code == 503
    assert answer.json() == {
        "error": "Service Unavailable",
        "code": "service_unavailable",
        "details": {"field": None, "message": "The telephone carrier is not available"},
    }
    assert int(answer.headers["Retry-After"]) >= 1

    before = creates(frail)
    refused = [place(frail, acme) for _ in range(5)]
    assert {answer.status_code for answer in refused} == {503}
    assert creates(frail) == before, "the breaker is open, and a request went out"
    assert wait_until(lambda: twilio_is(frail, "unhealthy"), timeout=10)
    assert "twilio" in httpx.get(f"{frail.base_url}/health/ready").json()["details"]["message"]

    frail.sim.clear_faults()
    wait_until(lambda: place(frail, acme).status_code == 201, timeout=60, every=0.5, what="calls go out again")
    wait_until(lambda: twilio_is(frail, "healthy"), timeout=60, every=0.5)


def test_a_slow_carrier_does_not_make_callers_wait_for_one_another(frail: Stack, acme: Tenant) -> None:
    frail.sim.faults(rest=[{"path": CREATES, "kind": "latency", "seconds": 2, "rate": 1}])
    started = time.monotonic()
    place(frail, acme)
    alone = time.monotonic() - started
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: place(frail, acme), range(8)))
    together = time.monotonic() - started
    assert {answer.status_code for answer in answers} == {201}
    assert all(calls_to(frail, answer.json()["to_number"]) for answer in answers), "each got through, if slowly"
    assert together < 4 * alone, f"one takes {alone:.1f} s, eight took {together:.1f} s: they waited in line"


def the_call(stack: Stack, tenant: Tenant, answer: httpx.Response) -> Any:
    return stack.api(tenant).get(f"/calls/{answer.json()['id']}").json()


def calls_to(stack: Stack, number: str) -> list[Any]:
    return [call for call in stack.sim.calls() if call["to"] == number]


@pytest.mark.parametrize("kind", ["500", "timeout", "reset"])
def test_a_create_that_failed_after_the_carrier_acted_is_known_by_its_first_callback(
    frail: Stack, acme: Tenant, kind: str
) -> None:
    person = frail.new_phone("212")
    frail.sim.person(person, outcome="answer", answer_after=1, script=[{"wait": 20}, {"hangup": True}])
    frail.sim.faults(rest=[{"path": CREATES, "kind": kind, "rate": 1, "after": True}])
    answer = place(frail, acme, person)
    frail.sim.clear_faults()
    assert answer.status_code == 201, answer.text
    over = wait_until(lambda: (c := the_call(frail, acme, answer))["ended_at"] and c, timeout=30)
    assert over["status"] == "completed"
    assert over["disposition"] == "abandoned"
    assert len(calls_to(frail, person)) == 1, "one call was asked for"


@pytest.mark.parametrize("kind", ["500", "timeout"])
def test_a_create_of_which_the_carrier_knows_nothing_fails_as_unknown(frail: Stack, acme: Tenant, kind: str) -> None:
    person = frail.new_phone("212")
    frail.sim.faults(rest=[{"path": CREATES, "kind": kind, "rate": 1}])
    answer = place(frail, acme, person)
    frail.sim.clear_faults()
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "queued"
    over = wait_until(lambda: (c := the_call(frail, acme, answer))["ended_at"] and c, timeout=60)
    assert (over["status"], over["disposition"], over["failure_reason"]) == ("failed", "failed", "carrier_unknown")
    assert calls_to(frail, person) == []


def test_a_create_whose_callbacks_are_lost_is_found_in_the_carriers_list(frail: Stack, acme: Tenant) -> None:
    person = frail.new_phone("212")
    frail.sim.person(person, outcome="busy")
    frail.sim.faults(rest=[{"path": CREATES, "kind": "500", "rate": 1, "after": True}], callbacks={"drop": 1.0})
    answer = place(frail, acme, person)
    frail.sim.faults(callbacks={"drop": 1.0})
    assert answer.status_code == 201, answer.text
    over = wait_until(lambda: (c := the_call(frail, acme, answer))["ended_at"] and c, timeout=60)
    assert (over["status"], over["disposition"]) == ("busy", "busy")
    assert len(calls_to(frail, person)) == 1
