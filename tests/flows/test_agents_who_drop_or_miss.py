"""Agents who drop, whose phones do not answer, or who do not press 1: the customer gets the next one."""

import pytest

from tests.flows.company import ASKS, STAYS, leg

PRESSES_AND_DROPS = [{"wait_for": "Press 1"}, {"press": "1"}, {"wait": 8}, {"hangup": True}]


@pytest.fixture
def floor(new_company):
    """Two agents; the first is idle for longer."""
    floor = new_company(agents=2)
    yield floor
    floor.clear()


def test_an_agent_who_drops_leaves_the_customer_to_the_next(floor):
    first, second = floor.agents
    floor.behaves(first.endpoint, PRESSES_AND_DROPS)
    call_id = floor.place(floor.person(STAYS))
    floor.until_talking(call_id, second)
    call = floor.call(call_id)
    assert [g["agent"]["id"] for g in call["legs"] if g["role"] == "agent"] == [first.id, second.id]
    assert leg(call, "agent", 0)["accepted_at"]
    assert leg(call, "agent", 0)["status"] == "completed"
    assert (call["status"], floor.state_of(first)) == ("in_progress", "available")


def test_they_are_served_before_those_who_wait(company):
    agent = company.agent()
    company.behaves(agent.endpoint, PRESSES_AND_DROPS)
    first = company.place(company.person(STAYS))
    company.until(lambda: company.call(first)["phase"] == "joined")
    company.behaves(agent.endpoint)
    second = company.place(company.person(STAYS))
    company.until(lambda: company.call(second)["phase"] == "waiting")
    company.until_talking(first, agent)
    assert company.call(second)["phase"] == "waiting"


@pytest.mark.parametrize("outcome", ["no-answer", "busy", "reject", "unreachable"])
def test_an_agent_whose_phone_is_not_answered(floor, outcome):
    first, second = floor.agents
    floor.behaves(first.endpoint, outcome=outcome)
    call_id = floor.place(floor.person(ASKS))
    call = floor.in_the_books(call_id)
    assert (call["disposition"], call["agent"]["id"]) == ("answered", second.id)
    assert floor.rung(first.endpoint) == 1
    assert floor.state_of(first) == "available"


def test_an_agent_who_does_not_press_1(floor):
    first, second = floor.agents
    floor.behaves(first.endpoint, STAYS)
    call = floor.in_the_books(floor.place(floor.person(ASKS)))
    assert (call["disposition"], call["agent"]["id"]) == ("answered", second.id)
    assert leg(call, "agent", 0)["accepted_at"] is None
    assert not [h for h in floor.network_legs(first.endpoint)[0]["heard"] if h["speaker"] == call["to_number"]]


def test_an_agent_who_presses_another_key(floor):
    first, second = floor.agents
    floor.behaves(first.endpoint, [{"wait_for": "Press 1"}, {"press": "2"}, {"wait": 2}, {"hangup": True}])
    assert floor.in_the_books(floor.place(floor.person(ASKS)))["agent"]["id"] == second.id


def test_an_agent_who_need_not_press_takes_the_call_by_answering(company):
    agent = company.agent()
    company.api.patch(f"/agents/{agent.id}", json={"press_to_accept": False}).raise_for_status()
    company.behaves(agent.endpoint, [{"say": "How can I help you?"}, {"wait": 2}] * 50)
    call = company.in_the_books(company.place(company.person(ASKS)))
    assert (call["disposition"], call["agent"]["id"]) == ("answered", agent.id)


def test_an_agent_who_misses_three_calls_goes_on_a_break(company):
    agent = company.agent()
    company.behaves(agent.endpoint, outcome="no-answer")
    call_id = company.place(company.person(STAYS))
    company.until(lambda: company.state_of(agent) == "break", 90)
    assert company.get(f"/agents/{agent.id}")["state_reason"] == "no_answer"
    assert company.rung(agent.endpoint) == 3
    company.pass_time(20)
    assert company.rung(agent.endpoint) == 3
    assert company.call(call_id)["phase"] == "waiting"


def test_after_a_call_an_agent_wraps_up(new_company):
    floor = new_company(agents=1, wrap_up_seconds=40)
    floor.in_the_books(floor.place(floor.person(ASKS)))
    assert floor.state_of(floor.agent()) == "wrap_up"
    call_id = floor.place(floor.person(ASKS))
    floor.until(lambda: floor.call(call_id)["phase"] == "waiting")
    assert floor.rung(floor.agent().endpoint) == 1
    assert floor.in_the_books(call_id)["disposition"] == "answered"
