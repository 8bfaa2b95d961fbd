"""A supervisor in a conversation: who hears whom."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows.company import Company, leg

CUSTOMER, AGENT, SUPERVISOR = "I am the customer.", "I am the agent.", "I am the supervisor."
KEEPS_SAYING = {line: [{"say": line}, {"wait": 1}] * 200 for line in (CUSTOMER, AGENT, SUPERVISOR)}


@pytest.fixture
def customer(company: Company) -> str:
    return company.person(KEEPS_SAYING[CUSTOMER])


@pytest.fixture
def boss(company: Company) -> str:
    return company.person(KEEPS_SAYING[SUPERVISOR])


@pytest.fixture
def call_id(company: Company, customer: str) -> Iterator[str]:
    agent = company.agent().endpoint
    company.behaves(agent, [{"wait_for": "Press 1"}, {"press": "1"}, *KEEPS_SAYING[AGENT]])
    call_id = company.place(customer)
    company.until(lambda: (agent, AGENT) in company.heard(customer), 60, "they talk")
    return call_id


def monitor(company: Company, call_id: str, mode: str, endpoint: str) -> None:
    answer = company.command(call_id, "monitor", mode=mode, endpoint=endpoint)
    assert (answer.status_code, answer.json()["mode"]) == (201, mode), answer.text


def hears(company: Company, listener: str, line: str) -> bool:
    return line in [text for speaker, text in company.heard(listener) if speaker not in (listener, "network")]


def test_who_listens_hears_both_and_is_heard_by_nobody(
    company: Company, customer: str, boss: str, call_id: str
) -> None:
    monitor(company, call_id, "listen", boss)
    for line in (CUSTOMER, AGENT):
        company.until(lambda line=line: hears(company, boss, line), 60, line)
    company.pass_time(5)
    assert not hears(company, customer, SUPERVISOR)
    assert not hears(company, company.agent().endpoint, SUPERVISOR)
    assert leg(company.call(call_id), "supervisor")["mode"] == "listen"


def test_who_whispers_is_heard_by_the_agent_alone(company: Company, customer: str, boss: str, call_id: str) -> None:
    monitor(company, call_id, "whisper", boss)
    company.until(lambda: hears(company, company.agent().endpoint, SUPERVISOR), 60)
    company.until(lambda: hears(company, boss, CUSTOMER), 30)
    company.pass_time(5)
    assert not hears(company, customer, SUPERVISOR)


def test_who_barges_is_heard_by_both_and_a_mode_can_be_changed(
    company: Company, customer: str, boss: str, call_id: str
) -> None:
    monitor(company, call_id, "listen", boss)
    company.until(lambda: hears(company, boss, CUSTOMER), 60)
    assert not hears(company, customer, SUPERVISOR)
    monitor(company, call_id, "barge", boss)
    for party in (customer, company.agent().endpoint):
        company.until(lambda party=party: hears(company, party, SUPERVISOR), 60)
    assert company.rung(boss) == 1, "who is there already is not rung again"


def test_a_supervisor_who_leaves_disturbs_nobody_and_the_end_of_the_call_is_theirs(
    company: Company, customer: str, call_id: str
) -> None:
    monitor(company, call_id, "barge", company.person([{"wait": 5}, {"hangup": True}]))
    company.until(lambda: leg(company.call(call_id), "supervisor")["ended_at"], 60)
    assert company.call(call_id)["phase"] == "joined"
    stays = company.person([])
    monitor(company, call_id, "listen", stays)
    company.until(lambda: company.network_legs(stays)[0]["conference"], 60)
    company.hang_up(call_id)
    call = company.in_the_books(call_id)
    assert company.network_legs(stays)[0]["end_time"]
    assert (call["disposition"], call["hung_up_by"]) == ("answered", "api")


def test_a_whisper_follows_the_customer_to_the_next_agent(new_company: Callable[..., Company]) -> None:
    company = new_company(agents=2)
    first, second = company.agents
    company.presence(second, "offline")
    for agent in company.agents:
        company.behaves(agent.endpoint, [{"wait_for": "Press 1"}, {"press": "1"}, *KEEPS_SAYING[AGENT]])
    customer, boss = company.person(KEEPS_SAYING[CUSTOMER]), company.person(KEEPS_SAYING[SUPERVISOR])
    call_id = company.talking(customer)
    monitor(company, call_id, "whisper", boss)
    company.until(lambda: hears(company, first.endpoint, SUPERVISOR), 60)
    company.presence(second, "available")
    body = {"target_agent_id": second.id, "transfer_type": "warm"}
    assert company.api.post(f"/calls/{call_id}/transfer", json=body).status_code == 200
    company.until(lambda: hears(company, second.endpoint, AGENT), 60, "the two agents talk")
    assert company.command(call_id, "transfer/complete").status_code == 200
    company.until(lambda: hears(company, second.endpoint, SUPERVISOR), 60)
    assert not hears(company, customer, SUPERVISOR)


def test_who_is_busy_is_only_not_there(company: Company, call_id: str) -> None:
    boss = company.person(outcome="busy")
    assert company.command(call_id, "monitor", mode="listen", endpoint=boss).status_code == 201
    company.until(lambda: leg(company.call(call_id), "supervisor")["status"] == "busy", 30)
    assert company.call(call_id)["phase"] == "joined"


def test_there_must_be_a_conversation(company: Company, boss: str) -> None:
    company.presence(company.agent(), "offline")
    waiting, _ = company.receive([])
    answer = company.command(waiting, "monitor", mode="listen", endpoint=boss)
    assert (answer.status_code, answer.json()["details"]["message"]) == (422, "The call is not in conversation")
    assert company.rung(boss) == 0
