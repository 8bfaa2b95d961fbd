"""Whom a queue rings, seen on the phones. The rules themselves are tested in tests/calls/test_routing.py."""

from collections.abc import Callable

from tests.flows.company import STAYS, Company
from tests.stack import AgentPhone


def serve(office: Company) -> AgentPhone:
    """A caller comes, talks with an agent, and leaves; who it was."""
    call_id, _ = office.receive(STAYS)
    office.until(lambda: office.call(call_id)["phase"] == "joined", 60)
    agent_id = office.call(call_id)["agent"]["id"]
    office.hang_up(call_id)
    office.in_the_books(call_id)
    office.until(lambda: all(office.state_of(agent) == "available" for agent in office.agents), 60)
    return next(agent for agent in office.agents if agent.id == agent_id)


def test_round_robin_goes_round(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=3)
    office.set_queue(strategy="round_robin")
    served = [serve(office) for _ in range(6)]
    assert set(served[:3]) == set(office.agents)
    assert served[:3] == served[3:]


def test_all_ring_and_the_first_to_accept_has_the_call(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=3)
    office.set_queue(strategy="ring_all")
    slow, quick, asleep = office.agents
    office.behaves(slow.endpoint, [{"wait_for": "Press 1"}, {"wait": 25}, {"press": "1"}, *STAYS])
    office.behaves(quick.endpoint, [{"wait_for": "Press 1"}, {"press": "1"}, *STAYS])
    office.behaves(asleep.endpoint, outcome="no-answer")
    call_id, _ = office.receive(STAYS)
    office.until(lambda: office.call(call_id)["phase"] == "joined", 60)
    call = office.call(call_id)
    assert call["agent"]["id"] == quick.id
    assert all(office.rung(agent.endpoint) == 1 for agent in office.agents)
    office.until(lambda: office.network_legs(slow.endpoint)[0]["end_time"])
    office.until(lambda: office.network_legs(asleep.endpoint)[0]["end_time"])
    assert office.heard(slow.endpoint)[-1] == ("network", "This call has been taken. Thank you.")
    for agent in (slow, asleep):
        office.until(lambda agent=agent: office.state_of(agent) == "available")
    assert office.state_of(quick) == "busy"


def test_who_knows_what_the_caller_needs_is_rung(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=3)
    office.set_queue(strategy="skills")
    fluent, fair, none = office.agents
    for agent, skills in ((fluent, {"french": 9}), (fair, {"french": 3}), (none, {})):
        office.api.patch(f"/agents/{agent.id}", json={"skills": skills}).raise_for_status()
    office.route("queue", office.queue_id, skills=["french"])
    assert serve(office) == fluent
    office.presence(fluent, "offline")
    office.presence(fair, "offline")
    call_id, _ = office.receive(STAYS)
    office.pass_time(10)
    assert office.call(call_id)["phase"] == "waiting", "nobody on duty speaks French"
    office.presence(fair, "available")
    office.until_talking(call_id, fair)


def test_callers_of_higher_priority_come_first(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=1, presence="offline")
    first, _ = office.receive(STAYS)
    office.route("queue", office.queue_id, priority=10)
    vip, _ = office.receive(STAYS)
    office.presence(office.agent(), "available")
    office.until_talking(vip, office.agent())
    assert office.call(first)["phase"] == "waiting"


def test_an_agent_who_keeps_not_answering_is_set_away(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=1)
    agent = office.agent()
    office.api.patch(f"/agents/{agent.id}", json={"missed_limit": 2}).raise_for_status()
    office.behaves(agent.endpoint, outcome="no-answer")
    office.receive(STAYS)
    office.until(lambda: office.state_of(agent) == "break", 90)
    assert office.get(f"/agents/{agent.id}")["state_reason"] == "no_answer"
    assert office.rung(agent.endpoint) == 2
    history = office.get(f"/agents/{agent.id}/history")["results"]
    assert (history[0]["state"], history[0]["reason"]) == ("break", "no_answer")


def test_agents_on_sip_and_in_a_browser_are_rung(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=2)
    desk, browser = office.agents
    for agent, endpoint in ((desk, "sip:desk@pbx.example.com"), (browser, f"client:zoe_{office.tenant.id[-6:]}")):
        office.api.patch(
            f"/agents/{agent.id}", json={"endpoint": endpoint, "press_to_accept": False}
        ).raise_for_status()
        other = browser if agent is desk else desk
        office.presence(other, "offline")
        call_id, caller = office.receive([{"say": "Are you there?"}, {"wait": 1}] * 100)
        office.until(lambda call_id=call_id: office.call(call_id)["phase"] == "joined", 60)
        office.until(lambda e=endpoint, c=caller: (c, "Are you there?") in office.heard(e), 60)
        office.hang_up(call_id)
        office.in_the_books(call_id)
        office.presence(other, "available")
