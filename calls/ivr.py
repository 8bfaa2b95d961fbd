"""The rules of menus: what a caller's answer leads to. Plain functions over plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: `{"type", "target_id"}` and, to a queue, `priority` and `skills`; empty: nowhere in particular.
Route = Mapping[str, Any]


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
    raise NotImplementedError
