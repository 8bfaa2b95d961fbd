"""Writes calls/static/calls/hold.wav: what a caller hears while waiting. Ours: nobody has to be paid or credited.

    python scripts/make_hold_music.py [path]

Eight bars, 20 s, 8 kHz mono 16-bit (what a phone line carries). Notes that ring past the end go on at the beginning, so
the file repeats without a seam.
"""

import sys
import wave
from pathlib import Path

import numpy as np

RATE = 8000
BAR = 2.5  # seconds; four beats at 96 a minute
OUT = Path(__file__).parent.parent / "calls" / "static" / "calls" / "hold.wav"

# One chord a bar (MIDI note numbers): C, Am7, Fmaj7, G, Em7, Am7, Dm7, G7.
CHORDS = [
    (48, 60, 64, 67),
    (45, 60, 64, 67),
    (41, 60, 64, 69),
    (43, 59, 62, 67),
    (40, 59, 62, 67),
    (45, 60, 64, 67),
    (38, 60, 65, 69),
    (43, 59, 65, 67),
]
# Which tone of the chord each eighth of a bar plucks, an octave up.
ARPEGGIO = (1, 2, 3, 2, 1, 3, 2, 3)
# (bar, beat, MIDI note): few and slow, so that the tenth repetition still does not annoy.
MELODY = [
    (0, 0, 76), (0, 2, 79), (1, 0, 84), (1, 3, 83), (2, 0, 81), (2, 2, 77), (3, 0, 79),
    (4, 0, 74), (4, 2, 79), (5, 0, 76), (5, 3, 77), (6, 0, 81), (6, 2, 77), (7, 0, 74), (7, 2, 71),
]  # fmt: skip


def note(midi: int, seconds: float, attack: float, decay: float, overtones: tuple[float, ...]) -> np.ndarray:
    """A struck or blown tone: harmonics of falling strength, the higher ones dying sooner."""
    at = np.arange(round(seconds * RATE)) / RATE
    hertz = 440 * 2 ** ((midi - 69) / 12)
    sound = np.zeros(len(at))
    for number, strength in enumerate(overtones, start=1):
        if number * hertz < RATE / 2 - 500:
            sound += strength * np.sin(2 * np.pi * number * hertz * at) * np.exp(-at * number / decay)
    return sound * np.minimum(1, at / attack) * np.minimum(1, (seconds - at) / 0.05)


def add(song: np.ndarray, start: float, sound: np.ndarray, level: float) -> None:
    places = (round(start * RATE) + np.arange(len(sound))) % len(song)
    song[places] += level * sound


def compose() -> np.ndarray:
    song = np.zeros(round(len(CHORDS) * BAR * RATE))
    for bar, chord in enumerate(CHORDS):
        for midi in chord:
            add(song, bar * BAR, note(midi, BAR + 0.4, attack=0.35, decay=3.0, overtones=(1, 0.25)), 0.10)
        for eighth, tone in enumerate(ARPEGGIO):
            pluck = note(chord[tone] + 12, 1.2, attack=0.005, decay=0.45, overtones=(1, 0.4, 0.15))
            add(song, bar * BAR + eighth * BAR / 8, pluck, 0.16)
    for bar, beat, midi in MELODY:
        bell = note(midi, 1.8, attack=0.02, decay=0.9, overtones=(1, 0.3, 0.1))
        add(song, bar * BAR + beat * BAR / 4, bell, 0.22)
    return 0.5 * song / np.abs(song).max()


def main(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(compose() * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
