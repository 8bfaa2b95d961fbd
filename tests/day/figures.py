"""The figures of the day (service level, speed of answer, handle time, occupancy) by the network's account alone, and
where the reports of the API differ from them.

The network's moments are exact, the application's are later by as much as the machine is slow, which is measured; so
what can be said is a span, as in `account`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.day import scenario
from tests.day.account import SECONDS, Account, Row, Span, agents_legs
from tests.day.play import Played

#: The queues' defaults: answered in time, and given up at once. Seconds.
IN_TIME, AT_ONCE = 20, 5
#: How far an agent's share of the day may be off: each of their calls begins and ends up to a second later with us.
_OCCUPANCY = 0.04


@dataclass
class _Queue:
    answered: list[Span] = field(default_factory=list)
    abandoned: list[Span] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("overflow", "voicemail", "callback"), 0))
    unsure: int = 0  # who hung up while the application was asked where to lead them
    left_as_taken: int = 0  # of those who gave up: for us an agent may have answered them
    sent_on: int = 0  # who came from a conversation in another queue: how long they waited here is not told apart


def differences(played: Played, accounts: list[Account], rows: list[Row]) -> Iterator[str]:
    """What the reports of the API say otherwise."""
    period = {
        "date_start": datetime.fromtimestamp(played.opened_at, UTC).isoformat(),
        "date_end": datetime.fromtimestamp(_end(rows), UTC).isoformat(),
    }
    theirs, slack = _queues(played, accounts), SECONDS + 2 * _lateness(played, rows)
    for report in played.company.get("/analytics/queue-reports", **period)["results"]:
        name = report["queue"]["name"]
        if name in scenario.QUEUES:
            for problem in _of_queue(report, theirs[name], slack):
                yield f"queue {name}: {problem}"
    ours = {
        report["agent"]["id"]: report
        for report in played.company.get("/analytics/agent-performance", limit=100, **period)["results"]
    }
    for number, agent in enumerate(played.company.agents):
        for problem in _of_agent(played, number, ours[agent.id], rows, slack):
            yield f"{ours[agent.id]['agent']['name']}: {problem}"


def _queues(played: Played, accounts: list[Account]) -> dict[str, _Queue]:
    """Who came to each queue first. Who is called back came before."""
    found: dict[str, _Queue] = defaultdict(_Queue)
    for one in accounts:
        act = played.people[one.person]
        called_back = one.outbound and act.kind != scenario.OUTBOUND
        if not act.queue or called_back:
            continue
        if act.handling == "cold to a queue" and one.person in played.handled:
            found[scenario.SUPPORT if act.queue == scenario.SALES else scenario.SALES].sent_on += 1
        queue = found[act.queue]
        if one.outcome == "answered":
            queue.answered.append(one.first_wait or Span())
        elif one.outcome == "abandoned" and one.first_wait:
            queue.abandoned.append(one.first_wait)
            queue.left_as_taken += one.left_as_taken
        elif one.outcome == "abandoned":
            queue.unsure += 1
        elif one.outcome in queue.others:
            queue.others[one.outcome] += 1
    return found


def _of_queue(report: Row, theirs: _Queue, slack: float) -> Iterator[str]:
    # Sales' callers who waited too long are led to its voicemail: for the queue they overflowed.
    overflowed = theirs.others["overflow"] + theirs.others["voicemail"]
    offered = len(theirs.answered) + len(theirs.abandoned) + overflowed + theirs.others["callback"]
    left = theirs.left_as_taken
    for name, number, less, more in (
        ("offered", offered, 0, theirs.unsure + theirs.sent_on),
        ("answered", len(theirs.answered), 0, theirs.sent_on + left),
        ("abandoned", len(theirs.abandoned), left, theirs.unsure + theirs.sent_on),
        ("callback", theirs.others["callback"], 0, 0),
    ):
        span = (number - less, number + more)
        yield from _unless(span[0] <= report[name] <= span[1], name, report[name], span)
    level, speed = report["service_level"], report["average_speed_of_answer"]
    least = sum(wait.high <= IN_TIME - slack for wait in theirs.answered)
    most = sum(wait.low <= IN_TIME + slack for wait in theirs.answered)
    most += theirs.sent_on + left
    yield from _unless(least <= level["numerator"] <= most, "in time", level["numerator"], (least, most))
    at_once = [sum(wait.high <= AT_ONCE - slack for wait in theirs.abandoned)]
    at_once.append(sum(wait.low <= AT_ONCE + slack for wait in theirs.abandoned))
    counted = [len(theirs.answered) + len(theirs.abandoned) - number for number in at_once]
    fits = counted[1] <= level["denominator"] <= counted[0] + theirs.unsure + theirs.sent_on + left
    yield from _unless(fits, "counted for the service level", level["denominator"], counted)
    if level["denominator"]:
        value = round(level["numerator"] / level["denominator"], 4)
        yield from _unless(level["value"] == value, "service level", level["value"], value)
    if theirs.answered and not theirs.sent_on and not left:
        low = sum(wait.low for wait in theirs.answered) / len(theirs.answered) - slack
        high = sum(wait.high for wait in theirs.answered) / len(theirs.answered) + slack
        yield from _unless(low <= speed["value"] <= high, "speed of answer", speed["value"], (low, high))


def _of_agent(played: Played, number: int, report: Row, rows: list[Row], slack: float) -> Iterator[str]:
    legs = agents_legs(played, rows, played.company.agents[number].endpoint)
    taken = [leg for leg in legs if leg.taken_at is not None]
    handled, in_vain = len(taken), sum(leg.pressed_at is not None for leg in legs)
    span = (handled, handled + in_vain)
    yield from _unless(span[0] <= report["handled"] <= span[1], "handled", report["handled"], span)
    spent = sum(leg.end - leg.taken_at + leg.wrap_up for leg in taken)  # type: ignore[operator]
    time = report["average_handle_time"]
    if report["handled"] == handled:
        fits = abs(time["numerator"] - spent) <= slack * max(1, handled)
        yield from _unless(fits, "handle time", time["numerator"], round(spent, 1))
    if number == scenario.ASLEEP or number in scenario.TEAMS[scenario.MEETING]:
        return  # when they came back to work the network does not know
    handling = sum(leg.end - leg.begin + leg.wrap_up for leg in legs)
    share = handling / (_end(rows) - played.opened_at)
    value = report["occupancy"]["value"]
    off = _OCCUPANCY + (slack - SECONDS) * len(legs) / (_end(rows) - played.opened_at)
    fits = abs(value - share) <= off or report["handled"] != handled
    yield from _unless(fits, "occupancy", value, round(share, 4))


def _lateness(played: Played, rows: list[Row]) -> float:
    """How long after an agent's key we know of it, on average. Seconds."""
    accepted = played.company.stack.django(_ACCEPTED, tenant_id=played.company.tenant.id)
    keys = {row["sid"]: [line["at"] for line in row["heard"] if line["kind"] == "tone"] for row in rows}
    late = [_between(min(keys[sid]), at) for sid, at in accepted if keys.get(sid)]
    return sum(late) / max(1, len(late))


def _between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


_ACCEPTED = """
from calls.models import CallLeg
legs = CallLeg.objects.of(tenant_id).filter(role="agent", accepted_at__isnull=False)
result = [[sid, at.isoformat()] for sid, at in legs.values_list("sid", "accepted_at")]
"""


def _unless(right: bool, what: str, ours: Any, theirs: Any) -> Iterator[str]:
    if not right:
        yield f"{what} {ours}, not {theirs}"


def _end(rows: list[Row]) -> float:
    """When the last call was over."""
    return max(datetime.fromisoformat(row["end_time"]).timestamp() for row in rows if row["end_time"])
