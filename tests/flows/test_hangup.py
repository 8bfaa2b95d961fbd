"""Hanging up over the API ends every leg, whenever it comes."""

import pytest

from tests.flows.company import STAYS, leg

OVER = {
    "error": "Unprocessable Entity",
    "code": "unprocessable_entity",
    "details": {"field": None, "message": "The call is over already"},
}


def ended(company, call_id):
    assert company.hang_up(call_id).status_code == 200
    call = company.in_the_books(call_id)
    assert call["hung_up_by"] == "api"
    assert all(leg["end_time"] for who in call["legs"] for leg in company.network_legs(who["to_number"]))
    return call


def test_while_the_phone_rings(company):
    customer = company.person(outcome="no-answer")
    call_id = company.place(customer)
    company.until(lambda: company.call(call_id)["status"] == "ringing")
    call = ended(company, call_id)
    assert (call["status"], call["disposition"]) == ("canceled", "canceled")
    assert [leg["status"] for leg in company.network_legs(customer)] == ["canceled"]


def test_at_once(company):
    """Whether the carrier's word about the new call came first or not."""
    customer = company.person(STAYS, answer_after=1)
    call = ended(company, company.place(customer))
    assert call["status"] in ("canceled", "completed")
    assert company.rung(company.agent().endpoint) <= 1


def test_while_the_customer_waits(company):
    company.presence(company.agent(), "offline")
    call_id = company.place(company.person(STAYS))
    company.until(lambda: company.call(call_id)["phase"] == "waiting")
    call = ended(company, call_id)
    assert (call["status"], call["agent"]) == ("completed", None)
    assert company.rung(company.agent().endpoint) == 0


def test_while_an_agent_is_rung(company):
    agent = company.agent()
    company.behaves(agent.endpoint, outcome="no-answer")
    company.rings_for(60)
    call_id = company.place(company.person(STAYS))
    company.until(lambda: [g for g in company.network_legs(agent.endpoint) if g["status"] == "ringing"])
    call = ended(company, call_id)
    assert leg(call, "agent")["status"] == "canceled"
    assert [leg["status"] for leg in company.network_legs(agent.endpoint)] == ["canceled"]
    assert company.state_of(agent) == "available"


def test_while_they_talk(company):
    call_id = company.talking()
    call = ended(company, call_id)
    assert (call["status"], call["disposition"]) == ("completed", "answered")
    assert [who["status"] for who in call["legs"]] == ["completed", "completed"]
    assert company.state_of(company.agent()) == "available"


def test_an_inbound_call(company):
    call_id, _ = company.receive(STAYS)
    company.until_talking(call_id)
    assert ended(company, call_id)["status"] == "completed"


def test_a_call_that_is_over_is_a_422_and_stays_as_it_was(company):
    call_id = company.place(company.person(outcome="busy"))
    before = company.in_the_books(call_id)
    answer = company.hang_up(call_id)
    assert (answer.status_code, answer.json()) == (422, OVER)
    assert company.call(call_id) == before


def test_twice_at_once_ends_it_once(company):
    call_id = company.talking()
    ended(company, call_id)
    answer = company.hang_up(call_id)
    assert (answer.status_code, answer.json()) == (422, OVER)


@pytest.mark.parametrize("body", [{"why": "bored"}, [], "now"])
def test_a_body_that_is_none_changes_nothing(company, body):
    call_id = company.place(company.person(outcome="no-answer"))
    assert company.api.post(f"/calls/{call_id}/hangup", json=body).status_code == 400
    assert company.call(call_id)["ended_at"] is None


def test_a_call_needs_no_body_to_be_hung_up(company):
    call_id = company.talking()
    assert company.api.post(f"/calls/{call_id}/hangup").status_code == 200
    company.until_over(call_id)
