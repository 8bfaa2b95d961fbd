"""People: scripts, outcomes, and what they do without a script; the control API around them."""

from typing import Any

import pytest

from tests.simulator.driver import OURS, Network


def test_a_script_runs_step_by_step(network: Network) -> None:
    script = [
        {"wait": 2},
        {"say": "Hello"},
        {"wait_for": "your NAME"},
        {"say": "Mary"},
        {"press": "9"},
        {"hangup": True},
    ]
    person = network.person("+14155559001", script=script)
    sid = network.place(person, "<Pause length='8'/><Say>What is your name</Say><Pause length='20'/>")
    network.wait(sid, "completed")
    rows = network.account_of(sid)["heard"]
    assert [(r["speaker"], r["kind"], r["text"]) for r in rows] == [
        (person, "say", "Hello"), ("network", "say", "What is your name"), (person, "say", "Mary"),
        (person, "tone", "9"),
    ]  # fmt: skip
    assert 2 <= rows[0]["start"] < 8
    assert rows[2]["start"] >= rows[1]["end"] - 0.1


def test_what_was_cut_off_was_not_heard(network: Network) -> None:
    person = network.person(
        "+14155559002", script=[{"wait": 1}, {"press": "1"}, {"wait_for": "the very last words"}, {"say": "I heard it"}]
    )
    sid = network.place(
        person,
        f"<Gather numDigits='1' timeout='1'><Say>{'this goes on and on ' * 10} the very last words</Say></Gather>",
        path="/long",
    )
    network.app.twiml["/long"] = "<Pause length='5'/>"
    network.wait(sid, "completed")
    assert (person, None, "I heard it") not in network.heard(sid)


def test_an_agents_phone_presses_1_and_talks_until_the_other_leaves(network: Network) -> None:
    agent, customer = "+14155559003", "+14155559004"
    room = "<Dial><Conference beep='false'>desk</Conference></Dial>"
    network.app.twiml["/accepted"] = room
    waiting = network.ring_in(
        customer, room, [{"wait_for": "How can I help"}, {"say": "With my order"}, {"wait": 6}, {"hangup": True}]
    )
    sid = network.place(
        agent, "<Gather numDigits='1' action='/accepted'><Say>A call from support. Press 1 to accept.</Say></Gather>"
    )
    assert network.app.wait_for("/accepted")[0].params["Digits"] == "1"
    network.wait(waiting, "completed")
    ended = network.wait(sid, "completed")
    heard = network.heard(sid)
    assert (customer, agent, "With my order") in heard
    assert (agent, customer, "Thank you for calling. How can I help you?") in heard
    assert 120 <= int(ended["duration"]) < 200  # two minutes alone on the line


def test_anyone_else_talks_a_little_and_hangs_up(network: Network) -> None:
    sid = network.place("+14155559005", "<Say>Hello, this is the library.</Say><Pause length='120'/>")
    ended = network.wait(sid, "completed")
    said = [text for speaker, _, text in network.heard(sid) if speaker == "+14155559005"]
    assert said[0] == "Hello?"
    assert said[-1] == "Thank you. Goodbye."
    assert int(ended["duration"]) < 45


def test_a_caller_presses_nothing_by_default(network: Network) -> None:
    sid = network.ring_in("+14155559006", "<Gather action='/pressed'><Say>Press 1 for sales</Say></Gather>")
    network.wait(sid, "completed")
    assert network.app.hits_at("/pressed") == []
    assert ("+14155559006", None, "Hello?") in network.heard(sid)


@pytest.mark.parametrize(
    "body",
    [{"outcome": "sings"}, {"answer_after": -1}, {"answer_after": "soon"}, {"mood": "good"}, {"script": "hello"},
     {"script": [{"say": ""}]}, {"script": [{"jump": 1}]}, {"script": [{"say": "a", "wait": 1}]},
     {"script": [{"wait": "long"}]}, {"script": [{"press": "x"}]}],
)  # fmt: skip
def test_a_person_that_cannot_be_is_a_worded_400(network: Network, body: dict[str, Any]) -> None:
    response = network.sim("PUT", "/people/+14155559007", body)
    assert response.status_code == 400
    assert len(response.json()["error"]) > 10
    assert all(p["number"] != "+14155559007" for p in network.sim("GET", "/people").json())


@pytest.mark.parametrize(
    "body",
    [{}, {"from": "x", "to": OURS}, {"from": "+14155559008", "to": "+14155550999"}, {"from": "+14155559008"},
     {"from": "+14155559008", "to": OURS, "skript": []}],
)  # fmt: skip
def test_a_call_in_that_cannot_be_is_a_worded_400(network: Network, body: dict[str, Any]) -> None:
    response = network.sim("POST", "/calls", body)
    assert response.status_code == 400
    assert len(response.json()["error"]) > 10


def test_callers_without_a_number_are_real(network: Network) -> None:
    sid = network.ring_in("anonymous", "<Hangup/>", [])
    network.wait(sid, "completed")
    assert network.app.hits_at("/inbound")[0].params["From"] == "anonymous"


def test_unknown_control_paths_are_a_worded_404(network: Network) -> None:
    assert "nothing at" in network.sim("GET", "/nonsense").json()["error"]
    assert network.sim("GET", "/calls/CA0").status_code == 404
