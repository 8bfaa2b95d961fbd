"""An agent places a call: their own phone first, then the customer."""

import pytest

from tests.flows.company import ASKS, QUESTION, STAYS, leg, seconds_between


@pytest.fixture
def ada(company):
    """The agent, logged in."""
    return company.member("agent", company.agent())


def place(company, ada, customer):
    return ada.post("/calls/outbound", json={"from_number": company.number, "to_number": customer})


def test_the_agent_is_rung_first_and_then_joined_with_the_customer(company, ada):
    customer = company.person(ASKS)
    answer = place(company, ada, customer)
    assert answer.status_code == 201
    assert (answer.json()["phase"], answer.json()["agent"]["id"]) == ("agent_first", company.agent().id)
    call = company.in_the_books(answer.json()["id"])
    assert (call["status"], call["disposition"]) == ("completed", "answered")
    (theirs,), (ours,) = company.network_legs(customer), company.network_legs(company.agent().endpoint)
    assert seconds_between(ours["answer_time"], theirs["created_time"]) > 0
    assert QUESTION in [h["text"] for h in ours["heard"]]
    joined = next(h["start"] for h in theirs["heard"] if h["speaker"] == ours["to"])
    assert abs(call["talk_seconds"] - (theirs["duration"] - joined)) <= 2
    assert call["wait_seconds"] == 0


def test_an_agent_who_does_not_answer_fails_the_call(company, ada):
    company.behaves(company.agent().endpoint, outcome="busy")
    customer = company.person(ASKS)
    call = company.in_the_books(place(company, ada, customer).json()["id"])
    assert (call["status"], call["disposition"]) == ("failed", "failed")
    assert call["failure_reason"] == "agent_unavailable"
    assert company.rung(customer) == 0
    assert company.state_of(company.agent()) == "available"


def test_an_agents_voicemail_does_not_get_the_customer(company, ada):
    company.behaves(company.agent().endpoint, STAYS)
    customer = company.person(ASKS)
    call = company.in_the_books(place(company, ada, customer).json()["id"])
    assert call["failure_reason"] == "agent_unavailable"
    assert company.rung(customer) == 0


def test_a_customer_who_is_busy_frees_the_agent(company, ada):
    call = company.in_the_books(place(company, ada, company.person(outcome="busy")).json()["id"])
    assert (call["status"], call["disposition"]) == ("busy", "busy")
    assert company.state_of(company.agent()) == "available"


def test_a_customer_whom_the_carrier_refuses_frees_the_agent(company, ada):
    call = company.in_the_books(place(company, ada, "+15005550001").json()["id"])
    assert (call["status"], call["failure_reason"]) == ("failed", "invalid_number")
    assert leg(call, "agent")["ended_at"]
    assert company.state_of(company.agent()) == "available"


def test_one_call_at_a_time(company, ada):
    call_id = place(company, ada, company.person(STAYS)).json()["id"]
    customer = company.stack.new_phone()
    answer = place(company, ada, customer)
    assert answer.status_code == 422
    assert answer.json()["details"]["message"] == "You are on another call"
    assert company.rung(customer) == 0
    company.until_talking(call_id)


def test_an_agent_who_leaves_ends_the_call(company, ada):
    agent_script = [{"wait_for": "Press 1"}, {"press": "1"}, {"wait_for": "Hello"}, {"wait": 3}, {"hangup": True}]
    company.behaves(company.agent().endpoint, agent_script)
    customer = company.person([{"wait": 2}, {"say": "Hello, who is there?"}] * 10)
    call = company.in_the_books(place(company, ada, customer).json()["id"])
    assert (call["status"], call["hung_up_by"]) == ("completed", "agent")


def test_hung_up_while_the_agent_is_rung_nobody_is_dialled(company, ada):
    company.behaves(company.agent().endpoint, outcome="no-answer")
    customer = company.person(STAYS)
    call_id = place(company, ada, customer).json()["id"]
    assert company.hang_up(call_id).status_code == 200
    call = company.in_the_books(call_id)
    assert (call["status"], call["disposition"], company.rung(customer)) == ("canceled", "canceled", 0)
    assert company.state_of(company.agent()) == "available"


def test_an_agent_sees_their_own_calls_only(company, ada):
    mine = place(company, ada, company.person(ASKS)).json()["id"]
    other = company.place(company.person(outcome="busy"))
    company.until_over(mine)
    company.until_over(other)
    assert [call["id"] for call in ada.get("/calls/logs").json()["results"]] == [mine]
    assert (ada.get(f"/calls/{mine}").status_code, ada.get(f"/calls/{other}").status_code) == (200, 404)
    assert ada.post(f"/calls/{other}/hangup").status_code == 404
