"""How loud a recording is, along it: what a player draws.

It is worked out whenever somebody looks and kept nowhere, so nothing is left of it when the sound is erased.
"""

from __future__ import annotations

import wave
from itertools import pairwise
from typing import IO

import numpy as np

#: How many points there are for each channel.
POINTS = 800
#: Of a point that stands for more frames so many are looked at: the work has a bound, however long the recording is.
_LOOKED_AT = 16_384


class NoWaveform(Exception):
    """It is no WAV file of 16-bit PCM."""


def peaks(file: IO[bytes], points: int = POINTS) -> list[list[int]]:
    """The loudest sample of each stretch, 0 to 100, for each channel in the order of the file. Raises NoWaveform."""
    try:
        with wave.open(file, "rb") as sound:
            return _peaks(sound, points)
    except (wave.Error, EOFError) as error:
        raise NoWaveform(str(error)) from error


def _peaks(sound: wave.Wave_read, points: int) -> list[list[int]]:
    channels, frames = sound.getnchannels(), sound.getnframes()
    if sound.getsampwidth() != 2:
        raise NoWaveform("The samples are not of 16 bits")
    found: list[list[int]] = [[] for _ in range(channels)]
    borders = np.linspace(0, frames, min(points, frames) + 1).astype(int)
    for begin, end in pairwise(borders):
        sound.setpos(int(begin))
        data = sound.readframes(min(int(end - begin), _LOOKED_AT))
        samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], dtype="<i2").reshape(-1, channels)
        loudest = np.abs(samples.astype(np.int32)).max(axis=0, initial=0) * 100 // 32_767
        for channel, value in zip(found, loudest, strict=True):
            channel.append(min(100, int(value)))
    return found
