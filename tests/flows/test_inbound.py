"""Somebody calls us: answered, abandoned, told to try again later."""

from tests.flows.company import ASKS, QUESTION, STAYS, seconds_between


def heard(company, person):
    return [h["text"] for leg in company.network_legs(person) for h in leg["heard"] if h["speaker"] != person]


def test_an_agent_answers(company):
    call_id, caller = company.receive(ASKS)
    call = company.in_the_books(call_id)
    assert (call["direction"], call["from_number"], call["to_number"]) == ("inbound", caller, company.number)
    assert (call["status"], call["disposition"]) == ("completed", "answered")
    assert (call["agent"]["id"], call["queue"]["id"]) == (company.agent().id, company.queue_id)
    (network,) = company.network_legs(caller)
    assert abs(call["duration_seconds"] - network["duration"]) <= 2
    assert QUESTION in heard(company, company.agent().endpoint)


def test_the_caller_hears_their_place_in_line(company):
    company.presence(company.agent(), "offline")
    for place in (1, 2):
        _, caller = company.receive(STAYS)
        company.until(lambda: f"You are number {place} in line. Please hold." in heard(company, caller))  # noqa: B023


def test_a_caller_who_gives_up_has_abandoned(company):
    company.presence(company.agent(), "offline")
    call_id, caller = company.receive([{"wait": 20}, {"hangup": True}])
    call = company.in_the_books(call_id)
    assert (call["status"], call["disposition"], call["hung_up_by"]) == ("completed", "abandoned", "customer")
    (network,) = company.network_legs(caller)
    assert abs(call["wait_seconds"] - seconds_between(network["answer_time"], network["end_time"])) <= 2
    assert (call["talk_seconds"], call["agent"]) == (0, None)


def test_a_caller_who_gives_up_while_an_agent_is_rung_frees_the_agent(company):
    agent = company.agent()
    company.behaves(agent.endpoint, outcome="no-answer")
    company.rings_for(60)
    call_id, _ = company.receive([{"wait": 30}, {"hangup": True}])
    company.until(lambda: company.rung(agent.endpoint))
    assert company.in_the_books(call_id)["disposition"] == "abandoned"
    assert company.state_of(agent) == "available"


def test_after_the_longest_wait_the_caller_is_told_and_let_go(company):
    company.presence(company.agent(), "offline")
    company.api.patch(f"/queues/{company.queue_id}", json={"max_wait_seconds": 10}).raise_for_status()
    call_id, caller = company.receive(STAYS)
    call = company.in_the_books(call_id)
    assert call["status"] == "completed"
    assert [text for text in heard(company, caller) if "nobody can take your call" in text]


def test_who_waited_is_served_when_an_agent_comes(company):
    company.presence(company.agent(), "offline")
    call_id, _ = company.receive(ASKS)
    company.until(lambda: company.call(call_id)["phase"] == "waiting")
    company.presence(company.agent(), "available")
    assert company.in_the_books(call_id)["disposition"] == "answered"


def test_a_caller_without_a_number(company):
    call_id, _ = company.receive(ASKS, caller="anonymous")
    call = company.in_the_books(call_id)
    assert (call["from_number"], call["disposition"]) == ("anonymous", "answered")


def test_the_first_who_came_is_served_first(company):
    company.presence(company.agent(), "offline")
    first, _ = company.receive(STAYS)
    second, _ = company.receive(STAYS)
    company.presence(company.agent(), "available")
    company.until_talking(first, company.agent())
    assert company.call(second)["phase"] == "waiting"
