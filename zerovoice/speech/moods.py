"""The mood of a conversation from that of its lines: overall, of each speaker, as it went on.

Nothing is loaded here: a web process that shows what was judged long ago needs no model.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Most of any call is facts. In a mean of all lines the two that matter would vanish.
NEUTRAL_SHARE = 0.25
# A mean of lines closer to 0 than this is neutral.
NEUTRAL_BELOW = 0.15


@dataclass(frozen=True)
class Sentiment:
    """`score` runs from -1 (negative) to 1. `engine` names the weights: scores of two engines cannot be compared."""

    label: str
    score: float
    engine: str


@dataclass(frozen=True)
class Line:
    """A segment of a transcript with its sentiment; `start` and `end` in seconds from the beginning of the call."""

    speaker: str
    start: float
    end: float
    text: str
    sentiment: Sentiment


@dataclass(frozen=True)
class Stretch:
    """A part of a call; `sentiment` is None where nobody spoke."""

    start: float
    end: float
    sentiment: Sentiment | None


def overall(lines: Iterable[Line]) -> Sentiment | None:
    """The mean of the lines' scores, each weighted by its number of words, neutral ones by a quarter of it.

    None if there are no lines.
    """
    lines = list(lines)
    weights = [max(1, len(line.text.split())) * _share(line.sentiment) for line in lines]
    if not lines:
        return None
    mean = sum(weight * line.sentiment.score for weight, line in zip(weights, lines, strict=True)) / sum(weights)
    label = "neutral" if abs(mean) < NEUTRAL_BELOW else "positive" if mean > 0 else "negative"
    return Sentiment(label, round(mean, 3), lines[0].sentiment.engine)


def by_speaker(lines: Iterable[Line]) -> dict[str, Sentiment]:
    """`overall` of each speaker's lines, in the order in which they first spoke."""
    spoken: dict[str, list[Line]] = {}
    for line in lines:
        spoken.setdefault(line.speaker, []).append(line)
    return {speaker: sentiment for speaker, said in spoken.items() if (sentiment := overall(said))}


def timeline(lines: Iterable[Line], duration: float, stretches: int = 10) -> list[Stretch]:
    """The call in equal stretches, each with `overall` of the lines that begin in it; `duration` in seconds."""
    length = duration / stretches
    said: list[list[Line]] = [[] for _ in range(stretches)]
    for line in lines:
        said[min(stretches - 1, int(line.start / length)) if length else 0].append(line)
    return [
        Stretch(round(place * length, 3), round((place + 1) * length, 3), overall(within))
        for place, within in enumerate(said)
    ]


def _share(sentiment: Sentiment) -> float:
    return NEUTRAL_SHARE if sentiment.label == "neutral" else 1.0
