"""What a recording sounds like: who said what when, mixed into a WAV file when somebody fetches it.

`speech_seconds` and `utterance_seconds` are cheap and may be called on the event loop. `render` speaks what was never
spoken before, so it blocks (about a tenth of the new speech's length): call it with `asyncio.to_thread`; any number of
threads may render at once.
"""

import io
import logging
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zerovoice.simulator.audio_signal import Samples, fade, music, tone, tone_seconds, wav_seconds
from zerovoice.simulator.audio_speech import PAUSE, line, speech_seconds, spoken

__all__ = ["Track", "Utterance", "render", "speech_seconds", "utterance_seconds"]

Kind = Literal["say", "tone", "music"]
Part = tuple[int, int, Callable[[], Samples]]
MUSIC_LEVEL = 0.5
CUT_FADE_SECONDS = 0.005

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sound on one channel. Seconds are those of the recording and may be negative (it began before).

    kind "say": `text` is spoken; "tone": "ring", "busy", "beep" or the keys pressed (w and W wait); "music": the path
    of a PCM WAV file. `voice` is any name, most simply the speaker's number; "" is the network's own voice. It lasts
    `utterance_seconds`, or, with `loop`, until `cut_at` or the end; `cut_at` ends it earlier and never prolongs it.
    `heard_from` is when the channel came to hear it, if it began before.
    """

    start_seconds: float
    kind: Kind
    text: str
    voice: str = ""
    cut_at: float | None = None
    loop: bool = False
    heard_from: float | None = None


Track = Sequence[Utterance]


def utterance_seconds(kind: Kind, text: str) -> float:
    """How long it lasts, once. Raises OSError, EOFError or wave.Error for music that is no WAV file."""
    if kind == "say":
        return speech_seconds(text)
    return tone_seconds(text) if kind == "tone" else wav_seconds(text)


def render(
    tracks: Sequence[Track],
    duration: float,
    rate: int = 8000,
    *,
    silences: Sequence[tuple[float, float]] = (),
    skips: Sequence[tuple[float, float]] = (),
) -> bytes:
    """A 16-bit PCM WAV file of `duration` seconds with one channel per track.

    `silences` and `skips` are the stretches (from, to) in which the recording was paused with that PauseBehavior. What
    is skipped is left out and shortens the file; all times given count as if nothing were.
    """
    if not tracks:
        raise ValueError("a WAV file has at least one channel")
    mixed = np.zeros((max(round(duration * rate), 0), len(tracks)), "<i2")
    for channel, track in enumerate(tracks):
        for utterance in track:
            _add(mixed[:, channel], utterance, rate)
    for begin, end in silences:
        mixed[max(round(begin * rate), 0) : max(round(end * rate), 0)] = 0
    kept = np.ones(len(mixed), bool)
    for begin, end in skips:
        kept[max(round(begin * rate), 0) : max(round(end * rate), 0)] = False
    return _wav(mixed[kept] if skips else mixed, rate)


def _add(channel: NDArray[np.int16], utterance: Utterance, rate: int) -> None:
    begin = max(0, _sample(utterance.heard_from, rate, default=0))
    end = min(len(channel), _sample(utterance.cut_at, rate, default=len(channel)))
    for start, count, sound in _parts(utterance, rate):
        if start >= end:
            return
        # What is outside is never asked for, so never synthesised.
        if start + count > begin:
            _mix(channel, max(start, begin), _cut(sound(), begin - start, end - start, rate))


def _parts(utterance: Utterance, rate: int) -> Iterator[Part]:
    """(first sample, samples, their sound) of an utterance, endlessly if it is a loop."""
    first = round(utterance.start_seconds * rate)
    if utterance.kind == "say":
        breaths = line(utterance.text)
        parts: list[Part] = [
            (round(b.start * rate), round(b.seconds * rate), partial(spoken, b, utterance.voice, rate)) for b in breaths
        ]
        length = round((speech_seconds(utterance.text) + PAUSE) * rate) if breaths else 0
    else:
        whole = _tone_or_music(utterance, rate)
        length = len(whole)
        parts = [(0, length, lambda: whole)]
    while length:
        for start, count, sound in parts:
            yield first + start, count, sound
        if not utterance.loop:
            return
        first += length


def _sample(seconds: float | None, rate: int, default: int) -> int:
    return default if seconds is None else round(seconds * rate)


def _tone_or_music(utterance: Utterance, rate: int) -> Samples:
    if utterance.kind == "tone":
        return tone(utterance.text, rate)
    try:
        return music(utterance.text, rate) * MUSIC_LEVEL
    except (OSError, EOFError, wave.Error) as error:
        # The call went on without its music; its recording must still be had.
        logger.warning("no music from %s: %s", utterance.text, error)
        return np.zeros(0, np.float32)


def _cut(sound: Samples, begin: int, end: int, rate: int) -> Samples:
    """From sample `begin` to sample `end` of a sound, without a click where something is cut off."""
    edge = round(CUT_FADE_SECONDS * rate)
    return fade(sound[max(begin, 0) : end], edge if begin > 0 else 0, edge if end < len(sound) else 0)


def _mix(channel: NDArray[np.int16], start: int, sound: Samples) -> None:
    place = channel[start : start + len(sound)]
    louder = place.astype(np.int32) + np.round(sound * 32767).astype(np.int32)
    place[:] = np.clip(louder, -32768, 32767)


def _wav(mixed: NDArray[np.int16], rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(mixed.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(mixed.tobytes())
    return buffer.getvalue()
