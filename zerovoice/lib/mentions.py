"""Phone numbers and e-mail addresses in text that somebody wrote by hand: whole ones, however they are spelled."""

from __future__ import annotations

import contextlib
import re

import phonenumbers

from zerovoice.lib.phone import E164

# Of digits with what people put between them. Seven is the shortest that E.164 has.
_NUMBER = re.compile(r"\+?\(?[0-9](?:[ \t().\-/\u00a0]*[0-9]){6,}")
_ADDRESS = re.compile(r"[^\s,;:<>\"'()\[\]|]+@[^\s,;:<>\"'()\[\]|]+")
_NOT_A_DIGIT = re.compile(r"[^0-9]")
#: In front of a number that is dialled abroad.
_INTERNATIONAL = ("", "00", "011")


def digits(text: str) -> str:
    return _NOT_A_DIGIT.sub("", text)


def numbers_in(text: str) -> set[str]:
    """The digits of each number in the text. "030/1234567" is one, and may be two.

    >>> sorted(numbers_in("Ann, (415) 555-0100 or +1 415 555 0101"))
    ['14155550101', '4155550100']
    """
    found: set[str] = set()
    for token in _NUMBER.findall(text):
        found |= {digits(part) for part in (token, *token.split("/")) if len(digits(part)) >= 7}
    return found


def has_international(text: str) -> bool:
    """Whether a number with its country's is among them: one that means somebody.

    >>> has_international("+1 (415) 555-0100"), has_international("(415) 555-0100")
    (True, False)
    """
    return any(token.startswith("+") for token in _NUMBER.findall(text))


def addresses_in(text: str) -> set[str]:
    """In small letters.

    >>> addresses_in("write to Ann@Example.com.")
    {'ann@example.com'}
    """
    return {token.strip(".").lower() for token in _ADDRESS.findall(text)}


def national(number: str) -> str:
    """The digits of an E.164 number without its country's.

    >>> national("+14155550100")
    '4155550100'
    """
    return phonenumbers.national_significant_number(phonenumbers.parse(number))


def spellings(number: str) -> frozenset[str]:
    """The digits by which people write an E.164 number: with its country, as from abroad, and as at home.

    >>> sorted(spellings("+442071838750"))
    ['00442071838750', '011442071838750', '02071838750', '2071838750', '442071838750']
    """
    at_home = national(number)
    whole = digits(number)
    return frozenset({*(prefix + whole for prefix in _INTERNATIONAL), at_home, f"0{at_home}"})


def names_whole(text: str, words: str) -> bool:
    """Whether the words stand in the text, and not as a part of longer ones.

    >>> names_whole("Ann Lee,x", "ann lee"), names_whole("Joann Leeds", "ann lee")
    (True, False)
    """
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def meant(text: str, country: str) -> list[str]:
    """The E.164 numbers that somebody in that country may mean by a text: as it is, as from abroad, as at home.

    >>> meant("(415) 555-0100", "US"), meant("0049 30 901820", "DE"), meant("+1 415 555 0100", "DE")
    (['+4155550100', '+14155550100'], ['+4930901820'], ['+14155550100'])
    """
    written = digits(text)
    found = [f"+{written}"]
    if not text.strip().startswith("+"):
        found += [f"+{written.removeprefix(prefix)}" for prefix in ("00", "011") if written.startswith(prefix)]
        with contextlib.suppress(phonenumbers.NumberParseException):
            at_home = phonenumbers.parse(text, country)
            found.append(phonenumbers.format_number(at_home, phonenumbers.PhoneNumberFormat.E164))
    return list(dict.fromkeys(number for number in found if E164.fullmatch(number)))
