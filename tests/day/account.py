"""The network's own account of a day, customer by customer.

Nothing here knows how the product counts. What is known are the network's records (when each leg was made, answered
and ended, its stays in conferences, what was heard on it), the plan, and when the API client did what. Where a moment
lies between a question to the application and its answer, the network knows no more than these two: hence spans.

- *ring*: from the leg's making to its answer. The application learns of a call that comes in some time in between.
- *wait*: from the first words of the waiting loop ("Please hold") until they and an agent are in one conference, they
  hang up, or hear something else.
- *talk*: in one conference with an agent or a transfer target.
- *hold*: in no conference any more, and not waiting.
- *wrap-up*: the network does not see it. It follows the end of each agent's leg that was in the call's conference and
  lasts as long as the plan says for the queue that the agent was told when rung, or until that phone rings again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.day import scenario
from tests.day.play import Played

Row = dict[str, Any]

#: What the carrier's times, which are whole seconds, may make of a duration; or this part of it.
SECONDS, PART = 2.0, 0.05
_JOINED_AFTER = 10.0  # at the latest, after the agent's key
HOLD_ON, CALLED_BACK, TURNED_AWAY = "Please hold", "keep your place in line", "Please try again later"
_OFFER = re.compile(r"^(?:Call|Callback|Transfer) from (.+)\. Press 1")
_STATUS = {"busy": "busy", "no-answer": "no_answer", "failed": "failed", "canceled": "canceled"}


@dataclass(frozen=True)
class Span:
    """So many seconds, or between so many."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def off(self, seconds: float) -> float:
        """By how much it is too far away to agree; 0 when it agrees."""
        low, high = self.low - max(SECONDS, PART * self.low), self.high + max(SECONDS, PART * self.high)
        return max(0.0, low - seconds, seconds - high)

    def __str__(self) -> str:
        return f"{self.low:.1f}" if self.high - self.low < 0.1 else f"{self.low:.1f} to {self.high:.1f}"


@dataclass(frozen=True)
class Interval:
    start: float
    end: float


@dataclass(frozen=True)
class Account:
    """What the network says of one customer's call."""

    sid: str
    person: str
    outcome: str
    ring: Span
    wait: Span
    talk: Span
    hold: Span
    wrap_up: Span
    outbound: bool = False
    first_wait: Span | None = None  # before anybody talked with them; None where they were not told to wait
    left_as_taken: bool = False  # an agent pressed the key for them, and they were gone before the two were joined


@dataclass(frozen=True)
class AgentsLeg:
    """A phone that rang for a call: from when to when, when its key was pressed, how long was written afterwards."""

    begin: float
    end: float
    taken_at: float | None
    wrap_up: float
    pressed_at: float | None = None  # the key, yet they came to no conference: another was faster, or the caller left


def agents_legs(played: Played, rows: Iterable[Row], phone: str) -> list[AgentsLeg]:
    network = _Network(played, rows, {})
    return [network.agents_leg(row) for row in network.legs_to[phone]]


def accounts(played: Played, rows: Iterable[Row], *, conferences: Mapping[str, str]) -> list[Account]:
    """One for each customer's leg. `conferences`: how the conference of a leg (by its sid) is named."""
    return list(_Network(played, rows, conferences).accounts())


def double_booked(played: Played, rows: Iterable[Row]) -> list[str]:
    """Agents who were with two customers at once, or got another one while they wrapped up."""
    network = _Network(played, rows, {})
    found: list[str] = []
    for phone in sorted(played.phones):
        took = [leg for leg in network.legs_to[phone] if leg["conferences"]]
        for leg, following in pairwise(took):
            free_at = _at(leg["end_time"]) + network.wrap_up_after(leg)
            rung = [row for row in network.legs_to[phone] if _at(leg["end_time"]) <= _at(row["created_time"]) < free_at]
            own_caller = leg["conferences"][-1]["name"] == following["conferences"][0]["name"]
            if own_caller or (len(rung) > 1 and network.may_come_back(leg)):
                continue  # or they were rung for their own caller, who came back and was gone before they had answered
            if _at(following["created_time"]) < free_at - SECONDS:
                found.append(f"{phone} was rung before it was free: {leg}, {rung}")
    return found


