"""Legs and events of a call on an axis of time. Plain values: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
#: Marks that are nearer than this stand as one. Percent of the axis.
_NEAR = 7.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From where to where on the axis, in percent."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Tick:
    left: float
    text: str


@dataclass(slots=True)
class Mark:
    """One or more events that happened at about the same time; `numbers` are their places in the list."""

    left: float
    numbers: list[int]
    texts: list[str]

    @property
    def label(self) -> str:
        first, last = self.numbers[0], self.numbers[-1]
        return str(first) if first == last else f"{first}–{last}"

    @property
    def title(self) -> str:
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True)
class Axis:
    begin: datetime
    end: datetime

    @classmethod
    def over(cls, moments: Iterable[datetime | None]) -> Axis:
        """From the first to the last of these; at least a second."""
        known = [at for at in moments if at is not None]
        begin = min(known)
        return cls(begin, max(*known, begin + timedelta(seconds=1)))

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()

    def place(self, at: datetime) -> float:
        """Percent from the left.

        >>> at = datetime.fromisoformat
        >>> Axis(at("2026-01-05T09:00"), at("2026-01-05T09:02")).place(at("2026-01-05T09:00:30"))
        25.0
        """
        part = (at - self.begin).total_seconds() / self.seconds
        return round(100 * min(1.0, max(0.0, part)), 3)

    def stretch(self, start: datetime | None, end: datetime | None) -> Stretch | None:
        """None where it never began; open ends lead to the end of the axis."""
        if start is None:
            return None
        left = self.place(start)
        return Stretch(left, round(max(0.3, self.place(end or self.end) - left), 3))

    def ticks(self, most: int = 7) -> list[Tick]:
        """Round distances from the beginning."""
        step = next((step for step in _STEPS if self.seconds / step <= most), None)
        step = step or int(self.seconds // most) + 1
        return [
            Tick(round(100 * at / self.seconds, 3), clock(at))
            for at in range(0, int(self.seconds) + 1, step)
            if at / self.seconds < 0.97
        ]

    def marks(self, events: Sequence[tuple[datetime, str]]) -> list[Mark]:
        found: list[Mark] = []
        for number, (at, text) in enumerate(events, start=1):
            left = self.place(at)
            if found and left - found[-1].left < _NEAR:
                found[-1].numbers.append(number)
                found[-1].texts.append(text)
            else:
                found.append(Mark(left, [number], [text]))
        return found


def clock(seconds: float) -> str:
    """
    >>> clock(75), clock(3661)
    ('1:15', '1:01:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
