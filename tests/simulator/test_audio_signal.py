"""Fitting sound to a length, tones, and the music that callers wait to."""

import runpy
import wave
from pathlib import Path

import numpy as np
import pytest

from zerovoice.simulator.audio_signal import DTMF, fade, music, resample, tone, wav_seconds

ROOT = Path(__file__).parents[2]
HOLD = ROOT / "calls" / "static" / "calls" / "hold.wav"


def sine(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate).astype(np.float32)


def loudest_hertz(sound: np.ndarray, rate: int, count: int = 1) -> set[int]:
    strength = abs(np.fft.rfft(sound * np.hanning(len(sound))))
    peaks = [i for i in range(1, len(strength) - 1) if strength[i - 1] < strength[i] >= strength[i + 1]]
    return {round(i * rate / len(sound)) for i in sorted(peaks, key=lambda i: -strength[i])[:count]}


@pytest.mark.parametrize(("own_rate", "rate"), [(22050, 8000), (8000, 16000), (44100, 8000)])
def test_a_tone_the_line_can_carry_keeps_its_pitch_and_strength(own_rate, rate):
    fitted = resample(sine(1000, own_rate), rate)

    assert len(fitted) == rate
    assert np.max(abs(fitted - sine(1000, rate))) < 0.02


def test_a_tone_above_what_the_line_can_carry_is_gone_not_folded_down():
    assert np.sqrt(np.mean(resample(sine(5000, 22050), 8000) ** 2)) < 0.001


def test_a_fade_leaves_its_original_alone():
    original = np.ones(100, np.float32)

    faded = fade(original, 10, 10)

    assert (faded[0], faded[50], faded[-1]) == (0, 1, 0)
    assert original.all()


@pytest.mark.parametrize(("key", "hertz"), [("1", {697, 1209}), ("5", {770, 1336}), ("#", {941, 1477})])
def test_a_key_is_the_two_frequencies_of_its_row_and_column(key, hertz):
    assert len(DTMF) == 16
    found = loudest_hertz(tone(key, 8000)[:800], 8000, count=2)
    assert all(min(abs(f - h) for f in found) <= 10 for h in hertz)


def test_unknown_keys_make_no_sound():
    assert not len(tone("é?", 8000))


@pytest.mark.parametrize(("width", "channels"), [(1, 1), (2, 1), (2, 2)])
def test_music_of_any_common_format_is_brought_to_the_line(tmp_path, width, channels):
    values = 0.5 * sine(440, 22050)
    data = (values * 127 + 128).astype("u1") if width == 1 else (values * 32767).astype("<i2")
    path = tmp_path / "music.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, 22050, 0, "NONE", ""))
        file.writeframes(np.repeat(data, channels).tobytes())

    sound = music(path, 8000)

    assert len(sound) == 8000
    assert loudest_hertz(sound, 8000) == {440}
    assert np.max(abs(sound)) == pytest.approx(0.5, abs=0.02)


def test_music_that_changed_on_disk_is_read_again(tmp_path):
    path = tmp_path / "music.wav"
    for seconds in (1, 2):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\1\0" * 8000 * seconds)
        assert len(music(path, 8000)) == 8000 * seconds


def test_the_hold_music_is_what_its_script_makes_and_repeats_without_a_seam(tmp_path):
    made = tmp_path / "hold.wav"
    runpy.run_path(str(ROOT / "scripts" / "make_hold_music.py"))["main"](made)

    with wave.open(str(HOLD)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
    assert wav_seconds(HOLD) == 20
    committed, fresh = music(HOLD, 8000), music(made, 8000)
    assert np.max(abs(committed - fresh)) < 3 / 32768
    steps = abs(np.diff(np.concatenate((committed, committed[:1]))))
    assert steps[-1] <= steps[:-1].max()
    each_second = np.sqrt(np.mean(committed.reshape(20, 8000) ** 2, axis=1))
    assert each_second.min() > 0.02
    assert np.max(abs(committed)) < 0.6
