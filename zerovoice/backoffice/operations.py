"""How the system does, in cards. Apps register theirs in `apps.py`, as they do their health checks.

A look must be quick and its counts bounded: the page asks every five seconds, above all when something is wrong. One
that fails makes a red card and no error.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

log = structlog.get_logger(__name__)

#: Further than that nothing is counted.
MOST = 1000
_LINES = 5
#: From the best to the worst. "off": deliberately not configured.
TONES = ("off", "good", "warning", "bad")


@dataclass(frozen=True)
class Line:
    """`value` in words; `url` where more is to be seen, or done about it."""

    label: str
    value: str
    tone: str = "good"
    url: str = ""


@dataclass(frozen=True)
class Card:
    """`says`: the state in a sentence. Its tone is that of its worst line, unless it has one of its own."""

    says: str
    lines: list[Line] = field(default_factory=list)
    tone: str = ""

    def worst(self) -> str:
        return self.tone or max((line.tone for line in self.lines), key=TONES.index, default="good")


Look = Callable[[], Card]


class _Registered:
    def __init__(self, name: str, title: str, look: Look, remembered: float) -> None:
        self.name, self.title, self._look, self._remembered = name, title, look, remembered
        self._lock, self._at, self._card = threading.Lock(), float("-inf"), Card("")

    def told(self) -> dict[str, Any]:
        """What was seen at most so many seconds ago; those who ask at the same time share one look."""
        with self._lock:
            if time.monotonic() - self._at >= self._remembered:
                self._card, self._at = self._looked(), time.monotonic()
            card = self._card
        lines = [asdict(line) for line in card.lines]
        return {"name": self.name, "title": self.title, "says": card.says, "tone": card.worst(), "lines": lines}

    def _looked(self) -> Card:
        try:
            return self._look()
        except Exception as error:
            log.warning("operations_card_failed", card=self.name, exc_info=True)
            return Card(f"This cannot be told now ({type(error).__name__}).", tone="bad")

    def forget(self) -> None:
        with self._lock:
            self._at = float("-inf")


_registered: dict[str, _Registered] = {}


def register(name: str, title: str, look: Look, *, remembered: float = 0.0) -> None:
    """`remembered`: for how many seconds what was seen is good enough, where looking costs something."""
    _registered[name] = _Registered(name, title, look, remembered)


def cards() -> list[dict[str, Any]]:
    return [one.told() for one in _registered.values()]


def forget() -> None:
    """Look anew."""
    for one in _registered.values():
        one.forget()


def counted(number: int) -> str:
    return f"more than {MOST:,}" if number > MOST else f"{number:,}"


def failures(things: str, rows: QuerySet[Any], changelist: str, **query: str) -> list[Line]:
    """How many there are, leading to the list with `query`. The `rows` are those that failed: an index finds them."""
    number = rows.order_by()[: MOST + 1].count()
    return [Line(things, _failed(number), "warning", _url(changelist, query)) if number else Line(things, _failed(0))]


def failures_by_organization(things: str, rows: QuerySet[Any], changelist: str, **query: str) -> list[Line]:
    """The same for lists of one organisation: a line for each that has most of them."""
    found = Counter(rows.order_by().values_list("organization_id", "organization__name")[: MOST + 1])
    if not found:
        return [Line(things, _failed(0))]
    lines = [
        Line(f"{things} of {name}", _failed(number), "warning", _url(changelist, {"in": str(pk), **query}))
        for (pk, name), number in found.most_common(_LINES)
    ]
    if (more := len(found) - _LINES) > 0:
        lines.append(Line(things, f"and of {more} more organizations", "warning"))
    return lines


def _failed(number: int) -> str:
    return f"{counted(number)} failed" if number else "none failed"


def _url(changelist: str, query: dict[str, str]) -> str:
    return f"{reverse(changelist)}?{urlencode(query)}"
