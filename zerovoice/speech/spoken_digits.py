"""Digits as people say them and as Whisper writes them: "4242-4242", "double four", "oh", "forty-two hundred".

What was said can often be read in several ways ("forty two" is 42 or 40 2, "for" is 4 or a word), so nothing here
decides: each token has its readings, and who looks for a number tries them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from zerovoice.speech.cards import LONGEST, SHORTEST

UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VALUES = {
    **dict.fromkeys(("zero", "nought", "naught", "nil"), 0),
    **{word: value for value, word in enumerate(UNITS, 1)},
    **{word: value for value, word in enumerate(TEENS, 10)},
    **dict(zip(TENS, range(20, 100, 10), strict=True)),
    "niner": 9,
    "fourty": 40,
}
#: Digits, or what sounds like them.
HOMOPHONES = {"oh": 0, "o": 0, "owe": 0, "won": 1, "to": 2, "too": 2, "for": 4, "fore": 4, "ate": 8}
TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
POWERS = {"hundred": 100, "thousand": 1000}
#: What people say between the digits of one number. A few in a row; anything else ends it.
FILLER_WORDS = """
uh um uhm er erm eh ah hm hmm mm mhm mmhm huh and then dash hyphen minus space blank gap comma dot point period slash so
ok okay yes yeah yep right sorry wait again next first last digits numbers are is the it's its that's followed by with
now well like let's see
"""
FILLERS = frozenset(FILLER_WORDS.split())
MOST_FILLERS = 6
#: "The next four are": a digit, or how many there are.
COUNTED = frozenset({"first", "next", "last", "other", "final"})
#: "One moment" is no number.
MOMENTS = frozenset({"moment", "moments", "second", "seconds", "sec", "minute", "minutes"})

Amounts = Callable[[Sequence["Token"], int], Iterator[tuple[int, int]]]

_TOKEN = re.compile(r"\w+(?:['’]\w+)*")
#: Money, shares, times of day and whole dates are no part of a longer number; a card's "12/27" may stand behind it.
_AMOUNT = re.compile(r"[$£€¥₹%]|\d:\d|\d/\d+/\d")
_EXPIRY = re.compile(r"\W*\d{1,2}/(?:\d{2}|\d{4})\W*")


class Kind(Enum):
    NUMBER = auto()
    MAYBE = auto()
    FILLER = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a word. `word` is that word's place; `plus` says that a + stands before it."""

    text: str
    kind: Kind
    word: int
    plus: bool


def tokens(words: Sequence[str]) -> list[Token]:
    """The words of one speaker, taken apart: lower case, digits of every script as ASCII."""
    found: list[Token] = []
    for place, word in enumerate(words):
        plain = unicodedata.normalize("NFKC", word).lower().replace("’", "'")
        forced = Kind.OTHER if _AMOUNT.search(plain) else Kind.FILLER if _EXPIRY.fullmatch(plain) else None
        for match in _TOKEN.finditer(plain):
            text = "".join(str(int(letter)) if letter.isdecimal() else letter for letter in match[0])
            plus = plain[: match.start()].endswith("+")
            found.append(Token(text, forced or _kind(text), place, plus))
    for at in reversed(range(len(found))):
        found[at] = _in_context(found, at)
    return found


def readings(line: Sequence[Token], at: int) -> Iterator[tuple[str, int]]:
    """(digits, place behind them) of everything that may begin at a NUMBER or MAYBE."""
    token = line[at]
    if token.text in TIMES:
        following = _skip_fillers(line, at + 1)
        if following < len(line) and line[following].text not in TIMES:
            for digits, end in readings(line, following):
                yield digits[0] * TIMES[token.text] + digits[1:], end
                if len(digits) == 2:
                    yield digits * TIMES[token.text], end
    elif token.text in HOMOPHONES:
        yield str(HOMOPHONES[token.text]), at + 1
    else:
        if token.text.isdecimal():
            yield token.text, at + 1
        for value, end in _amounts(line, at):
            if end > at + 1 or not token.text.isdecimal():
                yield str(value), end


def likely(line: Sequence[Token]) -> str:
    """The digits as most people would write them down."""
    digits, at = "", 0
    while at < len(line):
        found = readings(line, at) if said(line[at]) else iter(())
        read, at = max(found, key=lambda reading: reading[1], default=("", at + 1))
        digits += read
    return digits


