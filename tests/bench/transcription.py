"""Transcription as real-time factor: seconds of work for a second of recording, on one thread."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.speech.recordings import CHANNELS, CONVERSATION, errors, recorded, said, words

if TYPE_CHECKING:
    from zerovoice.speech.engine import Engine, Segment

Told = Callable[[str, float], None]
RUNS = 3
#: A customer on hold: minutes in which nobody speaks.
HOLD_SECONDS = 300.0


@dataclass(frozen=True)
class Heard:
    what: str
    seconds: float  # of recording, two channels of 8 kHz
    work: float  # the fastest of RUNS
    words: int
    wrong: int  # missing, added or other ones

    @property
    def factor(self) -> float:
        return self.work / self.seconds


def measure(*, tell: Told) -> list[Heard]:
    """One sentence, a conversation, the same with a hold in it, and silence."""
    import django

    django.setup()
    from zerovoice.speech.local import LocalEngine

    engine = LocalEngine(threads=1)
    held = [*said(CONVERSATION[:4]), *said(CONVERSATION[4:], begin=HOLD_SECONDS + 30)]
    cases = (
        ("a sentence", said(CONVERSATION[:1]), None),
        ("a conversation", said(CONVERSATION), None),
        ("with five minutes on hold", held, None),
        ("an hour of silence", [], 3600.0),
    )
    heard = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (what, lines, duration) in enumerate(cases):
            tell(f"transcription: {what}", number / len(cases))
            path = Path(folder, "call.wav")
            path.write_bytes(recorded(lines, duration=duration))
            work, segments = min((_timed(engine, path) for _ in range(RUNS)), key=lambda run: run[0])
            pairs = [
                (
                    words(" ".join(line.text for line in lines if line.speaker == channel)),
                    words(" ".join(segment.text for segment in segments if segment.speaker == channel)),
                )
                for channel in CHANNELS
            ]
            end = max((line.end for line in lines), default=0.0) + 1.0
            wrong = sum(errors(truth, told) for truth, told in pairs)
            heard.append(Heard(what, duration or end, work, sum(len(truth) for truth, _ in pairs), wrong))
    return heard


def _timed(engine: Engine, path: Path) -> tuple[float, list[Segment]]:
    begin = time.perf_counter()
    segments = engine.transcribe(path, channels=CHANNELS, language="en", progress=lambda part: None)
    return time.perf_counter() - begin, segments
