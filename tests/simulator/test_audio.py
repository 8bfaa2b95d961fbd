"""A recording sounds exactly when and where the network says somebody spoke."""

import io
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from zerovoice.simulator.audio import Utterance, render, speech_seconds, utterance_seconds

RATE = 8000
QUIET = 0.003
CUSTOMER = Utterance(0.5, "say", "My order has not arrived yet.", voice="+15550100001")
AGENT = Utterance(3.2, "say", "Let me look into that for you.", voice="+15550100002")


@pytest.fixture(autouse=True, scope="module")
def fresh_cache(tmp_path_factory):
    """Nothing spoken by an earlier run, whose sound may have been another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMULATOR_CACHE", str(tmp_path_factory.mktemp("spoken")))
        yield


def heard(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (RATE, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return frames.reshape(-1, file.getnchannels()).astype(float).T / 32768


def sounding(channel: np.ndarray) -> tuple[float, float]:
    """Seconds of the first and last audible moment."""
    loud = np.flatnonzero(abs(channel) > QUIET)
    return loud[0] / RATE, (loud[-1] + 1) / RATE


def level(channel: np.ndarray, start: float, end: float) -> float:
    return float(np.sqrt(np.mean(channel[round(start * RATE) : round(end * RATE)] ** 2)))


def test_each_speaker_is_heard_on_their_own_channel_only_while_they_speak():
    channels = heard(render([[CUSTOMER], [AGENT]], 6.0))

    assert channels.shape == (2, 6 * RATE)
    for channel, utterance in zip(channels, (CUSTOMER, AGENT), strict=True):
        end = utterance.start_seconds + speech_seconds(utterance.text)
        assert sounding(channel) == pytest.approx((utterance.start_seconds, end), abs=0.03)
        assert 0.05 < level(channel, utterance.start_seconds, end) < 0.2
        assert not channel[: round(utterance.start_seconds * RATE)].any()
        assert not channel[round(end * RATE) :].any()


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Please hold while we connect you to the next available agent.",
        "You are caller number 3. Your estimated wait is about 4 minutes.",
        "My phone number is +15551234567, and the total was $249.99.",
    ],
)
def test_speech_seconds_is_how_long_the_line_sounds(text):
    start, end = sounding(heard(render([[Utterance(1.0, "say", text)]], speech_seconds(text) + 2))[0])

    assert end - start == pytest.approx(speech_seconds(text), abs=0.05)
    assert start == pytest.approx(1.0, abs=0.03)


def test_who_is_interrupted_falls_silent_at_that_moment_and_is_the_same_until_then():
    whole = heard(render([[CUSTOMER]], 4.0))[0]
    cut = heard(render([[Utterance(0.5, "say", CUSTOMER.text, CUSTOMER.voice, cut_at=1.4)]], 4.0))[0]

    assert not cut[round(1.4 * RATE) :].any()
    assert np.array_equal(cut[: round(1.39 * RATE)], whole[: round(1.39 * RATE)])
    assert sounding(cut)[1] == pytest.approx(1.4, abs=0.05)


def test_a_recording_that_starts_or_ends_in_the_middle_of_a_line_has_the_rest_of_it():
    whole = heard(render([[Utterance(0.0, "say", CUSTOMER.text)]], 4.0))[0]
    late = heard(render([[Utterance(-0.75, "say", CUSTOMER.text)]], 0.5))[0]

    edge = RATE // 100  # faded where it was cut
    assert np.array_equal(late[edge:-edge], whole[round(0.75 * RATE) + edge : round(1.25 * RATE) - edge])


def test_who_joins_in_the_middle_of_a_line_hears_nothing_before():
    whole = heard(render([[CUSTOMER]], 4.0))[0]
    joined = heard(render([[Utterance(0.5, "say", CUSTOMER.text, CUSTOMER.voice, heard_from=1.0)]], 4.0))[0]

    assert not joined[:RATE].any()
    assert np.array_equal(joined[round(1.01 * RATE) :], whole[round(1.01 * RATE) :])


def test_a_paused_recording_is_silent_on_every_channel():
    channels = heard(render([[CUSTOMER], [AGENT]], 6.0, silences=[(1.0, 3.5)]))

    assert not channels[:, RATE : round(3.5 * RATE)].any()
    assert level(channels[0], 0.5, 1.0) > 0.02
    assert level(channels[1], 3.5, 4.5) > 0.02


def test_what_a_recording_skips_is_left_out_of_it():
    whole = heard(render([[CUSTOMER], [AGENT]], 6.0))
    shorter = heard(render([[CUSTOMER], [AGENT]], 6.0, skips=[(-1, 0.25), (1.0, 3.5)]))

    expected = np.concatenate((whole[:, 2000:RATE], whole[:, round(3.5 * RATE) :]), axis=1)
    assert np.array_equal(shorter, expected)


def test_two_who_speak_at_once_into_one_channel_are_both_in_it():
    over = Utterance(0.6, "say", "Hello, hello, is anybody there?")
    alone = [heard(render([[utterance]], 4.0))[0] for utterance in (CUSTOMER, over)]

    assert heard(render([[CUSTOMER, over]], 4.0))[0] == pytest.approx(sum(alone), abs=2 / 32768)


def test_the_same_conversation_is_the_same_file_from_every_thread():
    with ThreadPoolExecutor(4) as pool:
        files = set(pool.map(lambda _: render([[CUSTOMER], [AGENT]], 6.0), range(8)))

    assert len(files) == 1


def test_silence_and_emptiness_are_recordings_too():
    assert heard(render([[], []], 1.5)).shape == (2, 12000)
    assert heard(render([[]], 0)).shape == (1, 0)
    with pytest.raises(ValueError, match="at least one channel"):
        render([], 1.0)


def test_ringing_lasts_as_long_as_it_rings_and_keys_as_long_as_they_are_pressed():
    ring, keys = heard(
        render([[Utterance(0, "tone", "ring", cut_at=7.5, loop=True)], [Utterance(1, "tone", "12w3")]], 9.0)
    )

    assert level(ring, 0, 2) > 0.1
    assert not ring[2 * RATE : 6 * RATE].any()
    assert level(ring, 6, 7.5) > 0.1
    assert not ring[round(7.5 * RATE) :].any()
    assert utterance_seconds("tone", "12w3") == pytest.approx(0.95)
    assert sounding(keys) == pytest.approx((1.0, 1.9), abs=0.01)


def test_music_plays_once_or_goes_on_until_it_is_stopped(tmp_path):
    path = tmp_path / "music.wav"
    path.write_bytes(render([[Utterance(0, "tone", "beep")]], 0.4))

    once, looped = heard(
        render([[Utterance(0.5, "music", str(path))], [Utterance(0.5, "music", str(path), cut_at=2.0, loop=True)]], 3.0)
    )

    assert utterance_seconds("music", str(path)) == pytest.approx(0.4)
    assert sounding(once) == pytest.approx((0.5, 0.9), abs=0.01)
    assert sounding(looped) == pytest.approx((0.5, 2.0), abs=0.01)
    assert level(looped, 1.5, 1.9) == pytest.approx(level(once, 0.5, 0.9), rel=0.05)


def test_music_that_cannot_be_read_is_silence_in_the_recording_and_an_error_when_asked_for_its_length(tmp_path):
    missing = str(tmp_path / "none.wav")

    channels = heard(render([[Utterance(0, "music", missing), CUSTOMER]], 4.0))

    assert np.array_equal(channels, heard(render([[CUSTOMER]], 4.0)))
    with pytest.raises(FileNotFoundError):
        utterance_seconds("music", missing)