def checked(line: Sequence[Token], begin: int = 0) -> Iterator[tuple[int, int, str]]:
    """(place behind it, number of digits, the first four) of each reading from `begin` on that passes Luhn's check.

    Readings are followed together, by what the check needs to know of them: their number does not matter.
    """
    # Of the digits so far: how many, the sum if those at even places are doubled, that of the odd ones, the first four.
    states: dict[int, set[tuple[int, int, int, str]]] = {begin: {(0, 0, 0, "")}}
    for at in range(begin, len(line)):
        here = states.pop(at, set())
        if not here:
            continue
        if line[at].kind is not Kind.NUMBER and at > begin:
            states.setdefault(at + 1, set()).update(here)
        for digits, after in set(readings(line, at)) if said(line[at]) else ():
            for state in here:
                longer = _longer(state, digits)
                count, even, odd, first = longer
                if count > LONGEST or after > len(line) or longer in states.setdefault(after, set()):
                    continue
                states[after].add(longer)
                if count >= SHORTEST and (odd if count % 2 else even) == 0:
                    yield after, count, first


def _longer(state: tuple[int, int, int, str], digits: str) -> tuple[int, int, int, str]:
    count, even, odd, first = state
    for letter in digits[: LONGEST + 1]:
        plain = int(letter)
        doubled = sum(divmod(2 * plain, 10))
        if count % 2:
            plain, doubled = doubled, plain
        count, even, odd = count + 1, (even + doubled) % 10, (odd + plain) % 10
    return count, even, odd, (first + digits)[:4]


def said(token: Token) -> bool:
    return token.kind in (Kind.NUMBER, Kind.MAYBE)


def _kind(text: str) -> Kind:
    if text.isdecimal() or text in VALUES or text in TIMES or text in POWERS:
        return Kind.NUMBER
    if text in HOMOPHONES:
        return Kind.MAYBE
    return Kind.FILLER if text in FILLERS else Kind.OTHER


def _in_context(line: Sequence[Token], at: int) -> Token:
    """A token as its neighbours make it out to be; those behind it have been through this."""
    token, before = line[at], line[at - 1] if at else None
    kind = token.kind
    if kind is Kind.NUMBER:
        following = _skip_fillers(line, at + 1) if token.text in TIMES else at + 1
        after = line[following] if following < len(line) else None
        if (
            (token.text in TIMES and (after is None or not said(after) or after.text in TIMES))
            or (token.text in POWERS and (before is None or before.kind is not Kind.NUMBER))
            or (token.text == "one" and after is not None and after.text in MOMENTS)
        ):
            kind = Kind.OTHER
        elif before is not None and before.text in COUNTED and (token.text in UNITS or len(token.text) == 1):
            kind = Kind.MAYBE
    return Token(token.text, kind, token.word, token.plus)


def _skip_fillers(line: Sequence[Token], at: int) -> int:
    while at < len(line) and line[at].kind is Kind.FILLER:
        at += 1
    return at


def _amounts(line: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
    """(value, place behind it) of the numbers below a million that begin here: "forty", "forty two hundred"."""
    for value, end in _hundreds(line, at):
        yield value, end
        if 0 < value < 1000 and _is(line, end, "thousand"):
            yield from _with_rest(line, end + 1, value, 1000, _hundreds)


def _hundreds(line: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
    for value, end in _below_hundred(line, at):
        yield value, end
        if value and _is(line, end, "hundred"):
            yield from _with_rest(line, end + 1, value, 100, _below_hundred)


def _with_rest(line: Sequence[Token], at: int, value: int, unit: int, rest: Amounts) -> Iterator[tuple[int, int]]:
    yield value * unit, at
    for more, end in rest(line, at + 1 if _is(line, at, "and") else at):
        if 0 < more < unit:
            yield value * unit + more, end


def _below_hundred(line: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
    if at >= len(line):
        return
    text = line[at].text
    value = VALUES.get(text, int(text) if text.isdecimal() and len(text) <= 2 else None)
    if value is None:
        return
    yield value, at + 1
    if text in VALUES and value >= 20 and at + 1 < len(line) and 1 <= VALUES.get(line[at + 1].text, 0) <= 9:
        yield value + VALUES[line[at + 1].text], at + 2


def _is(line: Sequence[Token], at: int, text: str) -> bool:
    return at < len(line) and line[at].text == text
