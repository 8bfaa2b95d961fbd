"""The rules of a call's life: plain functions over plain values.

The carrier's callbacks are duplicated, late, reordered and lost (Twilio promises none of the contrary), so nothing here
depends on their order: a status only rises, a terminal one is final, the earliest beginning and the latest end win.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

ACTIVE = ("queued", "initiated", "ringing", "in_progress")
TERMINAL = frozenset({"completed", "busy", "no_answer", "canceled", "failed"})
_RANK = {status: rank for rank, status in enumerate(ACTIVE)} | dict.fromkeys(TERMINAL, len(ACTIVE))


def advance(current: str, told: str) -> str:
    """The status of a leg that was `current` when the carrier says it is `told`.

    >>> advance("in_progress", "ringing")
    'in_progress'
    >>> advance("busy", "completed")
    'busy'
    """
    if told not in _RANK or current in TERMINAL:
        return current
    return told if _RANK[told] > _RANK[current] else current


def answered_at(
    known: datetime | None, told: datetime | None, ended_at: datetime | None, duration_seconds: int | None
) -> datetime | None:
    """When a leg was answered. The carrier's own word (`told`) wins over what we inferred earlier, when it is earlier;
    when the word was lost, the end less the duration (`CallDuration`, seconds of talk at Twilio) says the same.
    """
    candidates = [at for at in (known, told) if at is not None]
    if ended_at is not None and duration_seconds:
        candidates.append(ended_at - timedelta(seconds=duration_seconds))
    return min(candidates, default=None)


@dataclass(frozen=True, slots=True)
class Presence:
    """That a leg was in a conference. A missing time was not told (yet)."""

    conference: str
    joined_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Partner:
    """An agent's or target's leg, as far as it matters to how long the customer talked with them."""

    accepted_at: datetime | None
    ended_at: datetime | None
    presences: tuple[Presence, ...]


Interval = tuple[datetime, datetime | None]


def talk_intervals(
    customer: Iterable[Presence],
    answered_at: datetime | None,
    ended_at: datetime | None,
    partners: Iterable[Partner],
) -> list[Interval | None]:
    """From when to when the customer was joined with each partner, in the partners' order.

    None: they never talked. An open end: they still do. The two are joined while both are in one conference. Where the
    carrier's word about a join or a leave was lost, the next best witness serves: the partner's acceptance and the
    customer's answer for the beginning, the ends of the legs for the end.
    """
    if answered_at is None:
        return [None for _ in partners]
    theirs = {presence.conference: presence for presence in customer}
    return [_talk(theirs, answered_at, ended_at, partner) for partner in partners]


def _talk(
    theirs: dict[str, Presence], answered_at: datetime, ended_at: datetime | None, partner: Partner
) -> Interval | None:
    if partner.accepted_at is None:
        return None
    shared = [p for p in partner.presences if p.conference in theirs] or list(partner.presences)
    presence = shared[0] if shared else None
    with_customer = theirs.get(presence.conference) if presence else None
    witnesses = [p for p in (presence, with_customer) if p]
    joined = max((p.joined_at for p in witnesses if p.joined_at), default=partner.accepted_at)
    start = max(joined, answered_at)
    ends = [p.left_at for p in witnesses if p.left_at]
    end = min([*ends, *(at for at in (partner.ended_at, ended_at) if at)], default=None)
    # The carrier's times are whole seconds: who joined and left within one second has talked all the same.
    return (start, end) if end is None or end >= start.replace(microsecond=0) else None


def seconds(start: datetime | None, end: datetime | None) -> int:
    """Whole seconds from `start` to `end`; 0 where either is unknown or they are the wrong way round."""
    if start is None or end is None:
        return 0
    return max(0, round((end - start).total_seconds()))


def disposition(status: str, *, talked: bool) -> str:
    """What became of a call whose customer's leg ended as `status`.

    Twilio calls an abandoned call `completed`, for the leg was answered: by our queue, not by a person.
    """
    if status == "completed":
        return "answered" if talked else "abandoned"
    return status
