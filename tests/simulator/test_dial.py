"""<Dial> to numbers."""

import pytest

from tests.simulator.driver import OURS, Network


def test_two_people_talk_until_one_hangs_up(network: Network) -> None:
    customer = "+14155554001"
    friend = network.person(
        "+14155554002", script=[{"wait_for": "Hi"}, {"say": "Good to hear you"}, {"wait": 5}, {"hangup": True}]
    )
    network.app.twiml["/after"] = "<Say>They left</Say>"
    sid = network.ring_in(
        customer,
        f"<Dial action='/after' timeout='20'><Number statusCallback='/leg' statusCallbackEvent='initiated ringing "
        f"answered completed'>{friend}</Number></Dial>",
        [{"wait": 4}, {"say": "Hi, it is me"}],
    )
    (after,) = network.app.wait_for("/after")
    assert after.params["DialCallStatus"] == "completed"
    assert 6 <= int(after.params["DialCallDuration"]) <= 30
    leg = network.get("/Calls.json", ParentCallSid=sid)["calls"][0]
    assert (leg["sid"], leg["direction"]) == (after.params["DialCallSid"], "outbound-dial")
    assert (leg["from"], leg["to"]) == (customer, friend)
    notices = [h.params["CallStatus"] for h in network.app.wait_for("/leg", 4)]
    assert notices == ["initiated", "ringing", "in-progress", "completed"]
    network.wait(sid, "completed")
    heard = network.heard(sid)
    assert (customer, friend, "Hi, it is me") in heard
    assert (friend, customer, "Good to hear you") in heard
    assert heard[-1] == ("network", customer, "They left")


@pytest.mark.parametrize(
    ("outcome", "status"), [("busy", "busy"), ("no-answer", "no-answer"), ("unreachable", "failed")]
)
def test_the_action_learns_why_nobody_came(network: Network, outcome: str, status: str) -> None:
    friend = network.person("+14155554003", outcome=outcome)
    network.app.twiml["/after"] = "<Hangup/>"
    network.ring_in("+14155554004", f"<Dial action='/after' timeout='5'>{friend}</Dial>", [])
    assert network.app.wait_for("/after")[0].params["DialCallStatus"] == status


def test_the_caller_hanging_up_ends_the_other_leg(network: Network) -> None:
    friend = network.person("+14155554005", answer_after=50)
    sid = network.ring_in("+14155554006", f"<Dial>{friend}</Dial>", [{"wait": 3}, {"hangup": True}])
    network.wait(sid, "completed")
    leg = network.get("/Calls.json", ParentCallSid=sid)["calls"][0]
    assert network.wait(leg["sid"], "canceled", "completed")["status"] == "canceled"


def test_the_first_to_answer_wins(network: Network) -> None:
    slow, fast = network.person("+14155554007", answer_after=9, script=[]), network.person("+14155554008", script=[])
    network.app.twiml["/after"] = "<Hangup/>"
    sid = network.ring_in(
        "+14155554009",
        f"<Dial action='/after'><Number>{slow}</Number><Number>{fast}</Number></Dial>",
        [{"wait": 15}, {"hangup": True}],
    )
    network.wait(sid, "completed")
    legs = {leg["to"]: leg["status"] for leg in network.get("/Calls.json", ParentCallSid=sid)["calls"]}
    assert legs == {slow: "canceled", fast: "completed"}


def test_a_whisper_is_heard_by_the_called_alone_and_may_decline(network: Network) -> None:
    friend = network.person("+14155554010", script=[])
    network.app.twiml["/whisper"] = "<Say>A call for you</Say><Hangup/>"
    network.app.twiml["/after"] = "<Hangup/>"
    sid = network.ring_in(
        "+14155554011", f"<Dial action='/after'><Number url='/whisper'>{friend}</Number></Dial>", []
    )  # fmt: skip
    (after,) = network.app.wait_for("/after")
    assert ("network", friend, "A call for you") in network.heard(after.params["DialCallSid"])
    assert network.heard(sid) == []


def test_a_caller_id_must_be_ours(network: Network) -> None:
    sid = network.ring_in("+14155554012", "<Dial callerId='+14155550000'>+14155554013</Dial>", [])
    network.wait(sid, "completed")
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [13214]
    assert OURS != "+14155550000"


def test_a_forbidden_destination_fails(network: Network) -> None:
    network.app.twiml["/after"] = "<Hangup/>"
    sid = network.ring_in("+14155554014", "<Dial action='/after'>+85021234567</Dial>", [])
    assert network.app.wait_for("/after")[0].params["DialCallStatus"] == "failed"
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [13227]
