"""GET /calls/live: what lasts, by queue and by agent."""

import pytest

from tests.flows.company import STAYS


@pytest.fixture(scope="module")
def floor(new_company):
    """Two agents in two queues of their own."""
    floor = new_company(agents=2)
    second = floor.api.post("/queues", json={"name": "Second", "ring_timeout_seconds": 5}).json()["id"]
    floor.api.patch(f"/agents/{floor.agent(1).id}", json={"queue_ids": [second]}).raise_for_status()
    floor.second_queue_id = second
    return floor


@pytest.fixture(scope="module")
def call_id(floor):
    return floor.talking(queue_id=floor.second_queue_id)


def ids(floor, **query):
    return [call["id"] for call in floor.live(**query)]


def test_a_call_is_there_while_it_lasts(floor, call_id):
    (call,) = floor.live()
    assert (call["id"], call["status"], call["phase"]) == (call_id, "in_progress", "joined")
    assert call["ended_at"] is None


def test_by_its_queue(floor, call_id):
    assert ids(floor, queue_id=floor.second_queue_id) == [call_id]
    assert ids(floor, queue_id=floor.queue_id) == []


def test_by_its_agent(floor, call_id):
    assert ids(floor, agent_id=floor.agent(1).id) == [call_id]
    assert ids(floor, agent_id=floor.agent(0).id) == []


def test_by_both(floor, call_id):
    assert ids(floor, queue_id=floor.second_queue_id, agent_id=floor.agent(1).id) == [call_id]
    assert ids(floor, queue_id=floor.second_queue_id, agent_id=floor.agent(0).id) == []


@pytest.mark.parametrize("query", ["queue_id=7", "agent_id=me", "queue=x", "status=ringing"])
def test_a_filter_that_is_none_is_refused(floor, query):
    answer = floor.api.get(f"/calls/live?{query}")
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == query.split("=")[0]


def test_a_ringing_call_is_live_before_anybody_answers(company):
    call_id = company.place(company.person(outcome="no-answer"))
    company.until(lambda: [c["status"] for c in company.live() if c["status"] == "ringing"])
    assert ids(company) == [call_id]


def test_a_call_that_is_over_is_not(company):
    call_id = company.talking(company.person(STAYS))
    company.hang_up(call_id)
    company.until_over(call_id)
    assert ids(company) == []
    assert [call["id"] for call in company.get("/calls/logs")["results"]] == [call_id]


def test_the_calls_of_another_company_are_not_there(company, call_id):
    assert ids(company) == []
    assert ids(company, queue_id=company.queue_id) == []
