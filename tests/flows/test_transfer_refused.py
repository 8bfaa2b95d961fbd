"""A transfer that is refused leaves the conversation as it was."""

import pytest

from tests.flows.company import leg

NAMES = {403: ("Forbidden", "forbidden"), 422: ("Unprocessable Entity", "unprocessable_entity")}


@pytest.fixture(scope="module")
def floor(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def call_id(floor):
    return floor.talking()


def undisturbed(floor, call_id) -> bool:
    agent = floor.agent()
    (network,) = floor.network_legs(agent.endpoint)
    call = floor.until_talking(call_id, agent)
    return not network["end_time"] and not leg(call, "agent")["ended_at"] and floor.state_of(agent) == "busy"


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("+15005550001", 422, "This is not a valid phone number"),
        ("+15005550002", 422, "This number cannot be reached"),
        ("+15005550003", 403, "Calls to this destination are not enabled"),
        ("+15005550004", 422, "The account may not call this number"),
        ("+442079460018", 403, "Calls to GB are not allowed for this organization"),
        ("911", 422, "Emergency numbers cannot be called through the API"),
    ],
)
def test_by_the_carrier_or_by_us(floor, call_id, target, status, message):
    answer = floor.transfer(call_id, target)
    error, code = NAMES[status]
    assert answer.status_code == status
    assert answer.json() == {"error": error, "code": code, "details": {"field": "target_number", "message": message}}
    assert undisturbed(floor, call_id)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "target_number"),
        ({"target_number": "+14155550123"}, 400, "transfer_type"),
        ({"target_number": "+14155550123", "transfer_type": "hot"}, 400, "transfer_type"),
        ({"target_number": "5550123", "transfer_type": "cold"}, 400, "target_number"),
        ({"target_number": "+14155550123", "transfer_type": "cold", "now": True}, 400, "now"),
        ({"transfer_type": "warm"}, 400, "target_number"),
    ],
)
def test_a_body_that_is_wrong(floor, call_id, body, status, field):
    answer = floor.api.post(f"/calls/{call_id}/transfer", json=body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field)
    assert undisturbed(floor, call_id)


def test_a_call_that_rings_cannot_be_transferred(company):
    call_id = company.place(company.person(outcome="no-answer"))
    answer = company.transfer(call_id, "+14155550123")
    assert (answer.status_code, answer.json()["details"]["message"]) == (422, "The call is not in conversation")


def test_a_call_that_is_over_cannot_be_transferred(company):
    call_id = company.place(company.person(outcome="busy"))
    company.until_over(call_id)
    answer = company.transfer(call_id, "+14155550123")
    assert (answer.status_code, answer.json()["details"]["message"]) == (422, "The call is over")
    assert company.rung("+14155550123") == 0


def test_a_call_that_is_being_transferred_cannot_be_transferred_again(company):
    call_id = company.talking()
    assert company.transfer(call_id, company.person(outcome="no-answer")).status_code == 200
    other = company.stack.new_phone()
    assert company.transfer(call_id, other).status_code == 422
    assert company.rung(other) == 0
