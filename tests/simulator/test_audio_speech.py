"""Spoken lines: their lengths, their voices, and that nothing is spoken twice."""

import time
import wave
from itertools import pairwise

import numpy as np
import pytest

from zerovoice.simulator.audio import Utterance, render, speech_seconds
from zerovoice.simulator.audio_speech import LONGEST_BREATH, PITCHES, line, pitch_of, spoken

TEXT = "I am calling about my invoice."


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMULATOR_CACHE", str(tmp_path))
    return tmp_path


def recording(text: str, voice: str = "") -> bytes:
    return render([[Utterance(0, "say", text, voice)]], 3.0)


def strongest_hertz(sound: np.ndarray, rate: int) -> float:
    """Pitch of a voice: where the sound is most like itself a period later, between 60 and 150 Hz."""
    periods = np.arange(rate // 150, rate // 60)
    likeness = [np.dot(sound[:-period], sound[period:]) / (len(sound) - period) for period in periods]
    return rate / periods[int(np.argmax(likeness))]


def test_a_line_is_spoken_once_and_read_from_disk_afterwards(cache):
    first = recording(TEXT)
    (kept,) = cache.iterdir()

    assert recording(TEXT) == first
    with wave.open(str(kept)) as file:
        frames = file.getnframes()
    with wave.open(str(kept), "wb") as file:
        file.setparams((1, 2, 8000, frames, "NONE", ""))
        file.writeframes(b"\0\0" * frames)
    assert not any(recording(TEXT)[44:]), "the line was spoken again although it was in the cache"


def test_a_damaged_cache_file_is_made_again(cache):
    first = recording(TEXT)
    (kept,) = cache.iterdir()

    for damage in (b"", b"not sound", kept.read_bytes()[:500]):
        kept.write_bytes(damage)
        assert recording(TEXT) == first


def test_a_line_sounds_the_same_when_it_is_made_anew(tmp_path, monkeypatch):
    first = recording(TEXT, "Ann")
    monkeypatch.setenv("SIMULATOR_CACHE", str(tmp_path / "another"))

    assert recording(TEXT, "Ann") == first


def test_what_nobody_hears_is_never_spoken(cache):
    text = "This is the beginning. " + "This never comes to pass. " * 50

    render([[Utterance(0, "say", text, cut_at=0.5)]], 5.0)

    assert len(list(cache.iterdir())) == 1


def test_asking_for_a_length_speaks_nothing(cache):
    assert speech_seconds("A line that nobody has ever said before.") > 1
    assert not list(cache.iterdir())


def test_people_sound_different_and_last_equally_long():
    names = {pitch_of(f"+1555010{number:04}"): f"+1555010{number:04}" for number in range(200)}
    assert set(names) == set(PITCHES)
    (breath,) = line(TEXT)

    low, own, high = (spoken(breath, voice, 8000) for voice in (names[min(names)], "", names[max(names)]))

    assert len(low) == len(own) == len(high) == round(speech_seconds(TEXT) * 8000)
    assert strongest_hertz(low, 8000) < strongest_hertz(own, 8000) < strongest_hertz(high, 8000)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0", ".", "…", "\ud800", "\u200b"])
def test_what_cannot_be_said_lasts_no_time(text):
    assert speech_seconds(text) == 0
    assert not any(recording(text)[44:])


@pytest.mark.parametrize(
    "text",
    ["Ça va, señor Müller?", "Great 👍🏽 thanks 😀", "你好世界", "Привет", "a\0b", "x\ud800y", "[[ə]] & <b>", "£5 ½"],
)
def test_any_text_can_be_said(text):
    assert 0.1 < speech_seconds(text) < 20
    assert any(recording(text)[44:])


@pytest.mark.parametrize("text", ["supercalifragilistic" * 60, "word " * 4000, "1234567890 " * 50, "well, " * 300])
def test_a_very_long_line_is_spoken_in_breaths(text):
    breaths = line(text)

    assert len(breaths) > 1
    assert max(len(breath.phonemes) for breath in breaths) <= LONGEST_BREATH
    assert all(a.start + a.seconds < b.start for a, b in pairwise(breaths))
    assert any(recording(text)[44:])


def test_lengths_are_near_what_people_need():
    """150 to 200 words a minute, or the waiting times of a whole day would be wrong."""
    text = (
        "I bought a pair of headphones from your store last week and the left side is silent, so I would like to "
        "send them back and get my money. Could you please tell me how that works?"
    )

    assert 120 < len(text.split()) / speech_seconds(text) * 60 < 220


def test_a_length_is_cheap_enough_for_an_event_loop():
    """Not a benchmark: that no synthesiser runs, which takes a hundred times as long."""
    texts = [f"You are number {number} in line, please wait." for number in range(300)]
    speech_seconds("warm up")

    began = time.perf_counter()
    for text in texts:
        speech_seconds(text)
    assert time.perf_counter() - began < 3
