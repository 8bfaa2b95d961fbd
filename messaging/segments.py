"""How a text is sent: its encoding, and how many SMS it takes.

GSM 7-bit (3GPP TS 23.038) where every character is in its alphabet, else UCS-2. One SMS holds 160 septets or 70 code
units; a longer text is split into parts of 153 or 67, for each part then says which it is. Characters of the extension
table take two septets, those outside of the Basic Multilingual Plane two code units, and neither is split in two.
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Segments:
    encoding: str  # "GSM-7" | "UCS-2"
    count: int


def segments_of(text: str) -> Segments:
    """At least one: an MMS without a text is one message all the same."""
    if all(character in _BASIC or character in _EXTENSION for character in text):
        return Segments("GSM-7", _split([2 if character in _EXTENSION else 1 for character in text], 160, 153))
    return Segments("UCS-2", _split([2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67))


def _split(widths: list[int], alone: int, part: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count
