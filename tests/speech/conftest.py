from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.speech.recordings import CHANNELS
from zerovoice.speech.engine import Engine, Segment

Hear = Callable[[bytes], list[Segment]]


@pytest.fixture(scope="session")
def engine() -> Engine:
    from zerovoice.speech.local import LocalEngine

    return LocalEngine()


@pytest.fixture
def hear(engine: Engine, tmp_path: Path) -> Hear:
    """Transcribes a WAV file of two channels."""

    def transcribe(wav: bytes, channels: Sequence[str] = CHANNELS) -> list[Segment]:
        path = tmp_path / "call.wav"
        path.write_bytes(wav)
        return engine.transcribe(path, channels=channels, language="en", progress=lambda part: None)

    return transcribe
