"""Who is served next, and by whom: plain functions over plain values.

Callers are served by priority, then in the order in which they came. A caller whom no free agent may serve (skills) is
passed over until one may. Which of several free agents is rung is the queue's strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Strategy(StrEnum):
    """Which free agent is rung."""

    LONGEST_IDLE = "longest_idle"  # who has been free for longest
    ROUND_ROBIN = "round_robin"  # who was rung for this queue longest ago
    LEAST_CALLS = "least_calls"  # who took the fewest calls of this queue today
    RING_ALL = "ring_all"  # all at once; the first to accept has the call
    SKILLS = "skills"  # who knows best what the caller needs


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free agent, as a member of one queue. `skills`: word → level (1 to 10)."""

    id: UUID
    idle_since: datetime
    last_rung_at: datetime | None = None
    taken: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)

    def knows(self, needed: Collection[str]) -> bool:
        return all(skill in self.skills for skill in needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who waits. `preferred`: an agent who is rung before all others while they are free."""

    id: UUID
    queue: UUID
    strategy: str = Strategy.LONGEST_IDLE
    needed: frozenset[str] = frozenset()
    preferred: UUID | None = None


def needed_skills(
    queue: Iterable[str], caller: Iterable[str], *, waited_seconds: float, timeout_seconds: int | None
) -> frozenset[str]:
    """What an agent must know to be rung; nothing any more for who waited longer than the queue insists."""
    if timeout_seconds is not None and waited_seconds >= timeout_seconds:
        return frozenset()
    return frozenset(queue) | frozenset(caller)


def choose(strategy: str, needed: Collection[str], candidates: Iterable[Candidate]) -> list[Candidate]:
    """Whom to ring, of these: one, with ring all everybody who may, or nobody."""
    able = [candidate for candidate in candidates if candidate.knows(needed)]
    if strategy == Strategy.RING_ALL:
        return sorted(able, key=_idle)
    rank = _RANKS.get(strategy, lambda candidate, needed: _idle(candidate))
    return sorted(able, key=lambda candidate: rank(candidate, needed))[:1]


def _idle(candidate: Candidate) -> tuple[datetime, UUID]:
    return candidate.idle_since, candidate.id


Rank = tuple[object, ...]
_RANKS: dict[str, Callable[[Candidate, Collection[str]], Rank]] = {
    Strategy.ROUND_ROBIN: lambda one, needed: (
        one.last_rung_at is not None,
        one.last_rung_at or one.idle_since,
        *_idle(one),
    ),
    Strategy.LEAST_CALLS: lambda one, needed: (one.taken, *_idle(one)),
    Strategy.SKILLS: lambda one, needed: (-sum(one.skills[skill] for skill in needed), *_idle(one)),
}


def first_match(
    callers: Iterable[Caller], members: Mapping[UUID, Sequence[Candidate]], free: Collection[UUID]
) -> tuple[Caller, list[UUID]] | None:
    """The first of the callers, who are in order, whom somebody may serve, and the agents to ring for them.

    `members`: the free agents of each queue. `free`: agents who may be rung as somebody's preferred one, who may be
    more (an agent is free for their own caller while they wrap up).
    """
    for caller in callers:
        if caller.preferred in free:
            return caller, [caller.preferred]  # type: ignore[list-item]  # in `free`, so not None
        if chosen := choose(caller.strategy, caller.needed, members.get(caller.queue, ())):
            return caller, [candidate.id for candidate in chosen]
    return None


def expected_wait_seconds(position: int, agents: int, handle_seconds: float) -> int | None:
    """How long who is number `position` in line will wait: so many conversations are before theirs, shared among the
    agents on duty. None when nobody is on duty."""
    if agents < 1:
        return None
    return round(position * handle_seconds / agents)
