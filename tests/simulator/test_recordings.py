"""Recordings: their states, what is told, what they sound like."""

import io
import time
import wave

import numpy as np
import pytest

from tests.simulator.driver import SPEED, Network
from tests.waiting import wait_until

RATE = 8000


def sound(network: Network, sid: str, channels: int) -> np.ndarray:
    """Loudness per tenth of a second and channel."""
    response = network.http.get(f"{network.account}/Recordings/{sid}.wav", params={"RequestedChannels": channels})
    assert response.status_code == 200, response.text
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, channels)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)
    tenths = len(samples) // (RATE // 10)
    return np.abs(samples[: tenths * RATE // 10].astype(int)).reshape(tenths, RATE // 10, channels).max(axis=1)


def completed(network: Network, sid: str) -> dict[str, str]:
    return wait_until(
        lambda: r if (r := network.get(f"/Recordings/{sid}.json"))["status"] in ("completed", "absent") else None,
        timeout=20,
    )


def test_each_channel_sounds_while_its_side_does(network: Network) -> None:
    person = network.person("+14155556001", script=[{"wait": 16}, {"say": "This is my side of it"}])
    sid = network.place(person, "<Pause length='10'/><Say>This is the other side</Say><Pause length='14'/>")
    network.wait(sid, "in-progress")
    recording = network.post(
        f"/Calls/{sid}/Recordings.json", RecordingChannels="dual",
        RecordingStatusCallback=network.app.url + "/recording",
        RecordingStatusCallbackEvent="in-progress completed",
    )  # fmt: skip
    assert (recording["status"], recording["channels"]) == ("in-progress", 2)
    assert recording["source"] == "StartCallRecordingAPI"
    network.wait(sid, "completed")
    done = completed(network, recording["sid"])
    notices = [h.params for h in network.app.wait_for("/recording", 2)]
    assert [n["RecordingStatus"] for n in notices] == ["in-progress", "completed"]
    assert notices[1]["RecordingDuration"] == done["duration"]
    assert notices[1]["RecordingUrl"].endswith(f"/Recordings/{recording['sid']}")
    assert notices[1]["CallSid"] == sid

    loud = sound(network, recording["sid"], 2)
    assert len(loud) / 10 == pytest.approx(float(done["duration"]), abs=1)
    rows = {r["text"]: r for r in network.account_of(sid)["heard"]}
    offset = rows["This is my side of it"]["start"] - float(np.flatnonzero(loud[:, 0] > 500)[0]) / 10
    for text, channel, other in (("This is my side of it", 0, 1), ("This is the other side", 1, 0)):
        start, end = (round((rows[text][k] - offset) * 10) for k in ("start", "end"))
        assert loud[start + 1 : end - 1, channel].max() > 2000
        assert loud[max(0, start) : end, other].max() == 0
        assert (loud[end + 3 : end + 20, channel] == 0).all()
    assert sound(network, recording["sid"], 1).shape[1] == 1


@pytest.mark.parametrize("behavior", ["silence", "skip"])
def test_a_pause_is_silent_or_left_out(network: Network, behavior: str) -> None:
    person = network.person("+14155556002", script=[{"say": "word " * 150}])
    sid = network.place(person, "<Pause length='40'/>")
    network.wait(sid, "in-progress")
    path = f"/Calls/{sid}/Recordings"
    recording = network.post(f"{path}.json")["sid"]
    paused = network.post(f"{path}/{recording}.json", Status="paused", PauseBehavior=behavior)
    assert paused["status"] == "paused"
    time.sleep(8 / SPEED)
    assert network.post(f"{path}/Twilio.CURRENT.json", Status="in-progress")["status"] == "in-progress"
    time.sleep(8 / SPEED)
    assert network.post(f"{path}/{recording}.json", Status="stopped")["status"] == "stopped"
    assert network.refusal("POST", f"{path}/{recording}.json", Status="paused") == (400, 21220)
    network.post(f"/Calls/{sid}.json", Status="completed")
    seconds = int(completed(network, recording)["duration"])
    whole = network.account_of(sid)["duration"]
    loud = sound(network, recording, 1)[:, 0]
    silent = int((loud == 0).sum()) / 10
    if behavior == "silence":
        assert seconds >= 15
        assert silent >= 7
    else:
        assert seconds <= whole - 8
        assert silent < 5


def test_tracks_can_be_recorded_alone(network: Network) -> None:
    person = network.person("+14155556003", script=[{"wait": 1}, {"say": "Only me"}, {"wait": 2}, {"hangup": True}])
    sid = network.place(
        person, "<Say>Only the network</Say><Pause length='30'/>", Record="true", RecordingTrack="inbound"
    )
    network.wait(sid, "completed")
    (recording,) = network.get(f"/Calls/{sid}/Recordings.json")["recordings"]
    assert (recording["source"], recording["track"], recording["channels"]) == ("OutboundAPI", "inbound", 1)


def test_media_is_there_only_when_completed_and_until_deleted(network: Network) -> None:
    person = network.person("+14155556004", script=[{"say": "Hello"}])
    sid = network.place(person, "<Pause length='5'/>")
    network.wait(sid, "in-progress")
    recording = network.post(f"/Calls/{sid}/Recordings.json")["sid"]
    media = f"{network.account}/Recordings/{recording}"
    assert network.http.get(media + ".wav").status_code == 404
    network.wait(sid, "completed")
    completed(network, recording)
    assert network.http.get(media).headers["content-type"] == "audio/x-wav"
    mp3 = network.http.get(media + ".mp3")
    assert mp3.headers["content-type"] == "audio/mpeg"
    assert mp3.content[0] == 0xFF
    assert network.http.get(media + ".wav", auth=("AC" + "0" * 32, "x")).status_code == 401
    network.delete(f"/Recordings/{recording}.json")
    assert network.http.get(media + ".wav").status_code == 404
    assert network.get(f"/Calls/{sid}/Recordings.json")["recordings"] == []


def test_a_conference_is_recorded_mixed(network: Network) -> None:
    line = [{"wait": 2}, {"say": "Both of us are here"}, {"wait": 3}, {"hangup": True}]
    attributes = "beep='false' record='record-from-start' recordingStatusCallback='/mix'"
    twiml = f"<Dial><Conference {attributes}>mix</Conference></Dial>"
    for number in ("+14155556005", "+14155556006"):
        network.place(network.person(number, script=line), twiml, path="/mixed")
    (notice,) = network.app.wait_for("/mix", RecordingStatus="completed")
    sid = notice.params["ConferenceSid"]
    (recording,) = network.get(f"/Conferences/{sid}/Recordings.json")["recordings"]
    assert (recording["sid"], recording["source"]) == (notice.params["RecordingSid"], "Conference")
    assert network.get(f"/Conferences/{sid}/Recordings/{recording['sid']}.json")["channels"] == 1
    assert sound(network, recording["sid"], 1).max() > 2000
