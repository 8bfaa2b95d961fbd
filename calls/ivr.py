"""The rules of menus: what a caller's answer leads to. Plain functions over plain values.

Exact keys win. Speech matches a phrase by its whole words, however they are written; of several phrases in it the one
with the most words wins, and a tie between two options is no answer. Silence and wrong answers are counted apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

#: `{"type", "target_id"}` and, to a queue, `priority` and `skills`; empty: nowhere in particular.
Route = Mapping[str, Any]
Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: keys, or any of these phrases when speech is understood."""

    digits: str
    phrases: tuple[str, ...]
    route: Route


@dataclass(frozen=True, slots=True)
class Menu:
    options: tuple[Option, ...]
    no_input_retries: int
    invalid_retries: int
    fallback: Route
    speech: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """How often the caller has been asked in vain."""

    no_input: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """The caller goes there."""

    route: Route


@dataclass(frozen=True, slots=True)
class Again:
    """They are asked once more; `because` is "no_input" or "invalid"."""

    state: State
    because: str


def take(menu: Menu, state: State, *, digits: str = "", speech: str = "") -> Lead | Again:
    """What follows from an answer: the keys count when there are any, else what was said, else it was silence."""
    if digits:
        route = _by_digits(menu, digits)
    elif words(speech):
        route = _by_speech(menu, speech)
    else:
        return _again(menu, replace(state, no_input=state.no_input + 1), "no_input")
    if route is not None:
        return Lead(route)
    return _again(menu, replace(state, invalid=state.invalid + 1), "invalid")


def _again(menu: Menu, state: State, because: str) -> Lead | Again:
    if state.no_input > menu.no_input_retries or state.invalid > menu.invalid_retries:
        return Lead(menu.fallback)
    return Again(state, because)


def _by_digits(menu: Menu, digits: str) -> Route | None:
    return next((option.route for option in menu.options if option.digits == digits), None)


def _by_speech(menu: Menu, speech: str) -> Route | None:
    if not menu.speech:
        return None
    said = words(speech)
    matched = [max((_matched(said, words(phrase)) for phrase in option.phrases), default=0) for option in menu.options]
    most = max(matched, default=0)
    return menu.options[matched.index(most)].route if most and matched.count(most) == 1 else None


def _matched(said: tuple[str, ...], phrase: tuple[str, ...]) -> int:
    """How many words of what was said are the phrase: all of its words, or none."""
    starts = range(len(said) - len(phrase) + 1)
    return len(phrase) if any(said[at : at + len(phrase)] == phrase for at in starts) else 0


def words(text: str) -> tuple[str, ...]:
    """The words of a phrase, without case and punctuation: "I'd like check-in!" is id, like, check, in."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    # Letters, digits and the marks that go with letters in many scripts.
    return tuple("".join(one if unicodedata.category(one)[0] in "LNM" else " " for one in text).split())


def digits_expected(menu: Menu) -> int | None:
    """How many keys to wait for; None where options differ from one key, and the caller ends with #."""
    return 1 if all(len(option.digits) <= 1 for option in menu.options) else None


def hints(menu: Menu) -> str:
    """The phrases, with commas between them, for whoever recognises the speech; empty for a menu of keys."""
    phrases = [" ".join(phrase.replace(",", " ").split()) for option in menu.options for phrase in option.phrases]
    return ", ".join(dict.fromkeys(phrases)) if menu.speech else ""


def loop(menus: Mapping[Id, Iterable[Id]]) -> list[Id] | None:
    """Menus that lead to each other in a circle, each once and in order; None when there is no circle.

    `menus`: which menus each of them leads to.
    """
    try:
        TopologicalSorter(menus).prepare()
    except CycleError as error:
        return list(reversed(error.args[1][1:]))  # it names the first again at the end, and goes against the calls
    return None
