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
class Move:
    """That a leg came into a conference (else: left it). `sequence` is the carrier's order within the conference."""

    conference: str
    joined: bool
    at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Partner:
    """An agent's or target's leg, as far as it matters to how long the customer talked with them."""

    accepted_at: datetime | None
    ended_at: datetime | None
    moves: tuple[Move, ...]


Interval = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Stay:
    """A leg's time in a conference. The conference is empty where the carrier told us of none."""

    conference: str
    start: datetime
    end: datetime | None


def stays(moves: Iterable[Move], *, begin: datetime, end: datetime | None) -> list[Stay]:
    """From when to when a leg, which lasted from `begin` to `end`, was in which conference, the earliest first.

    In whatever order the moves are given. Where a word was lost the next best witness serves: for a join the leg's
    beginning or the last leave, for a leave the next join or the leg's end.
    """
    found: list[Stay] = []
    conferences: dict[str, list[Move]] = {}
    for move in moves:
        conferences.setdefault(move.conference, []).append(move)
    for conference, its in conferences.items():
        joined, since = None, begin
        for move in sorted(its, key=lambda move: (move.sequence, move.at, not move.joined)):
            if move.joined:
                if joined is not None:
                    found.append(Stay(conference, joined, move.at))
                joined = move.at
            else:
                found.append(Stay(conference, since if joined is None else joined, move.at))
                joined, since = None, move.at
        if joined is not None:
            found.append(Stay(conference, joined, end))
    return sorted(found, key=lambda stay: stay.start)


def talk_intervals(
    customer: Iterable[Move],
    answered_at: datetime | None,
    ended_at: datetime | None,
    partners: Iterable[Partner],
) -> list[list[Interval]]:
    """From when to when the customer was joined with each partner, in the partners' order.

    Nothing: they never talked. An open end: they still do. The two are joined while both are in one conference. Where
    the carrier told nothing of one of them, the partner's acceptance and the customer's answer stand for the
    beginning, the ends of the legs for the end.
    """
    if answered_at is None:
        return [[] for _ in partners]
    theirs = stays(customer, begin=answered_at, end=ended_at) or [Stay("", answered_at, ended_at)]
    return [_talk(theirs, partner) for partner in partners]


def _talk(theirs: list[Stay], partner: Partner) -> list[Interval]:
    begin = partner.accepted_at
    if begin is None:
        return []
    ours = stays(partner.moves, begin=begin, end=partner.ended_at) or [Stay("", begin, partner.ended_at)]
    found: list[Interval] = []
    for mine in ours:
        for stay in theirs:
            if stay.conference and mine.conference and stay.conference != mine.conference:
                continue
            start = max(stay.start, mine.start)
            end = _earlier(stay.end, mine.end)
            # The carrier's times are whole seconds: who joined and left within one second has talked all the same.
            if end is None or end >= start.replace(microsecond=0):
                found.append((start, end))
    return found


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def covered_seconds(intervals: Iterable[Interval], *, until: datetime | None) -> int:
    """Whole seconds that lie in any of the intervals; open ones end at `until`.

    >>> at = datetime.fromisoformat
    >>> covered_seconds([(at("2026-01-05T09:00"), at("2026-01-05T09:02")), (at("2026-01-05T09:01"), None)],
    ...                 until=at("2026-01-05T09:03"))
    180
    """
    total, reached = 0.0, None
    for start, end in sorted(intervals, key=lambda interval: interval[0]):
        stop = end or until
        start = start if reached is None else max(start, reached)
        if stop is None or stop <= start:
            continue
        total += (stop - start).total_seconds()
        reached = stop
    return round(total)


def hold_seconds(customer: list[Stay], waits: Iterable[Interval], ended_at: datetime | None) -> int:
    """How long the customer, once they had been in a conversation, was neither in one nor waiting in a queue."""
    if not customer or ended_at is None:
        return 0
    begin = customer[0].start
    spans: list[Interval] = [(stay.start, stay.end) for stay in customer]
    spans += [(max(start, begin), end) for start, end in waits if end is None or end > begin]
    return max(0, seconds(begin, ended_at) - covered_seconds(spans, until=ended_at))


def seconds(start: datetime | None, end: datetime | None) -> int:
    """Whole seconds from `start` to `end`; 0 where either is unknown or they are the wrong way round."""
    if start is None or end is None:
        return 0
    return max(0, round((end - start).total_seconds()))


def disposition(status: str, *, talked: bool, left_message: bool = False, hung_up_by: str = "") -> str:
    """What became of a call whose customer's leg ended as `status`.

    Twilio calls an abandoned call `completed`, for the leg was answered: by our queue, not by a person.
    """
    if status != "completed":
        return status
    if talked:
        return "answered"
    if left_message:
        return "voicemail"
    return _UNSERVED.get(hung_up_by, "abandoned")


#: We ended the call, having told the caller why: they keep their place in line, or cannot be served now.
_UNSERVED = {"callback": "callback", "queue": "overflow", "menu": "overflow"}
