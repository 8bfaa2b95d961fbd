"""TwiML, verb by verb: what the person hears and what the application is asked."""

import io
import wave

import pytest

from tests.simulator.driver import Network
from zerovoice.simulator import audio, media

APOLOGY = "We are sorry. An application error has occurred. Goodbye."


def listener(network: Network, number: str, *script: dict[str, object]) -> str:
    return network.person(number, script=list(script))


def test_say_pause_and_redirect_run_in_order(network: Network) -> None:
    person = listener(network, "+14155553001")
    network.app.twiml["/next"] = "<Say>Third</Say><Hangup/><Say>Never</Say>"
    sid = network.place(
        person, "<Say>First</Say><Pause length='7'/><Say loop='2'>Second</Say><Redirect>/next</Redirect>"
    )
    network.wait(sid, "completed")
    assert [text for _, _, text in network.heard(sid)] == ["First", "Second", "Second", "Third"]
    first, second, *_ = network.account_of(sid)["heard"]
    assert 7 <= second["start"] - first["end"] < 15  # a busy machine is late, never early


def test_twiml_may_come_with_the_request(network: Network) -> None:
    person = listener(network, "+14155553002")
    sid = network.post(
        "/Calls.json", To=person, From="+15005550006", Twiml="<Response><Say>Inline</Say></Response>"
    )["sid"]  # fmt: skip
    network.wait(sid, "completed")
    assert network.heard(sid) == [("network", person, "Inline")]


def test_a_gather_ends_at_its_number_of_digits_and_cuts_the_prompt(network: Network) -> None:
    person = listener(network, "+14155553003", {"wait_for": "one two"}, {"press": "42"}, {"wait": 60})
    network.app.twiml["/digits"] = "<Say>Thanks</Say>"
    sid = network.place(
        person,
        "<Gather numDigits='2' action='/digits'><Say>Press one two three four five six seven eight</Say></Gather>",
    )
    (hit,) = network.app.wait_for("/digits")
    assert hit.params["Digits"] == "42"
    assert "FinishedOnKey" not in hit.params
    prompt = network.account_of(sid)["heard"][0]
    assert prompt["cut"] is True


def test_a_gather_ends_at_its_finishing_key(network: Network) -> None:
    person = listener(network, "+14155553004", {"wait": 2}, {"press": "1234#"}, {"wait": 60})
    network.app.twiml["/digits"] = "<Hangup/>"
    network.place(person, "<Gather action='/digits' timeout='10'/>")
    (hit,) = network.app.wait_for("/digits")
    assert (hit.params["Digits"], hit.params["FinishedOnKey"]) == ("1234", "#")


def test_a_gather_without_digits_goes_on_after_its_time(network: Network) -> None:
    person = listener(network, "+14155553005")
    sid = network.place(person, "<Gather timeout='6' action='/digits'><Say>Well?</Say></Gather><Say>Nothing</Say>")
    network.wait(sid, "completed")
    prompt, after = network.account_of(sid)["heard"]
    assert after["text"] == "Nothing"
    assert 6 <= after["start"] - prompt["end"] < 14
    assert network.app.hits_at("/digits") == []


def test_action_on_empty_result_asks_all_the_same(network: Network) -> None:
    person = listener(network, "+14155553006")
    network.app.twiml["/digits"] = "<Hangup/>"
    network.place(person, "<Gather timeout='1' action='/digits' actionOnEmptyResult='true'/>")
    assert network.app.wait_for("/digits")[0].params["Digits"] == ""


def test_play_lasts_as_long_as_its_audio(network: Network) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000 * 9)
    network.app.twiml["/music.wav"] = lambda params: (200, "audio/wav", buffer.getvalue())  # type: ignore[dict-item,return-value]
    person = listener(network, "+14155553007")
    sid = network.place(person, "<Play>/music.wav</Play><Say>Done</Say>")
    network.wait(sid, "completed")
    music, done = network.account_of(sid)["heard"]
    assert music["end"] - music["start"] == pytest.approx(9, abs=0.01)
    assert done["text"] == "Done"


def test_an_mp3_lasts_as_long_as_its_audio(network: Network) -> None:
    mp3 = media.mp3(audio.render([[]], 7))
    network.app.twiml["/prompt.mp3"] = lambda params: (200, "audio/mpeg", mp3)  # type: ignore[dict-item,return-value]
    sid = network.place(listener(network, "+14155553015"), "<Play>/prompt.mp3</Play><Say>Done</Say>")
    network.wait(sid, "completed")
    prompt, done = network.account_of(sid)["heard"]
    assert prompt["end"] - prompt["start"] == pytest.approx(7, abs=0.3)  # an encoder fills up its frames
    assert done["text"] == "Done"