class _Network:
    """The legs of the day, by whom they reached and by where they met."""

    def __init__(self, played: Played, rows: Iterable[Row], conferences: Mapping[str, str]) -> None:
        self.played, self.conferences = played, conferences
        self.rows = sorted(rows, key=lambda row: row["created_time"])
        self.legs_to: dict[str, list[Row]] = defaultdict(list)
        self.rooms: dict[str, list[tuple[Row, Interval]]] = defaultdict(list)  # by the conference's sid
        for row in self.rows:
            self.legs_to[row["to"]].append(row)
            for stay, interval in zip(row["conferences"], _stays(row), strict=True):
                self.rooms[stay["sid"]].append((row, interval))

    def accounts(self) -> Iterable[Account]:
        for leg in self.rows:
            person = leg["from"] if leg["direction"] == "inbound" else leg["to"]
            if person in self.played.people:
                yield self._account(leg, person)

    def _account(self, leg: Row, person: str) -> Account:
        talks = self._talks(leg)
        waits, hold = self._waits(leg, person, talks) if leg["answer_time"] else (Span(), Span())
        rang = (_at(leg["answer_time"]) or _at(leg["end_time"])) - _at(leg["created_time"])
        talked = sum(talk.end - talk.start for talk in talks)
        return Account(
            sid=leg["sid"],
            person=person,
            outcome=_outcome(leg, person, bool(talks)),
            ring=Span(0 if leg["direction"] == "inbound" else rang, rang),
            wait=waits,
            talk=Span(talked, talked),
            hold=hold,
            wrap_up=self._wrap_up(leg),
            outbound=leg["direction"] != "inbound",
            first_wait=self._first_wait(leg, person, talks) if leg["answer_time"] else None,
            left_as_taken=not talks and self._left_as_taken(leg),
        )

    def _left_as_taken(self, leg: Row) -> bool:
        end = _at(leg["end_time"])
        legs = [self.agents_leg(row) for phone in self.played.phones for row in self.legs_to[phone]]
        in_vain = any(one.pressed_at and one.pressed_at - 1 < end < one.pressed_at + _JOINED_AFTER for one in legs)
        return in_vain or bool(self._agents_in(leg))

    def _first_wait(self, leg: Row, person: str, talks: list[Interval]) -> Span | None:
        """In the first queue."""
        gap = _gaps(leg)[0]
        words = [line for line in _words(leg) if gap.start <= _at(line["at"]) < gap.end]
        begin = next((line for line in words if HOLD_ON in line["text"]), None)
        if begin is None:
            return self._dead_air(leg, gap, talks) if talks else None
        started = Span(self._led_there(leg, person, gap, begin, later=False), _at(begin["at"]))
        return self._wait(leg, person, gap, started, words[words.index(begin) :], talks)

    def agents_leg(self, row: Row) -> AgentsLeg:
        keys = [_at(line["at"]) for line in row["heard"] if line["kind"] == "tone" and line["speaker"] == row["to"]]
        begin, end = _at(row["created_time"]), _at(row["end_time"])
        if not row["conferences"]:  # whoever presses it later than another has taken nobody
            return AgentsLeg(begin, end, None, 0.0, pressed_at=min(keys, default=None))
        rings = [_at(other["created_time"]) - end for other in self.legs_to[row["to"]]]
        wrap_up = min([self.wrap_up_after(row), *(ring for ring in rings if ring >= 0)])
        return AgentsLeg(begin, end, min(keys, default=None), wrap_up)

    def may_come_back(self, agents_leg: Row) -> bool:
        """Whether whom they talked with was transferred to a number that nobody answers."""
        met = {row["from"] for stay in agents_leg["conferences"] for row, _ in self.rooms[stay["sid"]]}
        handled = met & self.played.handled.keys()
        return any(self.played.people[person].handling == scenario.NO_ANSWER for person in handled)

    def _talks(self, leg: Row) -> list[Interval]:
        """When somebody else was in the conference too."""
        found = [
            Interval(max(mine.start, other.start), min(mine.end, other.end))
            for stay, mine in zip(leg["conferences"], _stays(leg), strict=True)
            for row, other in self.rooms[stay["sid"]]
            if row is not leg
        ]
        return _merged(interval for interval in found if interval.end > interval.start)

    def _waits(self, leg: Row, person: str, talks: list[Interval]) -> tuple[Span, Span]:
        """How long they waited in queues, and how long they were on hold."""
        waited, held = Span(), Span()
        for gap in _gaps(leg):
            words = [line for line in _words(leg) if gap.start <= _at(line["at"]) < gap.end]
            begin = next((line for line in words if HOLD_ON in line["text"]), None)
            later = gap.start > _at(leg["answer_time"])  # after a conversation
            if begin is None:
                if not later:
                    waited += self._dead_air(leg, gap, talks)
                    continue
                until = _at(words[0]["at"]) if words else gap.end
                led_back = until if words else self._led_back(person, gap.start, until) or until
                held += Span(led_back - gap.start, until - gap.start)
                waited += Span(0.0, until - led_back)  # and left before they were told so
                continue
            started = Span(self._led_there(leg, person, gap, begin, later=later), _at(begin["at"]))
            waited += self._wait(leg, person, gap, started, words[words.index(begin) :], talks)
            held += Span(max(0.0, started.low - gap.start), started.high - gap.start) if later else Span()
        return waited, held

    def _dead_air(self, leg: Row, gap: Interval, talks: list[Interval]) -> Span:
        """How long they may have waited for all they know, who were never told to: somebody was there already when
        they picked up, or they left while the application was asked what follows from their key."""
        if leg["direction"] != "inbound":
            return Span(0.0, talks[0].start - gap.start) if talks else Span()
        last = max(leg["heard"], key=_end, default=None)
        if last is None or last["speaker"] != leg["from"] or any(line["text"] == "beep" for line in leg["heard"]):
            return Span()
        return Span(0.0, gap.end - _end(last))

    def _led_there(self, leg: Row, person: str, gap: Interval, begin: Row, *, later: bool) -> float:
        """From when on they may have been waiting, who were told so at `begin`."""
        told = _at(begin["at"])
        if later:
            steps = [step.at for step in self.played.handled.get(person, ()) if step.at <= told]
            back = self._led_back(person, 0.0, told)
            return min(told, max([*steps, *([back] if back else [])], default=gap.start))
        before = [line for line in leg["heard"] if gap.start <= _at(line["at"]) < told]
        if not before:
            return gap.start
        last = max(before, key=_end)
        silent = last["speaker"] == "network" and not last["cut"]  # they let a menu wait for them
        return min(told, _end(last) + (scenario.MENU_TIMEOUT if silent else 0))

    def _led_back(self, person: str, after: float, before: float) -> float | None:
        """When whom they were transferred to was rung no more, within that time."""
        targets = [step.target for step in self.played.handled.get(person, ()) if step.at <= before]
        ends = [_at(row["end_time"]) for target in targets for row in self.legs_to[target] if row["end_time"]]
        return max((end for end in ends if after <= end <= before), default=None)

    def _wait(
        self, leg: Row, person: str, gap: Interval, started: Span, words: list[Row], talks: list[Interval]
    ) -> Span:
        led_away = next((line for line in words if HOLD_ON not in line["text"]), None)
        if led_away is None:
            end = next((talk.start for talk in talks if talk.start >= gap.end), gap.end)
            taken = [self._taken_at(row) for row, stay in self._agents_in(leg) if started.high < stay.start]
            low = end if end > gap.end or any(talk.start == end for talk in talks) else min([end, *taken])
            return Span(low - started.high, end - started.low)
        end = _at(led_away["at"])
        if CALLED_BACK in led_away["text"]:
            keys = [_end(line) for line in leg["heard"] if line["kind"] == "tone" and _at(line["at"]) < end]
            return Span(max(keys) - started.high, end - started.low)
        queues = scenario.QUEUES.values() if person in self.played.handled else [self._queue(person)]
        return Span(min(queue["max_wait_seconds"] for queue in queues), end - started.low)

    def _queue(self, person: str) -> dict[str, Any]:
        return scenario.QUEUES[self.played.people[person].queue]

    def _agents_in(self, leg: Row) -> list[tuple[Row, Interval]]:
        """Legs of agents that were in the conference of this call, whether or not the customer was."""
        name = self.conferences.get(leg["sid"])
        return [
            (row, _stays(row)[index])
            for phone in self.played.phones
            for row in self.legs_to[phone]
            for index, stay in enumerate(row["conferences"])
            if stay["name"] == name
        ]

    def _taken_at(self, row: Row) -> float:
        """When the agent pressed the key."""
        keys = [_at(line["at"]) for line in row["heard"] if line["kind"] == "tone" and line["speaker"] == row["to"]]
        return min(keys, default=_at(row["answer_time"]))

    def _wrap_up(self, leg: Row) -> Span:
        total = Span()
        for row in {row["sid"]: row for row, _ in self._agents_in(leg)}.values():
            wrap_up = self.agents_leg(row).wrap_up
            total += Span(wrap_up, wrap_up)
        return total

    def wrap_up_after(self, agents_leg: Row) -> float:
        """How long the agent is to write up what they were told to be rung for."""
        offers = [match for line in _words(agents_leg) if (match := _OFFER.match(line["text"]))]
        return float(scenario.QUEUES[offers[0].group(1)]["wrap_up_seconds"])


