"""Conversations as the carrier records them: spoken, mixed by the simulated network, one channel for each speaker."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zerovoice.simulator.audio import Utterance, render, speech_seconds

CHANNELS = ("agent", "customer")
HOLD_MUSIC = str(Path(__file__).parents[2] / "calls/static/calls/hold.wav")
VOICES = {"agent": "+14155550100", "customer": "+14155550123"}

CONVERSATION = (
    ("agent", "Thank you for calling, this is Maria. How can I help you today?"),
    ("customer", "Hello, I ordered a washing machine three weeks ago and it still has not arrived."),
    ("agent", "I am sorry to hear that. Can I have your order number, please?"),
    ("customer", "Yes, it is seven four two nine one."),
    ("agent", "I can see that the delivery was delayed at the warehouse."),
    ("customer", "Nobody has called me back about it. I have been waiting for two weeks."),
    ("agent", "I understand. I can book a new delivery for Thursday morning, between eight and ten."),
    ("customer", "That would be great, thank you very much."),
)


@dataclass(frozen=True)
class Line:
    """What was said, and when (seconds)."""

    speaker: str
    start: float
    end: float
    text: str


def said(lines: Sequence[tuple[str, str]] = CONVERSATION, *, begin: float = 1.0, rest: float = 0.6) -> list[Line]:
    """The lines, one after the other."""
    told = []
    for speaker, text in lines:
        told.append(Line(speaker, begin, begin + speech_seconds(text), text))
        begin = told[-1].end + rest
    return told


def recorded(lines: Sequence[Line], *other: tuple[str, Utterance], duration: float | None = None) -> bytes:
    """A WAV file of the lines, and of what else is to be heard on a channel."""
    tracks: dict[str, list[Utterance]] = {channel: [] for channel in CHANNELS}
    for line in lines:
        tracks[line.speaker].append(Utterance(line.start, "say", line.text, VOICES[line.speaker]))
    for channel, utterance in other:
        tracks[channel].append(utterance)
    end = max((line.end for line in lines), default=0.0) + 1.0
    return render([tracks[channel] for channel in CHANNELS], duration or end)


NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SHORT = {"it's": "it is", "i'm": "i am", "that's": "that is", "i've": "i have", "can't": "cannot", "you're": "you are"}


def words(text: str) -> list[str]:
    """Without case, punctuation, contractions, and figures where words were said."""
    plain = re.findall(r"[a-z]+(?:'[a-z]+)?|\d", text.lower().replace("10", "ten"))
    return " ".join(NUMBERS[int(word)] if word.isdigit() else SHORT.get(word, word) for word in plain).split()


def errors(truth: list[str], heard: list[str]) -> int:
    """How many words are missing, added or other ones."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(truth, 1):
        diagonal, row[0] = row[0], count
        for place, other in enumerate(heard, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
    return row[-1]
