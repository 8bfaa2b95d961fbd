"""The plan of a day on the floor, as data: who is at work, who calls when, how they behave, what is done with them.

Seconds are business seconds from the opening. The same seed makes the same day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Script = list[dict[str, Any]]

LINE = "I have a question about my order."
MESSAGE = "This is about my order. Please call me back."
#: What agents and voicemail greetings ask alike, so that a caller need not know whom they reached.
HELP = "help you?"
GREETING = "Nobody can take your call. Please leave a message after the tone: how may we help you?"

SALES, SUPPORT, BILLING = "Sales", "Support", "Billing"
#: Fields of each queue; `overflow` is where callers are led who wait too long (else they are told so).
QUEUES: dict[str, dict[str, Any]] = {
    SALES: {
        "strategy": "longest_idle",
        "ring_timeout_seconds": 15,
        "wrap_up_seconds": 12,
        "max_wait_seconds": 80,
        "voicemail_greeting": GREETING,
    },
    SUPPORT: {
        "strategy": "skills",
        "skills_timeout_seconds": 90,
        "ring_timeout_seconds": 15,
        "wrap_up_seconds": 20,
        "max_wait_seconds": 150,
        "offers_callback": True,
    },
    BILLING: {
        "strategy": "ring_all",
        "ring_timeout_seconds": 15,
        "wrap_up_seconds": 8,
        "max_wait_seconds": 100,
        "max_size": 1,
    },
}
LEADS_TO_VOICEMAIL = SALES  # when it overflows
AGENTS = 12
#: Which agents work in which queue; two of them in two.
TEAMS = {SALES: range(5), SUPPORT: range(4, 9), BILLING: range(8, 12)}
SKILLS = {5: {"french": 8}, 6: {"french": 3, "repairs": 5}, 7: {"repairs": 9}}
#: Whose phone is left on the desk, until it is noticed.
ASLEEP = 3
NOTICED_AT = 0.4  # of the day
#: Until when nobody takes Billing's calls, so that some of its callers wait too long and others find it full.
MEETING, MEETING_UNTIL = BILLING, 0.3

MAIN = (
    "Welcome. For sales, press 1. For support, press 2. For billing, press 3, or say billing. "
    "To leave a message, press 4."
)
TROUBLE = "For help in French, press 1. For repairs, press 2, or say repairs. For anything else, press 3."
MENU_TIMEOUT = 4

_SAYS_BILLING: Script = [{"wait_for": "say billing"}, {"say": "billing, please"}]
_SECOND: Script = [{"wait_for": "For support, press 2"}, {"press": "2"}]
#: What callers do in the menus, where that leads, and how often it happens.
PATHS: list[tuple[str, Script, float]] = [
    (SALES, [{"wait_for": "For sales, press 1"}, {"press": "1"}], 30),
    (
        SALES,
        [{"wait_for": "For sales, press 1"}, {"press": "9"}, {"wait_for": "For sales, press 1"}, {"press": "1"}],
        4,
    ),
    (SALES, [], 3),  # says nothing, and is led on
    (SUPPORT, [*_SECOND, {"wait_for": "French, press 1"}, {"press": "1"}], 8),
    (SUPPORT, [*_SECOND, {"wait_for": "say repairs"}, {"say": "repairs"}], 8),
    (SUPPORT, [*_SECOND, {"wait_for": "else, press 3"}, {"press": "3"}], 22),
    (BILLING, [{"wait_for": "For billing, press 3"}, {"press": "3"}], 14),
    (BILLING, _SAYS_BILLING, 8),
    ("", [{"wait_for": "press 4"}, {"press": "4"}], 4),
]
PATIENT, IMPATIENT, CALLBACK, LATE, OUTBOUND = "patient", "impatient", "callback", "late", "outbound"
NO_ANSWER = "cold, no answer"
#: What an API client does while two people talk.
HANDLINGS = ("hold", "cold to a number", "warm, completed", "cold to a queue", "warm, cancelled", NO_ANSWER)
CLOSES_AT = 0.84  # of the day
_OUTBOUND_EVERY, _HANDLED_EVERY = 20, 8


@dataclass(frozen=True)
class Act:
    """One person who calls, or (outbound) is called. `back`: what they do when they are called back."""

    at: float
    kind: str
    queue: str = ""
    script: Script = field(default_factory=list)
    handling: str = ""
    back: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    acts: tuple[Act, ...]
    seconds: float

    @property
    def closes_at(self) -> float:
        return CLOSES_AT * self.seconds

    @property
    def offered(self) -> int:
        """Calls that come in."""
        return sum(act.kind != OUTBOUND for act in self.acts)


def plan(calls: int, *, seed: int, every: float) -> Plan:
    """So many calls, on average one `every` so many seconds; talk is as long as keeps the agents just busy."""
    chance = random.Random(seed)
    seconds = calls * every
    talk = every * 4.5
    acts: list[Act] = []
    handlings = _round_and_round()
    for number, at in enumerate(_arrivals(chance, calls, every)):
        if number % _OUTBOUND_EVERY == _OUTBOUND_EVERY - 1:
            acts.append(Act(at, OUTBOUND, SALES, _talks(chance, talk)))
        elif at >= CLOSES_AT * seconds:
            acts.append(Act(at, LATE, script=_leaves_a_message(chance)))
        else:
            acts.append(_caller(chance, at, talk, next(handlings) if number % _HANDLED_EVERY == 1 else ""))
    return Plan(tuple(acts), seconds)


def _round_and_round() -> Iterator[str]:
    while True:
        yield from HANDLINGS


def _arrivals(chance: random.Random, calls: int, every: float) -> list[float]:
    """A Poisson process: the gaps are exponential."""
    at, found = 0.0, []
    for _ in range(calls):
        at += chance.expovariate(1 / every)
        found.append(at)
    return found


def _caller(chance: random.Random, at: float, talk: float, handling: str) -> Act:
    queue, path, _ = chance.choices(PATHS, weights=[weight for *_, weight in PATHS])[0]
    if handling:  # their conversation is long enough for it
        queue, path, _ = PATHS[0] if queue == "" else (queue, path, 0)
        return Act(at, PATIENT, queue, [*path, *_talks(chance, 0, least=75)], handling)
    mood = chance.random()
    if queue == SUPPORT and mood < 0.3:
        asks: Script = [{"wait_for": "Please hold"}, {"wait": 10}, {"press": "1"}, {"wait": talk}, {"hangup": True}]
        return Act(at, CALLBACK, queue, [*path, *asks], back=_called_back(chance, talk))
    if queue and mood < 0.5:
        return Act(at, IMPATIENT, queue, [*path, {"wait": chance.randint(8, 45)}, {"hangup": True}])
    return Act(at, PATIENT, queue, [*path, *_talks(chance, talk)])


def _talks(chance: random.Random, mean: float, *, least: float = 10) -> Script:
    seconds = min(least + (chance.expovariate(1 / mean) if mean else 0), 3 * mean + least)
    return [{"wait_for": HELP}, {"wait": 2}, {"say": LINE}, {"wait": round(seconds)}, {"hangup": True}]


def _leaves_a_message(chance: random.Random) -> Script:
    if chance.random() < 0.3:
        return [{"wait": chance.randint(1, 6)}, {"hangup": True}]
    return [{"wait_for": HELP}, {"wait": 2}, {"say": MESSAGE}, *([{"hangup": True}] if chance.random() < 0.5 else [])]


def _called_back(chance: random.Random, talk: float) -> dict[str, Any]:
    outcome = chance.choices(["answer", "no-answer", "busy"], weights=[8, 1, 1])[0]
    return {"outcome": outcome, "answer_after": chance.randint(1, 8), "script": _talks(chance, talk)}
