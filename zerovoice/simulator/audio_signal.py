"""Sound as arrays of float samples in -1…1, one channel: fitting to a length, fading, tones, music from a file."""

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

TONE_LEVEL = 0.15
# Frequencies and cadences of the North American Precise Tone Plan: (hertz, seconds on, seconds off).
CALL_PROGRESS = {
    "ring": ((440.0, 480.0), 2.0, 4.0),
    "busy": ((480.0, 620.0), 0.5, 0.5),
    "beep": ((1000.0,), 0.4, 0.0),
}
# ITU-T Q.23: one low and one high frequency a key.
DTMF = {
    key: (low, high)
    for low, keys in ((697.0, "123A"), (770.0, "456B"), (852.0, "789C"), (941.0, "*0#D"))
    for high, key in zip((1209.0, 1336.0, 1477.0, 1633.0), keys, strict=True)
}
DTMF_ON, DTMF_OFF = 0.1, 0.05
# Twilio's SendDigits: w waits half a second, W a whole one.
DTMF_WAITS = {"w": 0.5, "W": 1.0}


def resample(samples: Samples, count: int) -> Samples:
    """The same sound in exactly `count` samples, band-limited (no aliases when samples are lost).

    Works on the whole spectrum at once, so the ratio may be anything. Sound wraps around at the ends: fade them first.
    """
    if count <= 0 or not len(samples):
        return np.zeros(max(count, 0), np.float32)
    if count == len(samples):
        return samples
    spectrum = np.fft.rfft(samples)
    bins = min(len(spectrum), count // 2 + 1)
    kept = np.zeros(count // 2 + 1, np.complex128)
    kept[:bins] = spectrum[:bins]
    # A soft edge below the new limit: a brick wall there would ring audibly around every consonant.
    edge = bins // 16
    if count < len(samples) and edge:
        kept[bins - edge : bins] *= np.cos(np.linspace(0, np.pi / 2, edge)) ** 2
    return (np.fft.irfft(kept, count) * (count / len(samples))).astype(np.float32)


def fade(samples: Samples, begin: int, end: int) -> Samples:
    """A copy that rises over its first `begin` samples and falls over its last `end`: no clicks."""
    faded = samples.copy()
    begin, end = min(begin, len(faded)), min(end, len(faded))
    if begin:
        faded[:begin] *= np.linspace(0, 1, begin, endpoint=False, dtype=np.float32)
    if end:
        faded[-end:] *= np.linspace(1, 0, end, dtype=np.float32)
    return faded


def tone_seconds(text: str) -> float:
    """How long a tone lasts once: a name of CALL_PROGRESS, or keys as a phone sends them. Unknown keys are no sound."""
    if text in CALL_PROGRESS:
        _, on, off = CALL_PROGRESS[text]
        return on + off
    return sum(DTMF_ON + DTMF_OFF if key in DTMF else DTMF_WAITS.get(key, 0.0) for key in text)


def tone(text: str, rate: int) -> Samples:
    """The sound of `tone_seconds(text)` seconds."""
    if text in CALL_PROGRESS:
        hertz, on, off = CALL_PROGRESS[text]
        return np.concatenate((_sines(hertz, on, rate), _silence(off, rate)))
    parts = [_silence(0, rate)]
    for key in text:
        if key in DTMF:
            parts += (_sines(DTMF[key], DTMF_ON, rate), _silence(DTMF_OFF, rate))
        else:
            parts.append(_silence(DTMF_WAITS.get(key, 0.0), rate))
    return np.concatenate(parts)


def wav_seconds(path: str | Path) -> float:
    """Length of a WAV file. Raises OSError, EOFError or wave.Error when it is none."""
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def music(path: str | Path, rate: int) -> Samples:
    """A PCM WAV file of any rate and number of channels as one channel. Raises what `wav_seconds` raises."""
    return _music(str(path), Path(path).stat().st_mtime_ns, rate)


@lru_cache(maxsize=16)
def _music(path: str, _changed: int, rate: int) -> Samples:
    with wave.open(path) as file:
        width, channels, own_rate, frames = (
            file.getsampwidth(),
            file.getnchannels(),
            file.getframerate(),
            file.getnframes(),
        )
        data = file.readframes(frames)
    if width == 1:
        values = np.frombuffer(data, np.uint8).astype(np.float32) / 128 - 1
    elif width == 2:
        values = np.frombuffer(data, "<i2").astype(np.float32) / 32768
    else:
        raise wave.Error(f"{8 * width}-bit samples are not played, only 8 and 16")
    mono = values.reshape(-1, channels).mean(axis=1)
    sound = resample(mono, round(len(mono) * rate / own_rate))
    sound.setflags(write=False)  # shared by every caller
    return sound


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def _sines(hertz: tuple[float, ...], seconds: float, rate: int) -> Samples:
    at = np.arange(round(seconds * rate)) / rate
    sound = TONE_LEVEL * sum(np.sin(2 * np.pi * frequency * at) for frequency in hertz)
    return fade(np.asarray(sound, np.float32), rate // 200, rate // 200)
