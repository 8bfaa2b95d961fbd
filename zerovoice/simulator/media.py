"""The sound of a recording, made when it is fetched. Everything here blocks: call it in a thread."""

from __future__ import annotations

import io
import tempfile
import wave
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import audio

if TYPE_CHECKING:
    from .recordings import Piece, Recording

RATE = 8000


def wav(recording: Recording, channels: int) -> bytes:
    """8 kHz, 16 bit; as many channels as the recording has, or one with everything mixed."""
    tracks = [_track(recording, pieces) for pieces in recording.pieces()]
    if min(channels, recording.channels) == 1:
        tracks = [[utterance for track in tracks for utterance in track]]
    assert recording.ended is not None
    start, span = recording.started, recording.ended - recording.started
    silences = [(a - start, b - start) for a, b in recording.muted()]
    skips = [(a - start, b - start) for a, b in recording.skipped()]
    return audio.render(tracks, span, RATE, silences=silences, skips=skips)


def _track(recording: Recording, pieces: list[Piece]) -> list[audio.Utterance]:
    start = recording.started
    return [
        audio.Utterance(
            start_seconds=piece.utterance.start - start,
            kind=piece.utterance.kind,  # type: ignore[arg-type]
            text=_file(recording, piece.utterance.text) if piece.utterance.kind == "music" else piece.utterance.text,
            voice=piece.utterance.voice,
            cut_at=piece.until - start,
            loop=piece.utterance.text == HOLD_MUSIC,
            heard_from=piece.since - start,
        )
        for piece in pieces
    ]


HOLD_MUSIC = "hold music"


def _file(recording: Recording, text: str) -> str:
    """The WAV behind a piece of music; what was no WAV stays silent."""
    return hold_music() if text == HOLD_MUSIC else recording.net.audio_files.get(text, "")


@cache
def hold_music() -> str:
    """The path of the network's own waiting music: eight soft notes, over and over."""
    path = Path(tempfile.gettempdir()) / "simulator-hold-music.wav"
    seconds = np.arange(int(0.5 * RATE)) / RATE
    notes = [np.sin(2 * np.pi * hertz * seconds) * np.exp(-3 * seconds) for hertz in _NOTES]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.concatenate(notes) * 12_000).astype("<i2").tobytes())
    return str(path)


_NOTES = (261.6, 329.6, 392.0, 523.3, 440.0, 349.2, 392.0, 329.6)


def mp3(body: bytes) -> bytes:
    """A WAV as MP3."""
    import lameenc  # a development dependency that only this needs

    with wave.open(io.BytesIO(body)) as source:
        encoder = lameenc.Encoder()
        encoder.set_bit_rate(32 * source.getnchannels())
        encoder.set_in_sample_rate(source.getframerate())
        encoder.set_channels(source.getnchannels())
        encoder.silence()
        return bytes(encoder.encode(source.readframes(source.getnframes())) + encoder.flush())
