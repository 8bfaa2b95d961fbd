"""Numbers under faults, in a whole system: what dies in the middle is finished, and both lists agree in the end."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.numbers.carrier import Carrier
from tests.stack import Stack, Tenant
from tests.waiting import wait_until

CREATES, DELETES = r"/IncomingPhoneNumbers\.json$", r"/IncomingPhoneNumbers/PN\w+\.json$"
SETTLED_SECONDS = 60


@pytest.fixture(scope="module")
def frail(stack: Stack) -> Stack:
    return stack


@pytest.fixture
def acme(frail: Stack) -> Iterator[Tenant]:
    frail.sim.clear_faults()
    wait_until(frail.is_up, timeout=60)
    yield frail.new_organization(agents=0)
    frail.sim.clear_faults()


@pytest.fixture
def carrier(frail: Stack) -> Iterator[Carrier]:
    made = Carrier(frail.sim)
    yield made
    made.http.close()


def requested(stack: Stack, method: str, what: str) -> int:
    """How many such requests reached the network."""
    return sum(
        1 for row in stack.sim.requests() if row["method"] == method and what in f"{row['path']} {row['params']}"
    )


def in_background(request: Callable[[], httpx.Response]) -> threading.Thread:
    def send() -> None:
        with contextlib.suppress(httpx.TransportError):  # the process that was to answer is gone
            request()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def ours(stack: Stack, acme: Tenant) -> set[str]:
    return {row["phone_number"] for row in stack.api(acme).get("/numbers").raise_for_status().json()["results"]}


def buy(stack: Stack, acme: Tenant, number: str) -> httpx.Response:
    headers = {"Idempotency-Key": f"order-{number}"}
    return stack.api(acme).post("/numbers/purchase", json={"phone_number": number}, headers=headers)


def unsettled(stack: Stack, number: str) -> Any:
    return stack.django(
        "from numbers.models import PhoneNumber\n"
        "result = list(PhoneNumber.objects.unsettled().filter(number=number).values_list('status', flat=True))",
        number=number,
    )


def until_settled(stack: Stack, number: str) -> None:
    wait_until(lambda: not unsettled(stack, number), timeout=SETTLED_SECONDS, every=0.5, what="it is known what became")


@pytest.mark.parametrize(("kind", "acted"), [("500", True), ("reset", True), ("500", False)])
def test_a_purchase_of_which_the_carrier_does_not_say(
    frail: Stack, acme: Tenant, carrier: Carrier, kind: str, acted: bool
) -> None:
    number = frail.new_phone("303")
    frail.sim.faults(rest=[{"path": CREATES, "kind": kind, "after": acted}])
    answer = buy(frail, acme, number)
    frail.sim.clear_faults()
    assert (answer.status_code, answer.json()["status"]) == (201, "purchasing"), answer.text
    until_settled(frail, number)
    assert ours(frail, acme) == ({acme.number, number} if acted else {acme.number})
    assert (number in carrier.numbers()) == acted
    assert requested(frail, "POST", number) == 1


def test_a_web_process_that_is_killed_while_it_buys(frail: Stack, acme: Tenant, carrier: Carrier) -> None:
    number = frail.new_phone("303")
    frail.sim.faults(rest=[{"path": CREATES, "kind": "latency", "seconds": 6, "after": True}])
    request = in_background(lambda: buy(frail, acme, number))
    wait_until(lambda: requested(frail, "POST", number), timeout=10, what="the carrier is asked")
    frail.kill("web")
    frail.sim.clear_faults()
    request.join()
    wait_until(frail.is_up, timeout=30)
    until_settled(frail, number)
    assert ours(frail, acme) == {acme.number, number}
    assert number in carrier.numbers()
    assert buy(frail, acme, number).status_code == 409, "whether it was bought is told by the list"
    assert requested(frail, "POST", number) == 1


def test_a_web_process_that_is_killed_while_it_releases(frail: Stack, acme: Tenant, carrier: Carrier) -> None:
    sid = carrier.numbers()[acme.number]["sid"]
    frail.sim.faults(rest=[{"path": DELETES, "kind": "latency", "seconds": 6, "after": True}])
    request = in_background(lambda: frail.api(acme).delete(f"/numbers/{acme.number_id}"))
    wait_until(lambda: requested(frail, "DELETE", sid), timeout=10, what="the carrier is asked")
    frail.kill("web")
    frail.sim.clear_faults()
    request.join()
    wait_until(frail.is_up, timeout=30)
    until_settled(frail, acme.number)
    assert ours(frail, acme) == set()
    assert acme.number not in carrier.numbers()


def test_a_worker_that_is_killed_while_it_finishes_a_release(frail: Stack, acme: Tenant, carrier: Carrier) -> None:
    sid = carrier.numbers()[acme.number]["sid"]
    frail.sim.faults(rest=[{"path": DELETES, "kind": "500"}])
    assert frail.api(acme).delete(f"/numbers/{acme.number_id}").status_code == 204
    assert ours(frail, acme) == set()
    frail.sim.faults(rest=[{"path": DELETES, "kind": "latency", "seconds": 6}])
    asked = requested(frail, "DELETE", sid)
    wait_until(lambda: requested(frail, "DELETE", sid) > asked, timeout=40, what="a worker asks the carrier")
    frail.kill("worker")
    frail.sim.clear_faults()
    until_settled(frail, acme.number)
    assert acme.number not in carrier.numbers()
    assert frail.api(acme).get(f"/numbers/{acme.number_id}").status_code == 404


def test_one_number_for_two_who_want_it_at_once(frail: Stack, acme: Tenant, carrier: Carrier) -> None:
    number, rival = frail.new_phone("303"), frail.new_organization("Rival", agents=0)
    frail.sim.faults(rest=[{"path": CREATES, "kind": "latency", "seconds": 1}])
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda who=who: answers.append(buy(frail, who, number).status_code))
        for who in (acme, rival)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 422]
    assert requested(frail, "POST", number) == 1
