"""Cold transfer: the agent is released at once, and customer and target talk."""

import pytest

from tests.flows.company import ASKS, QUESTION, STAYS, leg, seconds_between

#: A customer who keeps asking, so that whoever joins them hears it.
KEEPS_ASKING = [{"say": "Are you there?"}, {"wait": 2}] * 200
PARTNERS = ("agent", "target")
TOM = "Yes, this is Tom from the repair shop."


@pytest.fixture
def customer(company):
    return company.person(KEEPS_ASKING)


@pytest.fixture
def tom(company):
    """A target who answers the question and leaves."""
    return company.person([{"wait_for": "Are you there?"}, {"say": TOM}, {"wait": 3}, {"hangup": True}], answer_after=3)


@pytest.fixture
def call_id(company, customer):
    return company.talking(customer)


def test_customer_and_target_are_connected(company, customer, tom, call_id):
    assert company.transfer(call_id, tom).status_code == 200
    call = company.in_the_books(call_id)
    assert (customer, "Are you there?") in company.heard(tom)
    assert (tom, TOM) in company.heard(customer)
    assert (call["status"], call["disposition"], call["hung_up_by"]) == ("completed", "answered", "target")
    assert leg(call, "target")["to_number"] == tom
    assert leg(call, "target")["from_number"] == company.number


def test_the_agent_is_released_before_the_target_answers(company, call_id):
    target = company.person(outcome="no-answer")
    answer = company.transfer(call_id, target)
    assert (answer.status_code, answer.json()["phase"]) == (200, "transferring")
    agent = company.agent()
    company.until(lambda: company.network_legs(agent.endpoint)[-1]["end_time"])
    company.until(lambda: company.state_of(agent) == "available")
    assert company.call(call_id)["phase"] == "transferring"
    assert not company.network_legs(target)[0]["end_time"]


def test_the_customer_hears_music_until_the_target_answers(company, customer, tom, call_id):
    company.behaves(tom, STAYS, answer_after=30)
    before = company.music(customer)
    company.transfer(call_id, tom)
    company.until(lambda: company.call(call_id)["phase"] == "joined", 60)
    assert company.music(customer) > before


def test_the_time_with_the_target_is_talk(company, customer, tom, call_id):
    company.transfer(call_id, tom)
    call = company.in_the_books(call_id)
    (theirs,) = company.network_legs(tom)
    asked = next(h for h in theirs["heard"] if h["speaker"] == customer)  # from when the two were joined, at the latest
    with_target = seconds_between(asked["at"], theirs["end_time"])
    accepted = [seconds_between(leg(call, role)["accepted_at"], leg(call, role)["ended_at"]) for role in PARTNERS]
    assert with_target - 2 <= call["talk_seconds"] <= sum(accepted) + 2


def test_a_customer_who_leaves_meanwhile_takes_the_target_along(company):
    customer = company.person([*ASKS[:-1], {"wait": 30}, {"hangup": True}])
    call_id = company.talking(customer)
    company.until(lambda: (customer, QUESTION) in company.heard(company.agent().endpoint))
    target = company.person(outcome="no-answer")
    assert company.transfer(call_id, target).status_code == 200
    call = company.in_the_books(call_id)
    assert (call["status"], call["hung_up_by"]) == ("completed", "customer")
    assert leg(call, "target")["status"] == "canceled"
    assert [leg["status"] for leg in company.network_legs(target)] == ["canceled"]


def test_hanging_up_meanwhile_ends_the_target_too(company, call_id):
    target = company.person(STAYS, answer_after=30)
    company.transfer(call_id, target)
    assert company.hang_up(call_id).status_code == 200
    assert leg(company.in_the_books(call_id), "target")["status"] == "canceled"


def test_who_waits_in_a_queue_can_be_transferred(company, customer, tom):
    company.presence(company.agent(), "offline")
    call_id = company.place(customer)
    company.until(lambda: company.call(call_id)["phase"] == "waiting")
    assert company.transfer(call_id, tom).status_code == 200
    call = company.in_the_books(call_id)
    assert (tom, TOM) in company.heard(customer)
    assert (call["disposition"], call["agent"]) == ("answered", None)


def test_the_recording_goes_on_with_the_target(company, customer, tom):
    call_id = company.talking(customer, record=True)
    company.until(lambda: company.get(f"/calls/{call_id}/recordings")["count"] == 1)
    company.transfer(call_id, tom)
    company.in_the_books(call_id)
    (recording,) = company.get(f"/calls/{call_id}/recordings")["results"]
    assert (recording["status"], recording["media"]) == ("completed", "done")
