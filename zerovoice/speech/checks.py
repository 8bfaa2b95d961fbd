"""What no process should start with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from zerovoice.speech.engine import ENGINES


@register()
def transcription(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.TRANSCRIPTION_ENGINE not in ENGINES:
        found.append(Error(f"TRANSCRIPTION_ENGINE must be {' or '.join(ENGINES)}", id="speech.E001"))
    if settings.TRANSCRIPTION_THREADS < 1:
        found.append(Error("TRANSCRIPTION_THREADS must be at least 1", id="speech.E002"))
    if settings.WHISPER_MODEL_PATH and not Path(settings.WHISPER_MODEL_PATH).is_dir():
        # No error: it need be there only where recordings are transcribed.
        found.append(Warning("WHISPER_MODEL_PATH is no folder of this machine", id="speech.W001"))
    return found
