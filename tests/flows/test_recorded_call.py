"""A recorded call, from the request to the books: what our API says of it is what the network saw."""

import pytest

from tests.flows.company import ASKS, QUESTION, leg, seconds_between


@pytest.fixture(scope="module")
def ada(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def lived(ada):
    customer = ada.person(ASKS, answer_after=2)
    return ada.in_the_books(ada.place(customer, record=True))


@pytest.fixture(scope="module")
def network(ada, lived):
    """The network's account of the customer's leg and of the agent's."""
    (customer,) = ada.network_legs(lived["to_number"])
    (agent,) = ada.network_legs(ada.agent().endpoint)
    return {"customer": customer, "agent": agent}


def test_it_is_completed_and_answered(ada, lived):
    assert (lived["status"], lived["disposition"]) == ("completed", "answered")
    assert (lived["direction"], lived["hung_up_by"]) == ("outbound", "customer")
    assert lived["agent"]["id"] == ada.agent().id


@pytest.mark.parametrize("role", ["customer", "agent"])
def test_each_leg_is_the_networks(ada, lived, network, role):
    ours, theirs = leg(lived, role), network[role]
    assert len(lived["legs"]) == 2
    assert (ours["status"], ours["to_number"]) == (theirs["status"], theirs["to"])
    assert ours["from_number"] == theirs["from"] == ada.number
    assert abs(seconds_between(theirs["answer_time"], ours["answered_at"])) <= 2
    assert abs(seconds_between(theirs["end_time"], ours["ended_at"])) <= 2


def test_its_duration_is_that_of_the_customers_leg(lived, network):
    assert abs(lived["duration_seconds"] - network["customer"]["duration"]) <= 2


def test_its_talk_and_wait_are_what_the_customer_heard(ada, lived, network):
    agent = [h for h in network["customer"]["heard"] if h["speaker"] == ada.agent().endpoint]
    waited = agent[0]["start"]  # the agent speaks as soon as somebody is there; counted from the customer's answer
    assert abs(lived["wait_seconds"] - waited) <= 2
    assert abs(lived["talk_seconds"] - (network["customer"]["duration"] - waited)) <= 2
    assert QUESTION in [h["text"] for h in network["agent"]["heard"]]


def test_it_rang_for_as_long_as_the_network_says(lived, network):
    rang = seconds_between(network["customer"]["start_time"], network["customer"]["answer_time"])
    assert abs(lived["ring_seconds"] - rang) <= 2
