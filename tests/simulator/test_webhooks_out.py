"""Requests that the network makes: signed, retried as the URL asks, and faulty on request."""

import time

import pytest
from twilio.request_validator import RequestValidator

from tests.simulator.driver import TOKEN, Application, Network
from tests.waiting import wait_until

ALL = ["initiated", "ringing", "answered", "completed"]


def quick(network: Network, number: str) -> str:
    return network.person(number, script=[{"wait": 5}, {"hangup": True}])


def test_every_request_passes_twilios_own_validator(network: Network) -> None:
    sid = network.place(
        quick(network, "+14155557001"),
        "<Dial><Conference statusCallback='/conference?of=me' statusCallbackEvent='join leave'>a</Conference></Dial>",
        path="/voice",
        Url=network.app.url + "/voice?a=b&c=d%20e#rc=2&rp=all",
        StatusCallback=network.app.url + "/status#rt=2000",
        StatusCallbackEvent=ALL,
    )
    network.wait(sid, "completed")
    network.app.wait_for("/status", 4)
    network.app.wait_for("/conference", 2)
    validator = RequestValidator(TOKEN)
    assert len(network.app.hits) == 7
    for hit in network.app.hits:
        assert "#" not in hit.url
        assert validator.validate(hit.url, hit.params, hit.headers["X-Twilio-Signature"]), hit.url
        assert not validator.validate(hit.url, {**hit.params, "CallSid": "CA1"}, hit.headers["X-Twilio-Signature"])
        assert hit.headers["Content-Type"].startswith("application/x-www-form-urlencoded")


def test_a_get_carries_its_parameters_in_the_signed_url(network: Network) -> None:
    sid = network.place(quick(network, "+14155557002"), "<Hangup/>", Method="GET")
    network.wait(sid, "completed")
    (hit,) = network.app.hits_at("/voice")
    assert hit.method == "GET"
    assert hit.params["CallSid"] == sid
    assert RequestValidator(TOKEN).validate(hit.url, {}, hit.headers["X-Twilio-Signature"])


def test_a_failing_instruction_is_fetched_again_with_the_same_token(network: Network) -> None:
    def third_time_lucky(params: dict[str, str]) -> str | tuple[int, str, str]:
        return "<Say>Lucky</Say>" if len(network.app.hits_at("/voice")) == 3 else (503, "text/plain", "busy")

    url = network.app.url + "/voice#rc=2&rt=4000&tt=14000&rp=5xx,ct,rt"
    sid = network.place(quick(network, "+14155557003"), third_time_lucky, Url=url)
    network.wait(sid, "completed")
    hits = network.app.hits_at("/voice")
    assert len(hits) == 3
    assert len({h.headers["I-Twilio-Idempotency-Token"] for h in hits}) == 1
    assert [text for _, _, text in network.heard(sid)] == ["Lucky"]


@pytest.mark.parametrize(("fragment", "tries"), [("", 1), ("#rc=3", 1), ("#rc=3&rp=4xx", 1), ("#rc=1&rp=5xx", 2)])
def test_only_what_the_policy_names_is_retried(network: Network, fragment: str, tries: int) -> None:
    sid = network.place(
        quick(network, "+14155557004"),
        lambda params: (500, "text/plain", ""),
        Url=network.app.url + "/voice" + fragment,
    )
    network.wait(sid, "completed")
    assert len(network.app.hits_at("/voice")) == tries


def test_a_slow_application_is_given_up_after_its_read_time_out(network: Network) -> None:
    def slow(params: dict[str, str]) -> str:
        time.sleep(1.0)
        return "<Say>Too late</Say>"

    patient = network.person("+14155557005", script=[])
    sid = network.place(patient, slow, Url=network.app.url + "/voice#rt=200&rc=0")
    network.wait(sid, "completed")
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [11205]


def test_nobody_listening_is_retried_within_the_total_time(network: Network) -> None:
    gone = Application()
    gone.close()
    sid = network.place(quick(network, "+14155557006"), Url=gone.url + "/voice#rc=2&tt=2000")
    network.wait(sid, "completed")
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [11205]


def statuses(network: Network, faults: dict[str, float], number: str) -> list[str]:
    """The CallStatus values that arrive for one call under these faults, once all have."""
    network.sim("PUT", "/faults", {"callbacks": faults})
    sid = network.place(
        quick(network, number), "<Pause length='60'/>", StatusCallback=network.app.url + "/status",
        StatusCallbackEvent=ALL,
    )  # fmt: skip
    network.wait(sid, "completed")

    def settled() -> bool:
        rows = [r for r in network.sim("GET", "/callbacks").json() if r["params"].get("CallSid") == sid]
        return len(rows) >= 4 and all(r["status"] == 204 or r["fault"] == "drop" for r in rows)

    wait_until(settled, timeout=10)
    assert len(network.app.hits_at("/voice")) == 1  # instructions are never touched
    return [h.params["CallStatus"] for h in network.app.hits_at("/status")]


def test_dropped_notices_never_arrive(network: Network) -> None:
    assert statuses(network, {"drop": 1}, "+14155557007") == []


def test_duplicated_notices_arrive_twice_with_one_token(network: Network) -> None:
    arrived = statuses(network, {"duplicate": 1}, "+14155557008")
    assert sorted(arrived) == sorted(["initiated", "ringing", "in-progress", "completed"] * 2)
    tokens = {h.headers["I-Twilio-Idempotency-Token"] for h in network.app.hits_at("/status")}
    assert len(tokens) == 4


def test_delayed_notices_come_late(network: Network) -> None:
    arrived = statuses(network, {"delay": 1, "delay_seconds": 30}, "+14155557009")
    assert sorted(arrived) == ["completed", "in-progress", "initiated", "ringing"]


def test_reordered_notices_are_overtaken(network: Network) -> None:
    orders: set[tuple[str, ...]] = set()
    for _ in range(30):  # every other call's notices are in order by chance
        network.app.hits.clear()
        orders.add(tuple(statuses(network, {"reorder": 0.5}, "+14155557010")))
        if len(orders) > 1:
            break
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {("completed", "in-progress", "initiated", "ringing")}
