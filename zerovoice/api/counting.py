"""Counters: who knows how many rows a list has, and where its pages begin, without counting them.

Lists name theirs, apps above register them. Where there is none, or it does not know a filter, rows are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from zerovoice.api.filters import StrictFilterSet


@dataclass(frozen=True)
class Place:
    """Where a row is, seen from the newest: `skipped` rows come between it and those made at `until` or later."""

    until: datetime
    skipped: int


class Counter(Protocol):
    def count(self) -> int: ...

    def seek(self, number: int) -> tuple[int, Place | None]:
        """The count, and the place of the row that `number` others are newer than; None: there are no more than
        that."""


#: What a counter knows of an organisation's rows through these filters, which are valid; None when it does not know.
Find = Callable[[UUID, "StrictFilterSet | None"], Counter | None]

_counters: dict[str, Find] = {}


def register(name: str, find: Find) -> None:
    _counters[name] = find


def counter(name: str, organization_id: UUID, filterset: StrictFilterSet | None) -> Counter | None:
    find = _counters.get(name)
    return find(organization_id, filterset) if find else None
