"""GET /calls/logs: every filter of the reference, alone and together, over calls that really happened."""

from datetime import timedelta

import pytest

from tests.flows.company import ASKS, moment


@pytest.fixture(scope="module")
def office(new_company):
    return new_company(agents=2)


@pytest.fixture(scope="module")
def calls(office):
    """By what became of them: answered, busy and no_answer going out; answered and abandoned coming in."""
    office.answered_person, office.busy_person = office.person(ASKS), office.person(outcome="busy")
    office.caller = office.stack.new_phone()
    made = {
        "answered": office.place(office.answered_person),
        "busy": office.place(office.busy_person),
        "failed": office.place(office.person(outcome="unreachable")),
    }
    made["inbound"], _ = office.receive(ASKS, caller=office.caller)
    for call_id in made.values():
        office.until_over(call_id)  # before the agents, whom they need, go
    for agent in office.agents:
        office.presence(agent, "offline")
    made["abandoned"], _ = office.receive([{"wait": 10}, {"hangup": True}])
    return {name: office.until_over(call_id) for name, call_id in made.items()}


@pytest.fixture
def search(office, calls):
    """`search(from_=…)` answers the names of the calls found, the newest first."""
    names = {call["id"]: name for name, call in calls.items()}

    def search(**query):
        answer = office.get("/calls/logs", **{name.rstrip("_"): value for name, value in query.items()})
        found = [names[call["id"]] for call in answer["results"]]
        assert answer["count"] >= len(found)
        return found

    return search


def test_all_of_them_the_newest_first(search):
    assert search() == ["abandoned", "inbound", "failed", "busy", "answered"]


def test_from(office, search):
    assert search(from_=office.number) == ["failed", "busy", "answered"]
    assert search(from_=office.caller) == ["inbound"]


def test_from_whose_plus_was_not_escaped(office, calls):
    answer = office.api.get(f"/calls/logs?from={office.caller}")
    assert str(answer.request.url).endswith(f"from={office.caller}")  # a real plus on the wire: a blank to the server
    assert [call["id"] for call in answer.json()["results"]] == [calls["inbound"]["id"]]


def test_to(office, search):
    assert search(to=office.number) == ["abandoned", "inbound"]
    assert search(to=office.busy_person) == ["busy"]


def test_direction(search):
    assert search(direction="inbound") == ["abandoned", "inbound"]
    assert search(direction="outbound") == ["failed", "busy", "answered"]


@pytest.mark.parametrize(
    ("disposition", "found"),
    [
        ("answered", ["inbound", "answered"]),
        ("busy", ["busy"]),
        ("failed", ["failed"]),
        ("abandoned", ["abandoned"]),
        ("no_answer", []),
    ],
)
def test_disposition(search, disposition, found):
    assert search(disposition=disposition) == found


def test_dates_are_from_inclusive_to_exclusive(search, calls):
    start = calls["busy"]["created_at"]
    end = calls["inbound"]["created_at"]
    assert search(date_start=start) == ["abandoned", "inbound", "failed", "busy"]
    assert search(date_end=end) == ["failed", "busy", "answered"]
    assert search(date_start=start, date_end=end) == ["failed", "busy"]
    later = (moment(start) + timedelta(microseconds=1)).isoformat()
    assert search(date_start=later, date_end=end) == ["failed"]


def test_dates_without_a_time_are_whole_days(search, calls):
    first, last = (moment(calls[name]["created_at"]).date() for name in ("answered", "abandoned"))
    day = timedelta(days=1)
    everything = ["abandoned", "inbound", "failed", "busy", "answered"]
    assert search(date_start=first.isoformat(), date_end=last.isoformat()) == everything
    assert search(date_end=(first - day).isoformat()) == []
    assert search(date_start=(last + day).isoformat()) == []


def test_pages(office, search):
    assert search(limit=2) == ["abandoned", "inbound"]
    assert search(limit=2, page=2) == ["failed", "busy"]
    assert search(limit=2, page=3) == ["answered"]
    assert search(limit=2, page=4) == []
    answer = office.get("/calls/logs", limit=2, page=2, direction="outbound")
    assert (answer["count"], len(answer["results"]), answer["next"]) == (3, 1, None)
    assert answer["previous"].startswith(office.stack.base_url)


def test_the_next_page_keeps_the_filters(office, calls):
    answer = office.get("/calls/logs", limit=1, direction="outbound", disposition="busy")
    assert answer["next"] is None
    answer = office.get("/calls/logs", limit=1, to=office.number)
    following = office.api.get(answer["next"]).json()
    assert [call["id"] for call in following["results"]] == [calls["inbound"]["id"]]


def test_filters_together(office, search, calls):
    assert search(from_=office.number, to=office.busy_person, direction="outbound", disposition="busy") == ["busy"]
    assert search(direction="inbound", disposition="answered") == ["inbound"]
    assert search(direction="outbound", disposition="abandoned") == []
    assert search(from_=office.caller, date_start=calls["abandoned"]["created_at"]) == []
    assert search(direction="outbound", date_start=calls["busy"]["created_at"], limit=1, page=2) == ["busy"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "5551234"),
        ("to", "nobody"),
        ("direction", "sideways"),
        ("date_start", "yesterday"),
        ("date_end", "2026-13-01"),
        ("page", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("form", "+14155550100"),
    ],
)
def test_a_bad_filter_is_a_400_that_names_it(office, calls, field, value):
    answer = office.api.get("/calls/logs", params={field: value})
    assert answer.status_code == 400
    body = answer.json()
    assert (body["error"], body["code"], body["details"]["field"]) == ("Bad Request", "bad_request", field)
