"""Warm transfer: the agent speaks with the target while the customer hears music; its five endings."""

import time
from typing import Any

import pytest

from tests.flows.company import Company, leg

BRIEFING = "This is a difficult customer."
TOM = "Tom speaking."
#: An agent who briefs whoever comes, and stays.
BRIEFS = [
    {"wait_for": "Press 1"},
    {"press": "1"},
    {"wait_for": "Are you there?"},
    {"say": "One moment, please."},
    {"wait_for": TOM},
    {"say": BRIEFING},
]
SPEAKS_ON = [{"say": TOM}, {"wait": 1}] * 200
ASKS_ON = [{"say": "Are you there?"}, {"wait": 2}] * 200
#: By then the others have found each other, on a busy machine as well.
LEAVES_LATER = [*ASKS_ON[:120], {"hangup": True}]


@pytest.fixture
def customer(company: Company) -> str:
    return company.person(ASKS_ON)


@pytest.fixture
def tom(company: Company) -> str:
    return company.person(SPEAKS_ON, answer_after=2)


@pytest.fixture
def call_id(company: Company, customer: str) -> str:
    company.behaves(company.agent().endpoint, BRIEFS)
    return company.talking(customer)


def consulting(company: Company, call_id: str, target: str) -> None:
    """Until agent and target talk with each other."""
    assert company.transfer(call_id, target, how="warm").status_code == 200
    agent = company.agent().endpoint
    company.until(lambda: (target, TOM) in company.heard(agent), 60, "the agent hears the target")
    company.until(lambda: (agent, BRIEFING) in company.heard(target), 60, "the target hears the agent")


def test_the_customer_hears_music_and_never_the_briefing(
    company: Company, customer: str, tom: str, call_id: str
) -> None:
    before = company.music(customer)
    consulting(company, call_id, tom)
    assert company.call(call_id)["phase"] == "consulting"
    assert company.music(customer) > before
    assert not {text for _, text in company.heard(customer)} & {BRIEFING, TOM}
    assert (customer, "Are you there?") not in company.heard(tom)
    company.command(call_id, "transfer/complete")
    company.until(lambda: (tom, TOM) in company.heard(customer), 30)
    assert BRIEFING not in {text for _, text in company.heard(customer)}


def test_completed_the_customer_talks_with_the_target_and_the_agent_is_free(
    company: Company, customer: str, tom: str, call_id: str
) -> None:
    consulting(company, call_id, tom)
    answer = company.command(call_id, "transfer/complete")
    assert (answer.status_code, answer.json()["phase"]) == (200, "joined")
    company.until(lambda: (tom, TOM) in company.heard(customer), 30)
    company.until(lambda: company.state_of(company.agent()) == "available")
    company.hang_up(call_id)
    call = company.in_the_books(call_id)
    assert (call["disposition"], leg(call, "target")["transfer"]) == ("answered", "warm")
    assert call["hold_seconds"] > 2


def test_cancelled_the_customer_is_back_with_the_agent(company: Company, customer: str, tom: str, call_id: str) -> None:
    consulting(company, call_id, tom)
    answer = company.command(call_id, "transfer/cancel")
    assert (answer.status_code, answer.json()["phase"]) == (200, "joined")
    company.until(lambda: company.network_legs(tom)[0]["end_time"])
    agent = company.agent().endpoint
    heard_before = len(company.heard(agent))
    company.until(lambda: (customer, "Are you there?") in company.heard(agent)[heard_before:], 30)
    assert (customer, "Are you there?") not in company.heard(tom)
    assert company.command(call_id, "transfer/cancel").status_code == 422


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "reject", "unreachable"])
def test_a_target_who_does_not_answer_leaves_the_customer_with_the_agent(
    company: Company, customer: str, call_id: str, outcome: str
) -> None:
    target = company.person(outcome=outcome)
    assert company.transfer(call_id, target, how="warm").status_code == 200
    company.until(lambda: company.network_legs(target)[0]["end_time"], 60)
    company.until(lambda: company.call(call_id)["phase"] == "joined", 30)
    agent = company.agent().endpoint
    heard_before = len(company.heard(agent))
    company.until(lambda: (customer, "Are you there?") in company.heard(agent)[heard_before:], 30)
    assert company.call(call_id)["agent"]["id"] == company.agent().id
    assert company.command(call_id, "transfer/complete").status_code == 422


def test_an_agent_who_leaves_early_has_completed_it(company: Company, customer: str, tom: str, call_id: str) -> None:
    company.behaves(company.agent().endpoint, [*BRIEFS[:5], {"hangup": True}])
    company.hang_up(call_id)
    company.in_the_books(call_id)
    call_id = company.talking(customer)
    assert company.transfer(call_id, tom, how="warm").status_code == 200
    company.until(lambda: (tom, TOM) in company.heard(customer), 60, "customer and target talk")
    company.until(lambda: company.state_of(company.agent()) == "available")
    call = company.call(call_id)
    assert (call["phase"], leg(call, "target")["ended_at"]) == ("joined", None)


