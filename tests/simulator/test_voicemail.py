"""<Record> as voicemail: callers talk and hang up, or hang up at once, or never stop."""

import io
import wave
from typing import Any

import numpy as np
import pytest

from tests.simulator.driver import Network

CALLER = "+14155551801"
GREETING = "<Say>Please leave a message after the tone</Say>"
TONE = {"wait_for": "after the tone"}
MESSAGE = {"say": "This is Mary, please call me back about my parcel"}
CALLBACK = "recordingStatusCallback='/kept' recordingStatusCallbackEvent='in-progress completed absent'"


def leave(network: Network, attributes: str, *script: dict[str, Any]) -> str:
    network.app.twiml["/message"] = "<Say>Goodbye</Say>"
    voicemail = f"{GREETING}<Record action='/message' {CALLBACK} {attributes}/><Say>Nothing heard</Say>"
    return network.ring_in(CALLER, voicemail, list(script))


def kept(network: Network, status: str = "completed") -> dict[str, str]:
    (notice,) = network.app.wait_for("/kept", RecordingStatus=status)
    return notice.params


def sound(network: Network, sid: str) -> np.ndarray:
    response = network.http.get(f"{network.account}/Recordings/{sid}.wav")
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/x-wav")
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getnchannels() == 1
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_a_caller_who_talks_and_hangs_up_has_left_a_message(network: Network) -> None:
    sid = leave(network, "maxLength='120'", TONE, {"wait": 1}, MESSAGE, {"hangup": True})
    notice = kept(network)
    (action,) = network.app.wait_for("/message")
    assert (action.params["Digits"], action.params["CallStatus"]) == ("hangup", "completed")
    assert action.params["RecordingSid"] == notice["RecordingSid"]
    assert (notice["CallSid"], notice["RecordingSource"], notice["RecordingChannels"]) == (sid, "RecordVerb", "1")
    recording = network.get(f"/Recordings/{notice['RecordingSid']}.json")
    assert (recording["status"], recording["channels"], recording["call_sid"]) == ("completed", 1, sid)
    assert recording["duration"] == notice["RecordingDuration"] == action.params["RecordingDuration"]
    assert 2 <= int(recording["duration"]) <= 8
    heard = sound(network, notice["RecordingSid"])
    assert len(heard) / 8000 == pytest.approx(int(recording["duration"]), abs=0.6)
    assert abs(heard).max() > 2000
    mp3 = network.http.get(notice["RecordingUrl"] + ".mp3")
    assert (mp3.status_code, mp3.headers["content-type"]) == (200, "audio/mpeg")
    assert network.account_of(sid)["recordings"] == [notice["RecordingSid"]]
    assert ("network", CALLER, "Goodbye") not in network.heard(sid)  # nobody is there to hear what the action says


@pytest.mark.parametrize("after", [0.1, 3])
def test_a_caller_who_says_nothing_and_hangs_up_has_left_none(network: Network, after: float) -> None:
    sid = leave(network, "playBeep='false'", TONE, {"wait": 0.2 + after}, {"hangup": True})
    notice = kept(network, "absent")
    assert notice["CallSid"] == sid
    assert network.app.hits_at("/message") == []
    assert network.get(f"/Recordings/{notice['RecordingSid']}.json")["status"] == "absent"
    assert network.http.get(notice["RecordingUrl"] + ".wav").status_code == 404


def test_silence_after_the_message_ends_it(network: Network) -> None:
    sid = leave(network, "timeout='3'", TONE, {"wait": 1}, MESSAGE)
    network.wait(sid, "completed")
    assert network.app.hits_at("/message")[0].params["Digits"] == ""
    rows = network.account_of(sid)["heard"]
    said, goodbye = (next(r for r in rows if r["text"] == text) for text in (MESSAGE["say"], "Goodbye"))
    assert 3 <= goodbye["start"] - said["end"] < 9
    assert kept(network)["CallSid"] == sid


def test_silence_alone_goes_on_with_the_document(network: Network) -> None:
    sid = leave(network, "timeout='2'", TONE)
    network.wait(sid, "completed")
    assert ("network", CALLER, "Nothing heard") in network.heard(sid)
    assert kept(network, "absent")["CallSid"] == sid


def test_a_message_ends_at_its_greatest_length(network: Network) -> None:
    talk = [{"say": "And another thing that I wanted to say"}] * 20
    sid = leave(network, "maxLength='10'", TONE, {"wait": 1}, *talk)
    (action,) = network.app.wait_for("/message")
    assert action.params["RecordingDuration"] == "10"
    assert kept(network)["RecordingDuration"] == "10"
    network.wait(sid, "completed")


def test_only_a_finishing_key_ends_a_message(network: Network) -> None:
    script = (TONE, {"wait": 1}, MESSAGE, {"press": "1"}, {"wait": 1}, {"say": "That is all"}, {"press": "#"})
    sid = leave(network, "finishOnKey='#' timeout='20'", *script)
    (action,) = network.app.wait_for("/message")
    assert action.params["Digits"] == "#"
    assert (CALLER, None, "That is all") in network.heard(sid)
    assert kept(network)["RecordingDuration"] == action.params["RecordingDuration"]


@pytest.mark.parametrize(("attribute", "beeps"), [("", 1), ("playBeep='true'", 1), ("playBeep='false'", 0)])
def test_it_beeps_unless_told_not_to(network: Network, attribute: str, beeps: int) -> None:
    sid = leave(network, attribute, TONE, {"wait": 1}, MESSAGE, {"hangup": True})
    kept(network)
    assert len([row for row in network.heard(sid, "tone") if row[2] == "beep"]) == beeps


def test_the_notices_of_a_message_come_in_order(network: Network) -> None:
    leave(network, "", TONE, {"wait": 1}, MESSAGE, {"hangup": True})
    kept(network)
    assert [h.params["RecordingStatus"] for h in network.app.hits_at("/kept")] == ["in-progress", "completed"]
