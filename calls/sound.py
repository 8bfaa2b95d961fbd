"""What is in a sound file: its kind and length, read from its content and never from its name.

Whoever uploads one should learn at once that a phone could not play it. The libraries compared (soundfile, tinytag)
open a WAV that breaks off and guess their way through an MP3 with a hole, so the few fields that tell are read here.
Sources: "Multimedia Programming Interface and Data Specifications 1.0" for RIFF WAVE with its later format tags, and
ISO/IEC 11172-3 and 13818-3 for the frame header of MPEG audio layer III.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PCM, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_RATES = range(8_000, 48_001)

# Kilobits a second of layer III by index, for version 1, and for versions 2 and 2.5.
_KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
#: By the two bits of the version: samples a second by index, samples in a frame.
_VERSIONS = {
    3: ((44_100, 48_000, 32_000), 1152),
    2: ((22_050, 24_000, 16_000), 576),
    0: ((11_025, 12_000, 8_000), 576),
}
_LEAST_FRAMES = 2  # two bytes of a header may stand in any file


class BadSound(ValueError):
    """No phone could play this; the message says why."""


@dataclass(frozen=True)
class Sound:
    content_type: str
    extension: str
    seconds: float


def read(data: bytes) -> Sound:
    """Raises BadSound for what is neither a whole WAV (PCM of 8 or 16 bits, µ-law, A-law) nor an MP3."""
    if data.startswith(b"RIFF"):
        return Sound("audio/wav", "wav", _wav_seconds(data))
    start = _after_tags(data)
    if _Frame.at(data, start):
        return Sound("audio/mpeg", "mp3", _mp3_seconds(data, start))
    raise BadSound("The file is neither WAV nor MP3")


# --- WAV -------------------------------------------------------------------------------------------------------------


def _wav_seconds(data: bytes) -> float:
    if len(data) < 12 or data[8:12] != b"WAVE":
        raise BadSound("The file is neither WAV nor MP3")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise BadSound("The WAV file is cut off, or does not say how long it is")
    bytes_a_second, position = 0, 12
    while position + 8 <= end:
        kind, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8
        if position + size > end:
            raise BadSound("The WAV file is cut off, or does not say how long it is")
        if kind == b"fmt ":
            bytes_a_second = _bytes_a_second(data[position : position + size])
        elif kind == b"data":
            if not bytes_a_second:
                raise BadSound("The WAV file does not say how its sound is coded")
            if not size:
                raise BadSound("There is no sound in the file")
            return size / bytes_a_second
        position += size + size % 2
    raise BadSound("There is no sound in the file")


def _bytes_a_second(described: bytes) -> int:
    if len(described) < 16:
        raise BadSound("The WAV file does not say how its sound is coded")
    coding, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", described)
    if coding == _EXTENSIBLE and len(described) >= 26:
        coding = int.from_bytes(described[24:26], "little")
    if bits not in {_PCM: (8, 16), _A_LAW: (8,), _MU_LAW: (8,)}.get(coding, ()):
        raise BadSound("A WAV file must be PCM of 8 or 16 bits, µ-law or A-law")
    if channels not in (1, 2):
        raise BadSound("The sound must be mono or stereo")
    if rate not in _RATES:
        raise BadSound("The sound must have 8000 to 48000 samples a second")
    if block != channels * bits // 8:
        raise BadSound("The WAV file contradicts itself")
    return int(rate * block)


# --- MP3 -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    size: int
    seconds: float

    @classmethod
    def at(cls, data: bytes, position: int) -> _Frame | None:
        """The frame of layer III that begins there; None where none does."""
        header = int.from_bytes(data[position : position + 4], "big")
        version = _VERSIONS.get(header >> 19 & 3)
        if header >> 21 != 0x7FF or header >> 17 & 3 != 1 or version is None:
            return None
        bitrate, rate = header >> 12 & 15, header >> 10 & 3
        if bitrate in (0, 15) or rate == 3:
            return None
        rates, samples = version
        kilobits = (_KILOBITS_1 if samples == 1152 else _KILOBITS_2)[bitrate]
        size = samples // 8 * kilobits * 1000 // rates[rate] + (header >> 9 & 1)
        return cls(size, samples / rates[rate])


def _mp3_seconds(data: bytes, position: int) -> float:
    frames, seconds = 0, 0.0
    while position < len(data) and (frame := _Frame.at(data, position)):
        position += frame.size
        if position > len(data):
            break  # the end of the last frame is often missing: a fortieth of a second
        frames, seconds = frames + 1, seconds + frame.seconds
    if position < len(data) and not _is_epilogue(data[position:]):
        raise BadSound(f"The MP3 file is damaged at byte {position}")
    if frames < _LEAST_FRAMES:
        raise BadSound("There is no sound in the file")
    return seconds


def _after_tags(data: bytes) -> int:
    """Where the sound begins: after ID3v2 tags (id3.org) and the zeros that may pad them."""
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) >= position + 10:
        flags, sizes = data[position + 5], data[position + 6 : position + 10]
        size = sum((byte & 127) << shift for byte, shift in zip(sizes, (21, 14, 7, 0), strict=True))
        position += 10 + size + (10 if flags & 16 else 0)
    if position:
        position += len(data[position:]) - len(data[position:].lstrip(b"\x00"))
    return position


def _is_epilogue(rest: bytes) -> bool:
    """What may follow the last frame: tags (ID3v1, APE, Lyrics3), or nothing but zeros."""
    return rest.startswith((b"TAG", b"APETAGEX", b"LYRICSBEGIN")) or not rest.strip(b"\x00")
