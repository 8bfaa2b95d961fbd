"""The recording of a call: two channels of 8 kHz, each sounding exactly while its person speaks; read by ranges."""

import hashlib
import io
import wave

import numpy as np
import pytest

from tests.flows.company import QUESTION, moment

RATE = 8000
FRAME = 0.02  # seconds
LOUD = 200  # root mean square of 16-bit samples: far below speech, above what resampling leaves of silence
TOLERANCE = 0.15  # seconds of breath around what was said
PAUSE = 1.0  # the longest that a speaker pauses within a line


@pytest.fixture(scope="module")
def studio(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def recorded(studio):
    """(the recording in the API, the customer's leg in the network) of a call in which both speak twice."""
    customer = studio.person(
        [
            # The first lines may be over before a worker has the recording started: ten seconds pass in one here.
            {"wait_for": "anything else that I can do for you?"},
            {"say": QUESTION},
            {"wait_for": "Let me look that up"},
            {"wait": 1},
            {"say": "Thank you. Goodbye."},
            {"wait": 0.5},
            {"hangup": True},
        ]
    )
    call_id = studio.place(customer, record=True)
    studio.in_the_books(call_id)
    (recording,) = studio.get(f"/calls/{call_id}/recordings")["results"]
    return recording, studio.network_legs(customer)[0]


@pytest.fixture(scope="module")
def audio(studio, recorded):
    answer = studio.api.get(recorded[0]["audio_url"])
    assert answer.status_code == 200, answer.text
    return answer


def loud_frames(audio) -> np.ndarray:
    """Per channel and frame: does it sound?"""
    with wave.open(io.BytesIO(audio.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, RATE, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2).astype(float)
    size = int(RATE * FRAME)
    frames = samples[: len(samples) // size * size].reshape(-1, size, 2)
    return (np.sqrt((frames**2).mean(axis=1)) > LOUD).T


def spoken(recorded, listener: bool) -> list[tuple[float, float]]:
    """From when to when (in seconds of the recording) the customer said something, or heard something."""
    recording, leg = recorded
    offset = (moment(leg["answer_time"]) - moment(recording["started_at"])).total_seconds()
    spans = {
        (h["start"] + offset, h["end"] + offset)
        for h in leg["heard"]
        if (h["listener_sid"] == leg["sid"]) is listener and h["kind"] in ("say", "tone", "music")
    }
    return sorted((max(start, 0.0), end) for start, end in spans if end > 0)


def test_it_is_complete_and_says_who_is_on_which_channel(recorded):
    recording, leg = recorded
    assert (recording["status"], recording["media"]) == ("completed", "done")
    assert recording["channels"] == ["customer", "agent"]
    assert 0 < recording["duration_seconds"] <= leg["duration"]


def test_it_is_a_two_channel_wav_of_8_khz_as_long_as_announced(recorded, audio):
    assert audio.headers["content-type"] == "audio/wav"
    assert abs(loud_frames(audio).shape[1] * FRAME - recorded[0]["duration_seconds"]) <= 2


def test_each_channel_sounds_exactly_while_its_person_speaks(recorded, audio):
    """The API tells the recording's start in whole seconds: the rest of it is found by trying, for both channels."""
    loud = loud_frames(audio)
    times = (np.arange(loud.shape[1]) + 0.5) * FRAME
    spans = [spoken(recorded, listener=False), spoken(recorded, listener=True)]
    assert [len(channel) for channel in spans] >= [2, 2]
    misfit = {shift: sum(_misfit(loud[n], times, spans[n], shift) for n in (0, 1)) for shift in np.arange(-1, 1, 0.02)}
    shift = min(misfit, key=misfit.__getitem__)
    for channel, name in enumerate(recorded[0]["channels"]):
        sounding = times[loud[channel]]
        for second in sounding:
            assert any(s + shift - TOLERANCE <= second <= e + shift + TOLERANCE for s, e in spans[channel]), (
                f"{name}'s channel sounds at {second:.2f} s, when nobody speaks: {spans[channel]} moved by {shift:.2f}"
            )
        for start, end in spans[channel]:
            within = sounding[(sounding >= start + shift) & (sounding <= end + shift)]
            marks = [start + shift, *within, min(end + shift, times[-1])]
            assert max(np.diff(marks)) <= PAUSE, f"{name}'s channel is silent in {start:.2f}–{end:.2f} s"


def _misfit(loud: np.ndarray, times: np.ndarray, spans: list[tuple[float, float]], shift: float) -> int:
    """How many frames sound outside of what was said."""
    said = np.zeros_like(loud)
    for start, end in spans:
        said |= (times >= start + shift) & (times <= end + shift)
    return int((loud & ~said).sum())


def test_the_file_is_the_one_that_was_fetched(recorded, audio):
    recording = recorded[0]
    assert recording["size"] == len(audio.content)
    assert recording["sha256"] == hashlib.sha256(audio.content).hexdigest()


@pytest.mark.parametrize(("wanted", "part"), [("bytes=0-99", slice(0, 100)), ("bytes=-50", slice(-50, None))])
def test_a_part_of_it(studio, recorded, audio, wanted, part):
    answer = studio.api.get(recorded[0]["audio_url"], headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.content == audio.content[part]
    first = range(len(audio.content))[part][0]
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(audio.content)}"


def test_the_rest_of_it(studio, recorded, audio):
    answer = studio.api.get(recorded[0]["audio_url"], headers={"Range": "bytes=44-"})
    assert (answer.status_code, answer.content) == (206, audio.content[44:])


def test_a_range_behind_its_end(studio, recorded, audio):
    answer = studio.api.get(recorded[0]["audio_url"], headers={"Range": f"bytes={len(audio.content)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(audio.content)}"


def test_a_stranger_does_not_get_it(company, recorded):
    assert company.api.get(recorded[0]["audio_url"]).status_code == 404


def test_a_call_without_record_has_none(studio, recorded):
    call_id = studio.talking()
    studio.hang_up(call_id)
    studio.in_the_books(call_id)
    assert studio.get(f"/calls/{call_id}/recordings")["count"] == 0
