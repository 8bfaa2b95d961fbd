"""What two people are talking about when one of them says a number: as far as a few phrases tell."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate
from operator import attrgetter


class Topic(Enum):
    CODE = auto()  # a card's security code
    EXPIRY = auto()
    CARD_NUMBER = auto()
    CARD = auto()
    OTHER = auto()  # another number: a telephone's, an order's, a date


_ON_THE = r"(?:is |are )?(?:on|at|from) the"
_OF_A_CARD = r"(?: of (?:the|your|my)(?: \w+)? card)?"
#: In lower case and without punctuation. Of two that begin at the same word, the upper one counts.
PHRASES: tuple[tuple[Topic | None, tuple[str, ...]], ...] = (
    (
        Topic.CODE,
        (
            r"c ?[vb] ?[vcb2] ?2?|csc",
            r"security (?:code|number|digits)",
            r"(?:card )?verification (?:code|value|number)",
            rf"(?:three|four|3|4)(?: digits?| numbers?)? {_ON_THE} (?:back|front|reverse){_OF_A_CARD}",
            rf"(?:code|number|digits) {_ON_THE} (?:back|reverse){_OF_A_CARD}",
            r"signature strip",
        ),
    ),
    (
        Topic.OTHER,
        (
            r"(?:loyalty|gift|membership|member|library|sim|identity|id|health|store|club|rewards?) cards?(?: number)?",
            r"(?:tele|mobile |cell ?)?phone|mobile|cell|landline|fax|whatsapp|callback|call back",
            r"(?:call|ring|reach|text) (?:me|us|him|her|them|you)",
            r"(?<!in )order|reference|ref|tracking|parcel|invoice|ticket|case|account|contract|policy|serial|imei|iban",
            r"routing|membership|passport|licen[cs]e|insurance|meter|booking|reservation|confirmation|house|address|date",
            r"birthday|born|total|amount|price|quantity|model|extension|barcode|isbn|postcode|zip",
            r"(?:zip|post|postal|sort|area|country|dialling|promo|discount|voucher|access|product|error|booking) code",
        ),
    ),
    (Topic.EXPIRY, (r"expir\w+|exp|valid (?:until|till|thru|through|to)",)),
    (
        Topic.CARD_NUMBER,
        (
            r"car[dt]s? (?:details|numbers?|is|it's)|long numbers?|(?:sixteen|16) digits?",
            r"(?:numbers?|digits) (?:is |are )?(?:on|of|from|across|off)(?: \w+){0,4} car[dt]",
        ),
    ),
    # A telephone's "card" is often heard as "cart".
    (
        Topic.CARD,
        (r"cards?|(?:credit|debit|bank|payment) carts?|visa|master ?card|amex|american express|maestro|diners",),
    ),
    (None, (r"code(?:'s)?",)),  # only where a card was the topic
)
_PHRASE = re.compile("|".join(rf"(\b(?:{'|'.join(phrases)})\b)" for _, phrases in PHRASES))
#: How long a mention counts, and how long "code" can mean a card's.
MENTION_SECONDS, CODE_SECONDS = 15.0, 60.0


@dataclass(slots=True)
class Mention:
    """`until` moves on while its number is being read out; `numbers` is how many it is still good for."""

    topic: Topic
    at: float
    until: float
    numbers: int = 1


def mentions(lines: Sequence[Sequence[tuple[str, float]]]) -> list[Mention]:
    """In order of time, out of each speaker's words (lower case, letters and digits only), each with its end."""
    said = sorted((found for line in lines for found in _phrases(line)), key=lambda found: found[1])
    told: list[Mention] = []
    for topic, at in said:
        latest = told[bisect_left(told, at - CODE_SECONDS, key=attrgetter("at")) :]
        recent = {mention.topic for mention in latest} - {Topic.OTHER}
        if topic is None and not recent:
            continue
        told.append(Mention(topic or Topic.CODE, at, at + MENTION_SECONDS))
        if told[-1].topic is Topic.CODE and Topic.EXPIRY in recent:
            told[-1].numbers = 2
    return told


def _phrases(line: Sequence[tuple[str, float]]) -> Iterator[tuple[Topic | None, float]]:
    starts = list(accumulate((len(word) + 1 for word, _ in line), initial=0))
    for match in _PHRASE.finditer(" ".join(word for word, _ in line)):
        if match.lastindex:
            yield PHRASES[match.lastindex - 1][0], line[bisect_right(starts, match.end() - 1) - 1][1]
