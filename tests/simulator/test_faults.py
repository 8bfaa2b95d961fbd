"""Bad days of the REST API, on request."""

import time
from typing import Any

import httpx
import pytest

from tests.simulator.driver import OURS, Network


def fault(network: Network, **fault: Any) -> None:
    assert network.sim("PUT", "/faults", {"rest": [fault]}).status_code == 200


def place(network: Network, number: str, timeout: float = 5) -> httpx.Response:
    return network.http.post(
        network.account + "/Calls.json", timeout=timeout,
        data={"To": number, "From": OURS, "Twiml": "<Response><Hangup/></Response>"},
    )  # fmt: skip


def calls_to(network: Network, number: str) -> int:
    return len(network.sim("GET", f"/calls?to={number}").json())


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, 20429), ("500", 500, 20500)])
@pytest.mark.parametrize("after", [False, True])
def test_errors_before_and_after_it_acted(network: Network, kind: str, status: int, code: int, after: bool) -> None:
    number = f"+1415555{8100 + int(kind) % 10 + after * 20}"
    fault(network, path="/Calls", kind=kind, after=after)
    response = place(network, number)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert calls_to(network, number) == int(after)


@pytest.mark.parametrize("after", [False, True])
def test_a_reset_connection(network: Network, after: bool) -> None:
    number = f"+1415555{8200 + after}"
    fault(network, path="/Calls", kind="reset", after=after)
    with pytest.raises(httpx.TransportError):
        place(network, number)
    assert calls_to(network, number) == int(after)


@pytest.mark.parametrize("after", [False, True])
def test_a_time_out(network: Network, after: bool) -> None:
    number = f"+1415555{8210 + after}"
    fault(network, path="/Calls", kind="timeout", after=after, seconds=3)
    with pytest.raises(httpx.ReadTimeout):
        place(network, number, timeout=0.5)
    assert calls_to(network, number) == int(after)


def test_latency_is_the_machines(network: Network) -> None:
    fault(network, path="/Calls", kind="latency", seconds=0.6)
    began = time.monotonic()
    assert place(network, "+14155558220").status_code == 201
    assert 0.6 <= time.monotonic() - began < 3


def test_only_the_path_named_and_at_its_rate(network: Network) -> None:
    fault(network, path="/Messages", kind="500")
    assert place(network, "+14155558221").status_code == 201
    fault(network, path="/Calls", kind="500", rate=0)
    assert place(network, "+14155558221").status_code == 201
    fault(network, path="/Calls", kind="500", rate=0.5)
    outcomes = {place(network, "+14155558222").status_code for _ in range(40)}
    assert outcomes == {201, 500}


def test_faults_end_when_deleted_and_are_logged(network: Network) -> None:
    fault(network, path=".*", kind="500")
    assert place(network, "+14155558223").status_code == 500
    assert network.sim("DELETE", "/faults").status_code == 204
    assert place(network, "+14155558223").status_code == 201
    failed, fine = network.sim("GET", "/requests").json()[-2:]
    assert (failed["method"], failed["path"]) == ("POST", network.account + "/Calls.json")
    assert (failed["status"], failed["fault"]) == (500, "500")
    assert (fine["status"], fine["fault"], fine["params"]["To"]) == (201, "", ["+14155558223"])


@pytest.mark.parametrize(
    "body",
    [{"rest": {}}, {"rest": [{"path": "(", "kind": "500"}]}, {"rest": [{"path": "x", "kind": "flood"}]}, {"more": 1},
     {"rest": [{"path": "x", "kind": "500", "rate": 2}]}, {"callbacks": {"drop": -1}}, {"callbacks": {"lose": 1}}],
)  # fmt: skip
def test_faults_that_cannot_be_change_nothing(network: Network, body: dict[str, Any]) -> None:
    fault(network, path="/Messages", kind="500")
    before = network.sim("GET", "/faults").json()
    response = network.sim("PUT", "/faults", body)
    assert response.status_code == 400
    assert len(response.json()["error"]) > 10
    assert network.sim("GET", "/faults").json() == before
