"""Supervisors in a conference: silent, whispering to one, talking to all."""

from typing import Any

import pytest

from tests.simulator.driver import OURS, Network
from tests.simulator.test_conferences import conference, end, room, talker
from tests.waiting import wait_until

CUSTOMER, AGENT, COACH = "+14155551701", "+14155551702", "+14155551703"


def desk(network: Network, name: str) -> tuple[str, str, str]:
    """The calls of a customer and an agent, and the conference that they are in."""
    customer = network.place(talker(network, CUSTOMER, "Customer speaking"), room(name), path="/" + name)
    agent = network.place(talker(network, AGENT, "Agent speaking"), room(name), path="/" + name)
    return customer, agent, conference(network, name)


def supervisor(network: Network, name: str, **attributes: str) -> str:
    return network.place(talker(network, COACH, "Coach speaking"), room(name, **attributes), path="/coach")


def since(network: Network, sid: str, start: int) -> set[tuple[str, str | None]]:
    """Who was heard by whom on a call, from row `start` on, once each of three people has had a turn or two."""
    wait_until(lambda: len(network.heard(sid)) > start + 9, timeout=20)
    return {(speaker, listener) for speaker, listener, _ in network.heard(sid)[start:] if listener}


def test_a_coach_hears_all_and_is_heard_by_one(network: Network) -> None:
    customer, agent, sid = desk(network, "whisper")
    coach = supervisor(network, "whisper", coach=agent)
    joined = network.app.wait_for("/conference", StatusCallbackEvent="participant-join", CallSid=coach)[0]
    assert joined.params["Coaching"] == "true"
    assert since(network, coach, 0) == {(COACH, AGENT), (AGENT, COACH), (CUSTOMER, COACH)}
    assert (COACH, CUSTOMER) not in since(network, customer, 0)
    shown = network.get(f"/Conferences/{sid}/Participants/{coach}.json")
    assert (shown["coaching"], shown["call_sid_to_coach"], shown["muted"]) == (True, agent, False)
    listed = network.get(f"/Conferences/{sid}/Participants.json", Coaching="true")["participants"]
    assert [p["call_sid"] for p in listed] == [coach]
    end(network, customer, agent, coach)


def test_a_muted_coach_only_listens(network: Network) -> None:
    customer, agent, _ = desk(network, "listening")
    coach = supervisor(network, "listening", coach=agent, muted="true")
    assert since(network, coach, 0) == {(AGENT, COACH), (CUSTOMER, COACH)}
    end(network, customer, agent, coach)


def test_a_supervisor_goes_from_listening_to_whispering_to_barging_in(network: Network) -> None:
    customer, agent, sid = desk(network, "barge")
    coach = supervisor(network, "barge", muted="true")
    path = f"/Conferences/{sid}/Participants/{coach}.json"
    wait_until(lambda: network.ask("GET", path).status_code == 200)
    shown = network.post(path, Muted="false", Coaching="true", CallSidToCoach=agent)
    assert (shown["coaching"], shown["call_sid_to_coach"]) == (True, agent)
    network.app.wait_for("/conference", StatusCallbackEvent="participant-modify", CallSid=coach, Coaching="true")
    assert since(network, coach, len(network.heard(coach))) == {(COACH, AGENT), (AGENT, COACH), (CUSTOMER, COACH)}
    shown = network.post(path, Coaching="false")
    assert (shown["coaching"], shown["call_sid_to_coach"]) == (False, None)
    network.app.wait_for("/conference", StatusCallbackEvent="participant-modify", CallSid=coach, Coaching="false")
    assert (COACH, CUSTOMER) in since(network, coach, len(network.heard(coach)))
    network.post(path, CallSidToCoach=customer)  # coaching is meant where somebody to coach is named
    wait_until(lambda: ("participant-modify", customer) == (
        network.app.hits_at("/conference", CallSid=coach)[-1].params["StatusCallbackEvent"],
        network.get(path)["call_sid_to_coach"],
    ))  # fmt: skip
    assert (COACH, AGENT) not in since(network, coach, len(network.heard(coach)) + 1)
    end(network, customer, agent, coach)


