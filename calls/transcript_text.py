"""Transcripts as documents: plain text to read, WebVTT to show under a player."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Said(Protocol):
    speaker: str
    start: float
    end: float
    text: str


def as_text(segments: Iterable[Said]) -> str:
    """A line for each segment: when, who, what."""
    return "".join(f"[{_clock(said.start)}] {said.speaker.capitalize()}: {said.text}\n" for said in segments)


def as_vtt(segments: Iterable[Said]) -> str:
    """WebVTT (W3C), a cue for each segment, the speaker as its voice."""
    cues = (
        f"\n{_clock(said.start, 3)} --> {_clock(max(said.end, said.start + 0.001), 3)}\n"
        f"<v {said.speaker.capitalize()}>{_escaped(said.text)}\n"
        for said in segments
    )
    return "WEBVTT\n" + "".join(cues)


def _clock(seconds: float, decimals: int = 0) -> str:
    thousandths = round(seconds * 1000) if decimals else int(seconds) * 1000
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}" + (f".{rest % 1000:03}" if decimals else "")


def _escaped(text: str) -> str:
    """A cue ends at an empty line, and `<` would begin a tag."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