def _outcome(leg: Row, person: str, talked: bool) -> str:
    if leg["status"] != "completed":
        return _STATUS[leg["status"]]
    if talked:
        return "answered"
    beeps = [_at(line["at"]) for line in leg["heard"] if line["text"] == "beep" and line["speaker"] == "network"]
    spoken = [_at(line["at"]) for line in leg["heard"] if line["kind"] == "say" and line["speaker"] == person]
    if any(at > beep for at in spoken for beep in beeps):
        return "voicemail"
    told = " ".join(line["text"] for line in _words(leg))
    return "callback" if CALLED_BACK in told else "overflow" if TURNED_AWAY in told else "abandoned"


def _words(leg: Row) -> list[Row]:
    """What the network said to who is on the leg, in order. The callback's offer and its promise begin alike."""
    return [line for line in leg["heard"] if line["kind"] == "say" and line["speaker"] == "network"]


def _gaps(leg: Row) -> list[Interval]:
    """When the leg was in no conference."""
    gaps, since = [], _at(leg["answer_time"])
    for stay in _stays(leg):
        gaps.append(Interval(since, stay.start))
        since = stay.end
    return [*gaps, Interval(since, _at(leg["end_time"]))]


def _stays(leg: Row) -> list[Interval]:
    return [Interval(_at(stay["joined"]), _at(stay["left"] or leg["end_time"])) for stay in leg["conferences"]]


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def _at(moment: str | None) -> float:
    """Unix seconds; 0 for no moment."""
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0


def _end(line: Row) -> float:
    return _at(line["at"]) + float(line["end"]) - float(line["start"])
