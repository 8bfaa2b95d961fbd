"""What turns a recording into words: the interface of every engine, and the one that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

OFF = "off"
ENGINES = ("local", OFF)


@dataclass(frozen=True, slots=True)
class Word:
    """Seconds are from the beginning of the file; probability is from 0 to 1."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """About a sentence, by one speaker. The speaker is the name of a channel; confidence is the words' mean."""

    speaker: str
    start: float
    end: float
    text: str
    confidence: float
    words: tuple[Word, ...]


class CannotTranscribe(Exception):
    """This file will never have a transcript; the message says why, in words for people."""


class Unreadable(CannotTranscribe):
    """Not a recording: no audio, cut off, of another number of channels, or nothing at all."""


class LanguageUnknown(CannotTranscribe):
    """The engine's model was not trained in that language."""


class Engine(Protocol):
    @property
    def name(self) -> str:
        """What is kept beside each transcript: the program and its model."""

    def transcribe(
        self, path: str | Path, *, channels: Sequence[str], language: str, progress: Callable[[float], None]
    ) -> list[Segment]:
        """What was said in a WAV file, in order of time; an empty list when nothing was.

        `channels` names the speakers of the file's channels. `language` is an ISO 639-1 code. `progress` is told the
        part done, from 0 to 1 and never less than before, every few seconds; what it raises ends the work.
        Raises CannotTranscribe, and OSError when the file is not there.
        """


def is_on() -> bool:
    """Whether recordings are to be transcribed. Costs nothing, and loads nothing."""
    return settings.TRANSCRIPTION_ENGINE != OFF


def load() -> Engine | None:
    """The engine that TRANSCRIPTION_ENGINE names, one for the whole process; None when it is off.

    The first call reads the model (a second). Raises ImproperlyConfigured when there is no such engine or model.
    """
    return _load(settings.TRANSCRIPTION_ENGINE, settings.WHISPER_MODEL_PATH, settings.TRANSCRIPTION_THREADS)


@cache
def _load(engine: str, model: str, threads: int) -> Engine | None:
    if engine == OFF:
        return None
    if engine not in ENGINES:
        raise ImproperlyConfigured(f"TRANSCRIPTION_ENGINE is {engine!r}; it can be {' or '.join(ENGINES)}")
    # Here, and not above: a web process never hears anything and need not carry the libraries.
    from zerovoice.speech.local import LocalEngine, ModelRefused

    try:
        return LocalEngine(model, threads=threads)
    except ModelRefused as error:
        raise ImproperlyConfigured(str(error)) from error
