"""A transfer that comes to nothing brings the customer back: to the same agent if free, else to the head of the
queue."""

import pytest

from tests.flows.company import STAYS, leg

#: A target whose phone rings for a while before the call is turned away: by then the agent has been released.
TURNS_AWAY = {"outcome": "reject", "answer_after": 15}


@pytest.mark.parametrize("target", [TURNS_AWAY, {"outcome": "no-answer"}], ids=["reject", "no answer"])
def test_to_the_same_agent_if_free(company, target):
    call_id = company.talking()
    assert company.transfer(call_id, company.person(**target)).status_code == 200
    company.until(lambda: company.rung(company.agent().endpoint) == 2, 90)
    company.until_talking(call_id, company.agent())
    call = company.call(call_id)
    assert leg(call, "target")["status"] in ("busy", "no_answer")
    assert [leg["role"] for leg in call["legs"]] == ["customer", "agent", "target", "agent"]


@pytest.mark.parametrize(("outcome", "status"), [("busy", "busy"), ("unreachable", "failed")])
def test_a_target_that_fails_at_once_costs_the_customer_nothing(company, outcome, status):
    """It may fail before the agent was released, and then the agent never is."""
    call_id = company.talking()
    assert company.transfer(call_id, company.person(outcome=outcome)).status_code == 200
    company.until(lambda: leg(company.call(call_id), "target")["status"] == status)
    company.until_talking(call_id, company.agent())


def test_to_the_same_agent_even_when_another_is_idle_for_longer(new_company):
    floor = new_company(agents=2)
    call_id = floor.talking(agent=floor.agent(0))
    floor.transfer(call_id, floor.person(**TURNS_AWAY))
    floor.until(lambda: floor.rung(floor.agent(0).endpoint) == 2)
    floor.until_talking(call_id, floor.agent(0))
    assert floor.rung(floor.agent(1).endpoint) == 0


def test_to_the_head_of_the_queue_while_the_agent_has_another(company):
    transferred = company.talking()
    second = company.place(company.person(STAYS))
    company.until(lambda: company.call(second)["phase"] == "waiting")
    third = company.place(company.person(STAYS))
    company.until(lambda: company.call(third)["phase"] == "waiting")
    # Rings long enough for the agent, who is released, to have the next caller.
    assert company.transfer(transferred, company.person(outcome="reject", answer_after=40)).status_code == 200
    company.until_talking(second, company.agent())
    company.until(lambda: company.call(transferred)["phase"] == "waiting")
    company.hang_up(second)
    company.until_talking(transferred, company.agent())
    assert company.call(third)["phase"] == "waiting"


def test_the_call_is_talk_and_wait_when_all_is_over(company):
    call_id = company.talking()
    company.transfer(call_id, company.person(**TURNS_AWAY))
    company.until(lambda: company.rung(company.agent().endpoint) == 2)
    company.until_talking(call_id, company.agent())
    company.hang_up(call_id)
    call = company.in_the_books(call_id)
    assert (call["status"], call["disposition"]) == ("completed", "answered")
    assert call["talk_seconds"] + call["wait_seconds"] <= call["duration_seconds"] + 2
