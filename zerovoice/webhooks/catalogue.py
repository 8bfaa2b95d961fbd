"""The kinds of events there are. Apps above register theirs in `apps.py`: this one knows only its own.

`data` holds ids, states, codes and figures; never a person's words, name or number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """`subject`: what such an event is about ("call"); `path`: where the API shows it, with `{id}` ("" where nowhere).

    `lasting`: its subject may have more events long after this one, so the last of them is kept for their numbers.
    """

    name: str  # "call.completed"
    description: str
    subject: str
    path: str
    example: Mapping[str, Any]  # of `data`
    lasting: bool = False

    @property
    def group(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]


_kinds: dict[str, Kind] = {}


def register(kinds: Iterable[Kind]) -> None:
    for kind in kinds:
        _kinds[kind.name] = kind


def kind(name: str) -> Kind:
    """Raises KeyError for one that nobody registered: a mistake in the code."""
    return _kinds[name]


def path_of(name: str) -> str:
    """Empty, too, for a kind that an earlier version had."""
    return _kinds[name].path if name in _kinds else ""


def is_lasting(name: str) -> bool:
    return name in _kinds and _kinds[name].lasting


def every() -> list[Kind]:
    """In the order of their names."""
    return [_kinds[name] for name in sorted(_kinds)]


def matching(patterns: Iterable[str]) -> set[str]:
    """The names of the kinds that any of the patterns means."""
    patterns = list(patterns)
    return {name for name in _kinds if any(matches(pattern, name) for pattern in patterns)}


def matches(pattern: str, name: str) -> bool:
    """`*` means every kind, `call.*` every one that begins so, anything else itself.

    >>> matches("call.*", "call.completed"), matches("call.*", "callback.asked"), matches("*", "dnc.added")
    (True, False, True)
    """
    if pattern == "*":
        return True
    return name.startswith(pattern[:-1]) if pattern.endswith(".*") else name == pattern


def is_known(pattern: str) -> bool:
    return pattern == "*" or bool(matching([pattern]))
