"""Recordings as files: one channel at a time, a stretch at a time, however long they are."""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import av
import numpy as np
from numpy.typing import NDArray

from zerovoice.speech.engine import Unreadable

Pcm = NDArray[np.int16]
Samples = NDArray[np.float32]

RATE = 16_000  # what the models hear
FRAME_SECONDS = 0.02
BLOCK_SECONDS = 60.0
#: Root mean square, of 32768, below which a frame is silence: -66 dBFS, a quiet line's hiss.
SILENCE = 16.0
#: Silence that ends a stretch, and how much of it stays on either side: a breath is part of what is said.
REST_SECONDS, MARGIN_SECONDS = 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one sample of the file to another."""

    begin: int
    end: int


class Sound:
    """A WAV file of 16-bit samples. Raises Unreadable when it is none, or not all there."""

    def __init__(self, path: str | Path) -> None:
        self._file: IO[bytes] = open(path, "rb")  # noqa: SIM115
        try:
            self._wave = self._open()
        except BaseException:
            self._file.close()
            raise
        self.channels, self.rate = self._wave.getnchannels(), self._wave.getframerate()
        self.length = self._wave.getnframes()

    def _open(self) -> wave.Wave_read:
        size = os.fstat(self._file.fileno()).st_size
        if not size:
            raise Unreadable("The file is empty")
        try:
            sound = wave.open(self._file, "rb")  # noqa: SIM115
        except (wave.Error, EOFError, ValueError, ArithmeticError) as error:
            raise Unreadable(f"Not a WAV file: {str(error) or 'its header is cut off'}") from error
        if sound.getsampwidth() != 2:
            raise Unreadable(f"Its samples have {8 * sound.getsampwidth()} bits, not 16")
        if not 4_000 <= sound.getframerate() <= 192_000 or not 1 <= sound.getnchannels() <= 8:
            raise Unreadable(f"{sound.getnchannels()} channels at {sound.getframerate()} Hz are no recording")
        announced = sound.getnframes() / sound.getframerate()
        if not sound.getnframes():
            raise Unreadable("There is no sound in it: its length is zero")
        there = (size - self._file.tell()) // (2 * sound.getnchannels())
        if there < sound.getnframes():
            raise Unreadable(f"It is cut off: {there / sound.getframerate():.1f} of {announced:.1f} s are there")
        return sound

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wave.close()
        self._file.close()

    @property
    def seconds(self) -> float:
        return self.length / self.rate

    def read(self, channel: int, stretch: Stretch) -> Pcm:
        self._wave.setpos(stretch.begin)
        data = np.frombuffer(self._wave.readframes(stretch.end - stretch.begin), "<i2")
        return np.ascontiguousarray(data.reshape(-1, self.channels)[:, channel])

    def stretches(self, channel: int) -> Iterator[Stretch]:
        """Where there is anything to hear, in order and apart. An hour of silence takes a tenth of a second."""
        rest, margin = round(REST_SECONDS * self.rate), round(MARGIN_SECONDS * self.rate)
        begin = end = -1
        for first, last in self._loud(channel):
            if begin >= 0 and first - end > rest:
                yield Stretch(max(begin - margin, 0), min(end + margin, self.length))
                begin = first
            begin, end = begin if begin >= 0 else first, last
        if begin >= 0:
            yield Stretch(max(begin - margin, 0), min(end + margin, self.length))

    def _loud(self, channel: int) -> Iterator[tuple[int, int]]:
        """(first sample, one after the last) of each run of frames that are not silent."""
        frame = max(1, round(FRAME_SECONDS * self.rate))
        block = frame * round(BLOCK_SECONDS / FRAME_SECONDS)
        for start in range(0, self.length, block):
            pcm = self.read(channel, Stretch(start, min(start + block, self.length))).astype(np.float32)
            pcm = np.pad(pcm, (0, -len(pcm) % frame))
            loud = np.sqrt(np.mean(pcm.reshape(-1, frame) ** 2, axis=1)) > SILENCE
            edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
            for first, last in edges.reshape(-1, 2).tolist():
                yield start + first * frame, min(start + last * frame, self.length)


def at_model_rate(pcm: Pcm, rate: int) -> Samples:
    """The same sound, band-limited, as the models hear it: -1…1 at 16 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    pieces = [piece.to_ndarray()[0] for piece in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
