"""Fetching instructions: the TwiML of a call, its fallback, and the audio that `<Play>` names."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import twiml
from .errors import InstructionError
from .outgoing import is_url

if TYPE_CHECKING:
    from .call import Call
    from .messages import Message
    from .network import Network

APOLOGY = "We are sorry. An application error has occurred. Goodbye."
_XML = {"text/xml", "application/xml", "text/html", "application/octet-stream", ""}


@dataclass
class Source:
    """Where the next document comes from: a URL, or TwiML handed over in a REST request."""

    url: str = ""
    method: str = "POST"
    params: dict[str, str] = field(default_factory=dict)
    inline: str = ""


async def fetch(call: Call | Message, source: Source, *, verbs: set[str] = twiml.VOICE_VERBS) -> twiml.Document:
    """The document, fetched, signed and parsed; its warnings noted on the call. Raises InstructionError."""
    if source.inline:
        document = twiml.parse(source.inline, verbs)
    else:
        if not is_url(source.url):
            raise InstructionError(11100, f"Invalid URL format: {source.url!r}")
        answer = await call.net.outgoing.send(
            source.url, source.method, call.parameters() | source.params, call.account.auth_token
        )
        if answer.error:
            raise InstructionError(answer.error, f"HTTP connection failure: {source.url}")
        if not 200 <= answer.status < 300:
            raise InstructionError(11200, f"HTTP retrieval failure: {answer.status} from {source.url}")
        document = _read(answer.content_type, answer.body, source.url, verbs)
        call.base_url = source.url
    for warning in document.warnings:
        note(call, 12200, warning)
    return document


def _read(content_type: str, body: bytes, url: str, verbs: set[str]) -> twiml.Document:
    if content_type in _XML:
        return twiml.parse(body, verbs)
    if content_type == "text/plain":
        return twiml.Document([twiml.Element("Say", {}, body.decode("utf-8", "replace"))], [])
    if content_type.startswith("audio/"):
        return twiml.Document([twiml.Element("Play", {}, url)], [])
    raise InstructionError(12300, f"Invalid Content-Type: {content_type!r} from {url}")


def note(call: Call | Message, code: int, message: str) -> None:
    """What Twilio would write to the account's debugger."""
    call.errors.append({"code": code, "message": message, "at": call.net.clock.now()})


async def audio_seconds(net: Network, url: str, token: str) -> float:
    """How long the audio at `url` lasts. Cached, as Twilio caches it. Raises InstructionError."""
    if url in net.audio_lengths:
        return net.audio_lengths[url]
    answer = await net.outgoing.send(url, "GET", {}, token)
    if answer.error or not 200 <= answer.status < 300:
        raise InstructionError(11200, f"HTTP retrieval failure: {answer.status or 'no answer'} from {url}")
    try:
        with wave.open(io.BytesIO(answer.body)) as file:
            seconds = file.getnframes() / file.getframerate()
    except (wave.Error, EOFError):
        seconds = _mpeg_seconds(answer.body)
    else:
        net.keep_audio(url, answer.body)
    if seconds <= 0:
        raise InstructionError(12300, f"Not audio that can be played: {url}")
    net.audio_lengths[url] = seconds
    return seconds


_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)  # MPEG-1 layer III, kbit/s
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)  # MPEG-2 and 2.5 layer III


def _mpeg_seconds(body: bytes) -> float:
    """Length of a constant-bitrate MP3 by its first frame; 0 when there is none."""
    start = 10 + int.from_bytes(bytes(b & 0x7F for b in body[6:10])) if body[:3] == b"ID3" else 0
    for at in range(start, min(len(body) - 4, start + 4096)):
        if body[at] == 0xFF and body[at + 1] & 0xE6 == 0xE2:
            table = _BITRATES if body[at + 1] & 0x18 == 0x18 else _BITRATES_2
            kilobits = table[body[at + 2] >> 4]
            return (len(body) - at) * 8 / (kilobits * 1000) if kilobits else 0.0
    return 0.0
