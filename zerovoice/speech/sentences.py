"""Words become segments: about a sentence each, as one reads a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zerovoice.speech.engine import Segment, Word

PAUSE_SECONDS = 0.8
LONGEST_SECONDS = 15.0
ENDS, COMMAS = (".", "?", "!", "…", "。", "？", "！"), (",", ";", ":", "、", "，")
TITLES = {"mr.", "mrs.", "ms.", "dr.", "st.", "no."}


def segments(speaker: str, words: Sequence[Word]) -> list[Segment]:
    """`words` are one speaker's, in order of time, each with the blank before it if it has one."""
    return [_segment(speaker, part) for sentence in _sentences(words) for part in _short(sentence)]


def _sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        if sentence and (word.start - sentence[-1].end >= PAUSE_SECONDS or _ends(sentence[-1], word)):
            yield sentence
            sentence = []
        sentence.append(word)
    if sentence:
        yield sentence


def _ends(word: Word, following: Word) -> bool:
    text, after = word.text.strip().rstrip("\"')”"), following.text.strip()
    return text.endswith(ENDS) and text.lower() not in TITLES and not after[:1].islower()


def _short(sentence: list[Word]) -> Iterator[list[Word]]:
    """Parts of at most LONGEST_SECONDS, cut where the speaker rested or a comma stands, not near either end."""
    if len(sentence) < 2 or sentence[-1].end - sentence[0].start <= LONGEST_SECONDS:
        yield sentence
        return
    middle = (sentence[0].start + sentence[-1].end) / 2
    span = sentence[-1].end - sentence[0].start

    def fitness(at: int) -> float:
        before, after = sentence[at - 1], sentence[at]
        rest = max(after.start - before.end, 0) + (0.3 if before.text.strip().endswith(COMMAS) else 0)
        return rest - abs(after.start - middle) / span

    cut = max(range(1, len(sentence)), key=fitness)
    yield from _short(sentence[:cut])
    yield from _short(sentence[cut:])


def _segment(speaker: str, words: list[Word]) -> Segment:
    return Segment(
        speaker=speaker,
        start=words[0].start,
        end=max(word.end for word in words),
        text="".join(word.text for word in words).strip(),
        confidence=round(sum(word.probability for word in words) / len(words), 4),
        words=tuple(Word(word.text.strip(), word.start, word.end, word.probability) for word in words),
    )
