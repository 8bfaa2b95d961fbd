"""Files that are no recordings have a reason; those of nothing are empty; hours of silence take no time."""

import struct

import pytest

from tests.speech.recordings import recorded, said
from zerovoice.speech.engine import Unreadable

GOOD = recorded(said((("agent", "Thank you."),)))


def header(size: int, *, channels: int = 2, rate: int = 8000, bits: int = 16, kind: int = 1) -> bytes:
    frame = channels * bits // 8
    what = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, channels, rate, rate * frame, frame, bits)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + what + struct.pack("<4sI", b"data", size)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b"<html><body>Not found</body></html>", "Not a WAV file"),
        (b"ID3\x04" + bytes(2000), "Not a WAV file"),
        (GOOD[:4], "its header is cut off"),
        (GOOD[:30], "its header is cut off"),
        (GOOD[:44], "It is cut off: 0.0 of 2.6 s are there"),
        (GOOD[:9000], "It is cut off: 0.3 of 2.6 s are there"),
        (header(0), "its length is zero"),
        (header(2000, bits=8) + bytes(2000), "8 bits, not 16"),
        (header(2000, kind=7) + bytes(2000), "Not a WAV file"),
        (header(2000, rate=1) + bytes(2000), "2 channels at 1 Hz are no recording"),
        (header(2000, channels=200) + bytes(2000), "200 channels at 8000 Hz"),
        (header(2000, channels=1) + bytes(2000), "It has 1 channels, and 2 were recorded"),
        (b"RIFF" + b"\xff" * 2000, "Not a WAV file"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(hear, content, reason):
    with pytest.raises(Unreadable, match=reason):
        hear(content)


def test_a_file_that_is_not_there_is_another_matter(engine, tmp_path):
    with pytest.raises(FileNotFoundError):
        engine.transcribe(tmp_path / "none.wav", channels=("agent",), language="en", progress=lambda part: None)


def test_silence_has_no_words(hear):
    assert hear(recorded([], duration=0.01)) == []
    assert hear(recorded([], duration=30.0)) == []


def test_three_hours_of_silence(engine, tmp_path):
    size = 3 * 3600 * 8000 * 4
    path = tmp_path / "silence.wav"
    with path.open("wb") as file:
        file.write(header(size))
        file.truncate(44 + size)  # a hole in the file: it takes no room on the disk
    assert engine.transcribe(path, channels=("agent", "customer"), language="en", progress=lambda part: None) == []