def test_a_customer_who_hangs_up_meanwhile_ends_it_for_both_who_are_told(company: Company, tom: str) -> None:
    company.behaves(company.agent().endpoint, BRIEFS)
    call_id = company.talking(company.person(LEAVES_LATER))
    consulting(company, call_id, tom)
    call = company.in_the_books(call_id, 300)
    assert (call["status"], call["disposition"], call["hung_up_by"]) == ("completed", "answered", "customer")
    for party in (company.agent().endpoint, tom):
        assert ("network", "The caller has hung up. Goodbye.") in company.heard(party)
        assert company.network_legs(party)[-1]["end_time"]


def test_an_agent_who_leaves_while_the_target_still_rings_hands_the_customer_over(
    company: Company, customer: str, call_id: str
) -> None:
    tom = company.person(SPEAKS_ON, answer_after=20)
    company.behaves(company.agent().endpoint, [*BRIEFS[:4], {"wait": 3}, {"hangup": True}])
    company.hang_up(call_id)
    company.in_the_books(call_id)
    call_id = company.talking(customer)
    company.transfer(call_id, tom, how="warm")
    company.until(lambda: company.call(call_id)["phase"] == "transferring", 30)
    company.until(lambda: (tom, TOM) in company.heard(customer), 60)


def test_hold_and_resume(company: Company, customer: str, call_id: str) -> None:
    agent = company.agent().endpoint
    before, begun = company.music(customer), time.monotonic()
    answer = company.command(call_id, "hold")
    assert (answer.status_code, answer.json()["phase"]) == (200, "held")
    company.until(lambda: company.music(customer) > before)
    assert company.command(call_id, "hold").status_code == 422
    held = time.monotonic()
    company.pass_time(10)
    shortest = time.monotonic() - held
    heard_before = len(company.heard(agent))
    assert company.command(call_id, "resume").status_code == 200
    company.until(lambda: (customer, "Are you there?") in company.heard(agent)[heard_before:], 30)
    longest = time.monotonic() - begun
    company.hang_up(call_id)
    call = company.in_the_books(call_id)
    speed = company.stack.clock_speed
    assert shortest * speed - 2 <= call["hold_seconds"] <= longest * speed + 2
    assert call["hold_seconds"] + call["talk_seconds"] + call["wait_seconds"] == pytest.approx(
        call["duration_seconds"], abs=4
    )


def test_a_customer_on_hold_who_hangs_up(company: Company) -> None:
    company.behaves(company.agent().endpoint, BRIEFS)
    call_id = company.talking(company.person(LEAVES_LATER))
    company.command(call_id, "hold")
    call = company.in_the_books(call_id, 300)
    assert (call["disposition"], call["hung_up_by"]) == ("answered", "customer")


def test_warm_to_an_agent(new_company: Any) -> None:
    company = new_company(agents=2)
    customer = company.person(ASKS_ON)
    first, second = company.agents
    company.presence(second, "offline")
    company.behaves(first.endpoint, BRIEFS)
    company.behaves(second.endpoint, [{"wait_for": "Press 1"}, {"press": "1"}, *SPEAKS_ON])
    call_id = company.talking(customer)
    body = {"target_agent_id": second.id, "transfer_type": "warm"}
    refused = company.api.post(f"/calls/{call_id}/transfer", json=body)
    assert (refused.status_code, refused.json()["details"]["field"]) == (422, "target_agent_id")
    company.presence(second, "available")
    assert company.api.post(f"/calls/{call_id}/transfer", json=body).status_code == 200
    company.until(lambda: (first.endpoint, BRIEFING) in company.heard(second.endpoint), 60)
    assert company.call(call_id)["agent"]["id"] == first.id
    assert company.command(call_id, "transfer/complete").status_code == 200
    company.until(lambda: (customer, "Are you there?") in company.heard(second.endpoint), 30)
    assert company.call(call_id)["agent"]["id"] == second.id
    company.until(lambda: company.state_of(first) == "available")
    assert company.state_of(second) == "busy"


def test_cold_to_an_agent_who_does_not_answer_brings_the_customer_back(new_company: Any) -> None:
    company = new_company(agents=2)
    first, second = company.agents
    company.presence(second, "offline")
    call_id = company.talking(company.person(ASKS_ON))
    company.behaves(second.endpoint, outcome="no-answer")
    company.presence(second, "available")
    body = {"target_agent_id": second.id, "transfer_type": "cold"}
    assert company.api.post(f"/calls/{call_id}/transfer", json=body).status_code == 200
    company.until(lambda: company.rung(second.endpoint), 30)
    company.until_talking(call_id, first)


def test_cold_to_a_queue(new_company: Any) -> None:
    company = new_company(agents=2)
    first, second = company.agents
    other = company.api.post("/queues", json={"name": "Sales", "ring_timeout_seconds": 5}).json()["id"]
    company.api.patch(f"/agents/{second.id}", json={"queue_ids": [other]}).raise_for_status()
    call_id = company.talking(company.person(ASKS_ON), agent=first)
    body = {"target_queue_id": other, "transfer_type": "cold"}
    assert company.api.post(f"/calls/{call_id}/transfer", json=body).status_code == 200
    call = company.until_talking(call_id, second)
    assert call["queue"]["name"] == "Sales"
