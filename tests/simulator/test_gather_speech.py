"""<Gather> that understands speech, alone or beside keys."""

from typing import Any

import pytest

from tests.simulator.driver import Network
from tests.waiting import wait_until

MENU = "<Say>Tell me what you are calling about, in your own words please</Say>"
OPEN = " input='dtmf speech' action='/said'"


def caller(network: Network, gather: str, *script: dict[str, Any]) -> str:
    network.app.twiml["/said"] = "<Say>Thank you</Say>"
    return network.ring_in("+14155551501", gather, list(script))


def result(network: Network) -> dict[str, str]:
    (hit,) = network.app.wait_for("/said")
    return hit.params


def test_what_is_said_is_the_result(network: Network) -> None:
    gather = "<Gather input='speech' action='/said' language='en-GB' hints='parcel, invoice' speechTimeout='2'/>"
    caller(network, gather, {"wait": 1}, {"say": "Where is my parcel?"}, {"wait": 60})
    params = result(network)
    assert (params["SpeechResult"], params["Language"]) == ("Where is my parcel?", "en-GB")
    assert 0 < float(params["Confidence"]) <= 1
    assert "Digits" not in params


def test_the_first_word_stops_the_prompt(network: Network) -> None:
    script = ({"wait_for": "tell me what"}, {"say": "A parcel"}, {"wait": 60})
    sid = caller(network, f"<Gather{OPEN} speechTimeout='auto'>{MENU}</Gather>", *script)
    assert result(network)["SpeechResult"] == "A parcel"
    assert network.account_of(sid)["heard"][0]["cut"] is True


def test_without_barge_in_the_prompt_is_said_to_its_end(network: Network) -> None:
    script = ({"wait_for": "tell me what"}, {"say": "A parcel"}, {"wait": 60})
    sid = caller(network, f"<Gather{OPEN} bargeIn='false'>{MENU}</Gather>", *script)
    assert result(network)["SpeechResult"] == "A parcel"
    assert network.account_of(sid)["heard"][0]["cut"] is False


@pytest.mark.parametrize(("silence", "words"), [("4", "My parcel. It is late."), ("auto", "My parcel.")])
def test_speech_is_over_after_so_much_silence(network: Network, silence: str, words: str) -> None:
    script = ({"wait": 1}, {"say": "My parcel."}, {"wait": 2.5}, {"say": "It is late."}, {"wait": 60})
    caller(network, f"<Gather{OPEN} speechTimeout='{silence}'/>", *script)
    assert result(network)["SpeechResult"] == words


def test_the_timeout_ends_speech_where_no_other_is_given(network: Network) -> None:
    script = ({"wait": 1}, {"say": "My parcel."}, {"wait": 3}, {"say": "It is late."}, {"wait": 60})
    caller(network, f"<Gather{OPEN} timeout='6'/>", *script)
    assert result(network)["SpeechResult"] == "My parcel. It is late."


def test_keys_that_come_first_win(network: Network) -> None:
    script = ({"wait": 1}, {"press": "12"}, {"say": "No, an agent"}, {"press": "3#"}, {"wait": 60})
    caller(network, f"<Gather{OPEN} numDigits='9' timeout='9'/>", *script)
    params = result(network)
    assert (params["Digits"], params["FinishedOnKey"]) == ("123", "#")
    assert "SpeechResult" not in params


def test_words_that_come_first_win(network: Network) -> None:
    caller(network, f"<Gather{OPEN} numDigits='1'/>", {"wait": 1}, {"say": "An agent"}, {"press": "1"}, {"wait": 60})
    params = result(network)
    assert params["SpeechResult"] == "An agent"
    assert "Digits" not in params


def test_keys_are_nothing_to_a_gather_of_speech(network: Network) -> None:
    gather = "<Gather input='speech' action='/said' timeout='8'/>"
    caller(network, gather, {"wait": 1}, {"press": "1"}, {"say": "An agent"}, {"wait": 60})
    assert result(network)["SpeechResult"] == "An agent"


def test_words_are_nothing_to_a_gather_of_keys(network: Network) -> None:
    gather = "<Gather action='/said' numDigits='1' timeout='9'/>"
    caller(network, gather, {"wait": 1}, {"say": "An agent"}, {"press": "1"}, {"wait": 60})
    assert result(network)["Digits"] == "1"


def test_what_was_said_before_was_not_heard(network: Network) -> None:
    script = ({"say": "Hello, is anybody there? I would like to talk to somebody."}, {"wait": 60})
    sid = caller(network, f"<Say>Welcome</Say><Gather{OPEN} timeout='4'/><Say>Nothing</Say>", *script)
    network.wait(sid, "completed")
    assert ("network", "+14155551501", "Nothing") in network.heard(sid)
    assert network.app.hits_at("/said") == []


@pytest.mark.parametrize(("input_", "empty"), [("speech", "SpeechResult"), ("dtmf speech", "Digits")])
def test_silence_is_told_when_asked_for(network: Network, input_: str, empty: str) -> None:
    caller(network, f"<Gather input='{input_}' action='/said' timeout='1' actionOnEmptyResult='true'/>", {"wait": 60})
    assert result(network)[empty] == ""


@pytest.mark.parametrize(
    ("attribute", "code"), [("speechTimeout='0'", 13327), ("speechTimeout='soon'", 13327),
                            ("partialResultCallback='/partial'", 12200)],
)  # fmt: skip
def test_an_attribute_that_cannot_be(network: Network, attribute: str, code: int) -> None:
    sid = caller(network, f"<Gather{OPEN} {attribute}/>")
    wait_until(lambda: [e["code"] for e in network.account_of(sid)["errors"]] == [code])
