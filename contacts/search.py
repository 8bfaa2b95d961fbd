"""Finding a contact by what somebody remembers: parts of names, companies, addresses and numbers, typing errors too.

Each word must be found. A word of digits and punctuation is a part of a phone number. Where nobody has the words as
they are written, longer ones may be spelt a little wrong: PostgreSQL's trigrams (pg_trgm) tell how alike two words are.
Only so many matches as are counted are ranked, so that a word that half of all contacts have costs no more than one
that is rare.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

MOST_WORDS = 8
RANKED = 10_001  # as many as the API counts, and one
_FEW = 1000
_ALIKE_FROM = 4  # letters: shorter words are all alike
_NUMBER = re.compile(r"[+\d][\d\s().\-/+]*")


def words(text: str) -> list[str]:
    """What is looked for, in small letters: `"Jon  (415) 555 01"` → `["jon", "41555501"]`.

    Pieces that can only be a number are one, with all that people write between digits left out.
    """
    found: list[str] = []
    digits = ""
    for piece in text.lower().split():
        if _NUMBER.fullmatch(piece) or (digits and not piece.strip("().-/")) or re.fullmatch(r"\(\d+\)", piece):
            digits += re.sub(r"\D", "", piece)
            continue
        found += [_international(digits), piece] if digits else [piece]
        digits = ""
    found += [_international(digits)] if digits else []
    return found[:MOST_WORDS]


def _international(digits: str) -> str:
    """Without what is dialled before a number inside a country or out of one: E.164 has neither."""
    return digits.lstrip("0") or digits


def ranked(contacts: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The matching contacts, the most alike first, then the newest. Everything for no words."""
    looked_for = words(text)
    if not looked_for:
        return contacts
    found: Any = []
    for has in (_written, _alike):
        matching = contacts.filter(_all(has, looked_for)).order_by().values_list("pk", flat=True)
        # A few are looked up once and then known by their keys; of many, page and count each look for themselves.
        found = list(matching[:_FEW])
        if len(found) == _FEW:
            found = matching[:RANKED]
        if found:
            break
    rank: Any = Value(0.0, output_field=FloatField())
    for word in looked_for:
        contained = Case(
            When(search_text__contains=f" {word}", then=Value(1.0)),
            When(search_text__contains=word, then=Value(0.9)),
            default=Value(0.0),
            output_field=FloatField(),
        )
        rank = rank + Greatest(contained, TrigramWordSimilarity(word, "search_text"))
    return contacts.model.objects.filter(pk__in=found).annotate(rank=rank).order_by(F("rank").desc(), "-pk")


def _all(has: Callable[[str], Q], looked_for: list[str]) -> Q:
    condition = Q()
    for word in looked_for:
        condition &= has(word)
    return condition


def _written(word: str) -> Q:
    if len(word) < 3:  # too short for a trigram inside a word; the beginning of one has blanks before it
        return Q(search_text__contains=f" {word}") | Q(search_text__contains=f" +{word}")
    return Q(search_text__contains=word)


def _alike(word: str) -> Q:
    if len(word) < _ALIKE_FROM or word.isdigit():
        return _written(word)
    return _written(word) | Q(search_text__trigram_word_similar=word)