def test_a_coach_is_called_in(network: Network) -> None:
    customer, agent, sid = desk(network, "invited")
    body = network.post(
        f"/Conferences/{sid}/Participants.json", From=OURS, To=talker(network, COACH, "Coach speaking"), Beep="false",
        Coaching="true", CallSidToCoach=agent,
    )  # fmt: skip
    assert (body["coaching"], body["call_sid_to_coach"], body["status"]) == (True, agent, "queued")
    assert since(network, body["call_sid"], 0) == {(COACH, AGENT), (AGENT, COACH), (CUSTOMER, COACH)}
    end(network, customer, agent, body["call_sid"])


def test_a_coach_is_not_in_the_recording_of_the_conference(network: Network) -> None:
    attributes = {"record": "record-from-start", "recordingStatusCallback": "/mix"}
    quiet = network.person("+14155551704", script=[])
    calls = [network.place(quiet, room("secret", **attributes), path="/secret") for _ in range(2)]
    sid = conference(network, "secret")
    coach = supervisor(network, "secret", coach=calls[0])
    wait_until(lambda: len(network.heard(coach)) > 2, timeout=20)
    end(network, *calls, coach)
    (notice,) = network.app.wait_for("/mix", RecordingStatus="completed", ConferenceSid=sid)
    wav = network.http.get(f"{network.account}/Recordings/{notice.params['RecordingSid']}.wav")
    assert wav.status_code == 200
    assert not any(wav.content[44:])


def test_who_is_not_there_cannot_be_coached(network: Network) -> None:
    network.app.twiml["/after"] = "<Say>No such call</Say>"
    customer, agent, sid = desk(network, "absent")
    end(network, agent)
    network.wait(agent, "completed")
    for gone in (agent, "CA" + "0" * 32):
        twiml = f"<Dial action='/after'><Conference coach='{gone}'>absent</Conference></Dial>"
        call = network.place(network.person("+14155551705", script=[]), twiml, path="/coach")
        network.wait(call, "completed")
        assert network.app.hits_at("/after", CallSid=call)[0].params["DialCallStatus"] == "failed"
        assert [e["code"] for e in network.account_of(call)["errors"]] == [13240]
    end(network, customer)
    assert conference(network, "absent", "completed") == sid


@pytest.mark.parametrize(
    ("change", "code"),
    [({"Coaching": "true"}, 20001), ({"CallSidToCoach": "CA1"}, 20001), ({"CallSidToCoach": "self"}, 16028),
     ({"CallSidToCoach": "CA" + "0" * 32, "Coaching": "true"}, 16028)],
)  # fmt: skip
def test_a_change_that_cannot_be_changes_nothing(network: Network, change: dict[str, Any], code: int) -> None:
    customer, agent, sid = desk(network, f"refused{len(str(change))}")
    path = f"/Conferences/{sid}/Participants/{agent}.json"
    if change.get("CallSidToCoach") == "self":
        change = {"CallSidToCoach": agent}
    else:
        participant = {"From": OURS, "To": COACH}
        assert network.refusal("POST", f"/Conferences/{sid}/Participants.json", **participant, **change) == (400, code)
    assert network.refusal("POST", path, Muted="true", **change) == (400, code)
    shown = network.get(path)
    assert (shown["muted"], shown["coaching"], shown["call_sid_to_coach"]) == (False, False, None)
    end(network, customer, agent)


def test_every_stay_in_a_conference_is_in_the_account_of_a_call(network: Network) -> None:
    network.app.twiml |= {"/next": room("second"), "/hangup": "<Hangup/>"}
    person = network.person("+14155551706", script=[])
    sid = network.place(person, room("first") + "<Redirect>/next</Redirect>")
    assert network.account_of(sid)["conferences"] == []
    first = conference(network, "first", "init")
    network.delete(f"/Conferences/{first}/Participants/{sid}.json")
    second = conference(network, "second", "init")
    before, now = wait_until(lambda: c if len(c := network.account_of(sid)["conferences"]) == 2 else None)
    assert (before["sid"], before["name"], now["sid"], now["name"]) == (first, "first", second, "second")
    assert before["joined"] < before["left"] <= now["joined"]
    assert now["left"] is None
    assert network.account_of(sid)["conference"] == second
    end(network, sid)
    left = wait_until(lambda: network.account_of(sid)["conferences"][1]["left"])
    assert left >= now["joined"]
    assert network.account_of(sid)["conference"] is None
