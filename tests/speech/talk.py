"""Conversations as an engine would write them down, without one."""

from zerovoice.speech.engine import Segment, Word

WORD_SECONDS, REST_SECONDS = 0.4, 0.5


def talk(*turns: tuple[str, str], rest: float = REST_SECONDS) -> list[Segment]:
    """One segment per (speaker, text), one after the other."""
    said: list[Segment] = []
    at = 0.0
    for speaker, text in turns:
        words = tuple(
            Word(word, round(at + place * WORD_SECONDS, 3), round(at + (place + 1) * WORD_SECONDS, 3), 0.9)
            for place, word in enumerate(text.split())
        )
        said.append(Segment(speaker, at, words[-1].end, text, 0.9, words))
        at = round(words[-1].end + rest, 3)
    return said


def texts(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]