def test_audio_that_is_missing_is_skipped_and_noted(network: Network) -> None:
    network.app.twiml["/gone.wav"] = lambda params: (404, "text/plain", "gone")
    sid = network.place(listener(network, "+14155553008"), "<Play>/gone.wav</Play><Say>Still here</Say>")
    network.wait(sid, "completed")
    assert [text for _, _, text in network.heard(sid)] == ["Still here"]
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [11200]


def test_record_takes_what_the_person_says(network: Network) -> None:
    person = listener(network, "+14155553009", {"wait_for": "the tone"}, {"wait": 1}, {"say": "Please call me back"})
    network.app.twiml["/recorded"] = "<Say>Thank you</Say>"
    network.place(
        person, "<Say>Speak after the tone</Say><Record timeout='4' maxLength='30' action='/recorded' "
        "recordingStatusCallback='/recording'/>",
    )  # fmt: skip
    (hit,) = network.app.wait_for("/recorded")
    (notice,) = network.app.wait_for("/recording", RecordingStatus="completed")
    assert hit.params["RecordingSid"] == notice.params["RecordingSid"]
    assert (notice.params["RecordingSource"], notice.params["RecordingChannels"]) == ("RecordVerb", "1")
    recording = network.get(f"/Recordings/{hit.params['RecordingSid']}.json")
    assert recording["duration"] == notice.params["RecordingDuration"] == hit.params["RecordingDuration"]
    assert 5 <= int(recording["duration"]) <= 16


def test_silence_is_no_recording(network: Network) -> None:
    sid = network.place(
        listener(network, "+14155553010"),
        "<Record timeout='2' action='/recorded' recordingStatusCallback='/recording' "
        "recordingStatusCallbackEvent='completed absent'/><Say>Nobody spoke</Say>",
    )
    network.app.wait_for("/recording", RecordingStatus="absent")
    network.wait(sid, "completed")
    assert network.app.hits_at("/recorded") == []
    assert [text for _, _, text in network.heard(sid)] == ["Nobody spoke"]


def test_hanging_up_ends_a_record_and_still_tells_the_action(network: Network) -> None:
    person = listener(network, "+14155553011", {"wait": 1}, {"say": "My message"}, {"hangup": True})
    network.place(person, "<Record playBeep='false' action='/recorded'/>")
    (hit,) = network.app.wait_for("/recorded")
    assert (hit.params["Digits"], hit.params["CallStatus"]) == ("hangup", "completed")


@pytest.mark.parametrize(
    ("body", "code"),
    [("<Say>Unclosed", 12100), ("<Dial/>", 13221), ("<Redirect></Redirect>", None), ("<Gather input='smoke'/>", 12200),
     ("<Enqueue>x</Enqueue>", 12200), ("<Pause length='x'/>", 12200)],
)  # fmt: skip
def test_a_document_that_cannot_be_run_ends_in_an_apology(network: Network, body: str, code: int | None) -> None:
    sid = network.place(listener(network, "+14155553012"), body)
    if code is None:  # an empty <Redirect> is one to the document itself
        network.app.wait_for("/voice", count=2)
        network.post(f"/Calls/{sid}.json", Status="completed")
        return
    network.wait(sid, "completed")
    assert [text for _, _, text in network.heard(sid)] == [APOLOGY]
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [code]


def test_the_fallback_is_tried_when_instructions_cannot_be_had(network: Network) -> None:
    network.app.twiml["/fallback"] = "<Say>Plan B</Say>"
    sid = network.place(
        listener(network, "+14155553013"),
        lambda params: (500, "text/plain", "broken"),
        FallbackUrl=network.app.url + "/fallback",
    )
    network.wait(sid, "completed")
    (hit,) = network.app.hits_at("/fallback")
    assert hit.params["ErrorCode"] == "11200"
    assert hit.params["ErrorUrl"] == network.app.url + "/voice"
    assert network.heard(sid) == [("network", "+14155553013", "Plan B")]


def test_an_unknown_attribute_is_a_warning(network: Network) -> None:
    sid = network.place(listener(network, "+14155553014"), "<Say volume='11'>Hello</Say>")
    network.wait(sid, "completed")
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [12200]
    assert [text for _, _, text in network.heard(sid)] == ["Hello"]
