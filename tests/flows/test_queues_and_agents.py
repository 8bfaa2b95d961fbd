"""Queues and agents: made, changed and removed over the API, with bad input refused; presence."""

import pytest

from tests.flows.company import ASKS, STAYS


@pytest.fixture(scope="module")
def office(new_company):
    return new_company(agents=1)


def test_a_queue_from_beginning_to_end(office):
    made = office.api.post("/queues", json={"name": "Billing", "wrap_up_seconds": 5})
    assert made.status_code == 201
    path = f"/queues/{made.json()['id']}"
    assert (made.json()["name"], made.json()["is_default"], made.json()["wrap_up_seconds"]) == ("Billing", False, 5)
    assert office.api.patch(path, json={"max_wait_seconds": 60}).json()["max_wait_seconds"] == 60
    assert office.get(path)["name"] == "Billing"
    assert office.api.delete(path).status_code == 204
    assert office.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "Q", "ring_timeout_seconds": 4}, "ring_timeout_seconds"),
        ({"name": "Q", "max_wait_seconds": "long"}, "max_wait_seconds"),
        ({"name": "Q", "wrap_up_seconds": -1}, "wrap_up_seconds"),
        ({"name": "Q", "colour": "red"}, "colour"),
    ],
)
def test_a_bad_queue_is_a_400(office, body, field):
    answer = office.api.post("/queues", json=body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert office.get("/queues")["count"] == len({queue["name"] for queue in office.get("/queues")["results"]})


def test_two_queues_of_one_name_are_a_422(office):
    office.api.post("/queues", json={"name": "Twin"}).raise_for_status()
    answer = office.api.post("/queues", json={"name": "Twin"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "name")


def test_there_always_is_one_default_queue(company):
    assert company.api.delete(f"/queues/{company.queue_id}").status_code == 422
    assert company.api.patch(f"/queues/{company.queue_id}", json={"is_default": False}).status_code == 422
    other = company.api.post("/queues", json={"name": "Other", "is_default": True}).json()["id"]
    assert [q["id"] for q in company.get("/queues")["results"] if q["is_default"]] == [other]


def test_a_queue_with_calls_in_the_books_stays(company):
    second = company.api.post("/queues", json={"name": "Second"}).json()["id"]
    company.until_over(company.place(company.person(outcome="busy"), queue_id=second))
    assert company.api.delete(f"/queues/{second}").status_code == 422


def test_an_agent_from_beginning_to_end(office):
    phone = office.stack.new_phone("510")
    made = office.api.post("/agents", json={"name": "Eve", "endpoint": phone, "queue_ids": [office.queue_id]})
    assert made.status_code == 201
    eve = made.json()
    assert (eve["state"], [queue["id"] for queue in eve["queues"]]) == ("offline", [office.queue_id])
    path = f"/agents/{eve['id']}"
    assert office.api.patch(path, json={"queue_ids": []}).json()["queues"] == []
    assert [a["id"] for a in office.get("/agents", queue_id=office.queue_id)["results"]] == [office.agent().id]
    assert eve["id"] in [a["id"] for a in office.get("/agents", state="offline")["results"]]
    assert office.api.delete(path).status_code == 204
    assert office.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"endpoint": "+15105550199"}, 400, "name"),
        ({"name": "Eve"}, 400, "endpoint"),
        ({"name": "Eve", "endpoint": "sip:eve"}, 400, "endpoint"),
        ({"name": "Eve", "endpoint": "+15105550199", "queue_ids": ["first"]}, 400, "queue_ids"),
        ({"name": "Eve", "endpoint": "+15105550199", "state": "available"}, 400, "state"),
        (
            {"name": "Eve", "endpoint": "+15105550199", "user_id": "01a20000-0000-7000-8000-000000000000"},
            422,
            "user_id",
        ),
        (
            {"name": "Eve", "endpoint": "+15105550199", "queue_ids": ["01a20000-0000-7000-8000-000000000000"]},
            422,
            "queue_ids",
        ),
    ],
)
def test_a_bad_agent_is_refused(office, body, status, field):
    answer = office.api.post("/agents", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["details"]["field"].split(".")[0] == field
    assert office.get("/agents")["count"] == 1


def test_a_phone_rings_one_agent_only(office):
    answer = office.api.post("/agents", json={"name": "Eve", "endpoint": office.agent().endpoint})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "endpoint")


def test_an_agent_whose_work_is_in_the_books_stays(company):
    company.in_the_books(company.place(company.person(ASKS)))
    assert company.api.delete(f"/agents/{company.agent().id}").status_code == 422


def test_presence_on_a_call_comes_true_after_it(company):
    call_id = company.talking()
    company.presence(company.agent(), "offline")
    assert company.state_of(company.agent()) == "busy"
    company.hang_up(call_id)
    company.in_the_books(call_id)
    assert company.state_of(company.agent()) == "offline"


def test_an_agent_on_a_break_is_not_rung(company):
    company.presence(company.agent(), "break")
    call_id = company.place(company.person(STAYS))
    company.until(lambda: company.call(call_id)["phase"] == "waiting")
    company.pass_time(20)
    assert company.rung(company.agent().endpoint) == 0


@pytest.mark.parametrize("state", ["busy", "ringing", "wrap_up", "asleep", "", None])
def test_only_presences_can_be_set(office, state):
    answer = office.api.put(f"/agents/{office.agent().id}/presence", json={"state": state})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "state")
    assert office.state_of(office.agent()) == "available"


def test_agents_set_their_own_presence_only(new_company):
    floor = new_company(agents=2)
    mine, other = floor.agents
    ada = floor.member("agent", mine)
    assert ada.get("/agents/me").json()["id"] == mine.id
    assert ada.put("/agents/me/presence", json={"state": "break", "reason": "lunch"}).json()["state_reason"] == "lunch"
    assert ada.put(f"/agents/{other.id}/presence", json={"state": "offline"}).status_code == 403
    assert (floor.state_of(mine), floor.state_of(other)) == ("break", "available")


def test_an_api_key_is_no_agent(office):
    assert office.api.get("/agents/me").status_code == 403
    assert office.api.put("/agents/me/presence", json={"state": "break"}).status_code == 403


def test_a_member_who_is_no_agent_has_no_presence(office):
    assert office.member("supervisor").get("/agents/me").status_code == 404
