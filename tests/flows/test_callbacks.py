"""Keep my place: the caller hangs up and is called when it is their turn."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.company import STAYS, Company, leg

OFFER = "Press 1 to hang up and keep your place"
ASKS_FOR_CALLBACK = [{"wait_for": OFFER}, {"press": "1"}, {"wait": 600}]


@pytest.fixture
def office(new_company: Callable[..., Company]) -> Company:
    """Nobody takes calls yet."""
    return new_company(agents=1, presence="offline", offers_callback=True)


def in_queue(office: Company) -> list[str]:
    return [call["id"] for call in office.live() if call["phase"] in ("waiting", "callback")]


def ask(office: Company, caller: str = "") -> tuple[str, str]:
    """A caller who has asked: the call that waits for them, and their number."""
    call_id, caller = office.receive(ASKS_FOR_CALLBACK, caller=caller)
    call = office.until_over(call_id)
    assert (call["disposition"], call["hung_up_by"]) == ("callback", "callback")
    assert office.heard(caller)[-1][1].startswith("Thank you. You keep your place in line")
    (back,) = [one for one in office.live() if one["original_id"] == call_id]
    assert (back["direction"], back["phase"], back["to_number"]) == ("outbound", "callback", caller)
    office.behaves(caller, STAYS)
    return str(back["id"]), caller


def test_who_asked_at_position_three_is_served_third(office: Company) -> None:
    def wait_in_line() -> str:
        return office.receive(STAYS)[1]

    line = [wait_in_line(), wait_in_line()]
    back, third = ask(office)
    line += [third, wait_in_line()]
    assert ("network", "You are number 3 in line. Please hold. " + OFFER + ". We will call you back.") in office.heard(
        third
    )
    office.presence(office.agent(), "available")
    served: list[str] = []

    def next_served() -> dict[str, Any] | None:
        joined = (call for call in office.live() if call["phase"] == "joined")
        return next((call for call in joined if _customer(call) not in served), None)

    for _ in line:
        call = office.until(next_served, 120, "the next one is served")
        served.append(_customer(call))
        office.until_talking(call["id"], office.agent())
        if call["id"] == back:
            assert leg(office.call(back), "agent")["accepted_at"] < office.call(back)["answered_at"], "the agent first"
        office.hang_up(call["id"])
        office.until_over(call["id"])
    assert served == line


def _customer(call: dict[str, Any]) -> str:
    return str(call["to_number"] if call["direction"] == "outbound" else call["from_number"])


def test_who_may_not_be_called_any_more_is_not(office: Company) -> None:
    back, caller = ask(office)
    rung = office.rung(caller)
    office.api.post("/compliance/dnc", json={"phone": caller}).raise_for_status()
    office.presence(office.agent(), "available")
    call = office.until_over(back)
    assert (call["status"], call["failure_reason"]) == ("failed", "dnc")
    assert office.rung(caller) == rung
    office.until(lambda: office.state_of(office.agent()) == "available")


def test_who_may_not_be_called_is_not_offered_it(office: Company) -> None:
    caller = office.stack.new_phone()
    office.api.post("/compliance/dnc", json={"phone": caller}).raise_for_status()
    call_id, _ = office.receive([{"wait": 8}, {"press": "1"}, {"wait": 5}], caller=caller)
    office.until(lambda: any("in line" in text for _, text in office.heard(caller)))
    office.pass_time(12)
    assert not any(OFFER in text for _, text in office.heard(caller))
    assert office.call(call_id)["phase"] == "waiting"


def test_a_caller_without_a_number_is_not_offered_it(office: Company) -> None:
    office.sim.call("anonymous", office.number, STAYS)
    office.until(lambda: in_queue(office))
    office.until(lambda: any("in line" in text for _, text in office.heard("anonymous")))
    assert not any(OFFER in text for _, text in office.heard("anonymous"))


def test_who_does_not_answer_is_in_the_books_and_the_agent_is_free(office: Company) -> None:
    back, caller = ask(office)
    office.behaves(caller, outcome="busy")
    office.presence(office.agent(), "available")
    call = office.in_the_books(back)
    assert (call["status"], call["disposition"]) == ("busy", "busy")
    office.until(lambda: office.state_of(office.agent()) == "available")


def test_an_agent_who_does_not_answer_leaves_them_in_their_place(office: Company) -> None:
    back, _ = ask(office)
    office.behaves(office.agent().endpoint, outcome="busy")
    office.presence(office.agent(), "available")
    office.until(lambda: office.rung(office.agent().endpoint) >= 1, 60)
    assert office.call(back)["phase"] == "callback"
    office.presence(office.agent(), "offline")


def test_it_can_be_called_off(office: Company) -> None:
    back, caller = ask(office)
    rung = office.rung(caller)
    assert office.hang_up(back).status_code == 200
    call = office.until_over(back)
    assert (call["status"], call["hung_up_by"]) == ("canceled", "api")
    office.presence(office.agent(), "available")
    office.pass_time(10)
    assert office.rung(caller) == rung
