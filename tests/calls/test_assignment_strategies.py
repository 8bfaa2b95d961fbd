"""Twenty workers that assign at once serve as one alone would, by each strategy; and on a floor where all happens at
once, agents that come free and callers that leave included, nobody is lost, doubled or overtaken."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from itertools import groupby
from uuid import UUID

import pytest

from calls import routing
from calls.actions import answering, queueing
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry, QueueMembership
from calls.routing import Strategy
from tests import people
from tests.at_once import at_once
from tests.calls.factories import free_agent, main_queue, told, waiting_call
from tests.thorough import times
from zerovoice.accounts.models import Organization
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 20
SKILLS = ("french", "billing", "chess")
#: A caller and the agents who were rung for them.
Served = tuple[UUID, frozenset[UUID]]


class Floor:
    """Two queues of one strategy that share some of their agents, and people who differ in all that counts."""

    def __init__(self, strategy: Strategy) -> None:
        self.chance = random.Random(str(strategy))
        self.acme: Organization = people.organization()
        self.queues = [main_queue(self.acme), Queue.objects.create(organization=self.acme, name="Second")]
        Queue.objects.update(strategy=strategy, wrap_up_seconds=0)
        for number in range(6):
            agent = free_agent(self.acme, *self.chance.choice([self.queues, self.queues[:1], self.queues[1:]]))
            known = self.chance.sample(SKILLS, self.chance.randint(1, 3))
            Agent.objects.filter(pk=agent.pk).update(
                skills={skill: self.chance.randint(1, 10) for skill in known},
                idle_since=clock.now() - timedelta(minutes=self.chance.randint(0, 9), seconds=number),
                missed_limit=1000,
            )

    def caller_arrives(self, *, preferred: bool = False, priority: int | None = None) -> Call:
        call = waiting_call(self.acme, self.chance.choice(self.queues))
        call.entries.update(
            priority=self.chance.choice([0, 0, 0, 5, 100]) if priority is None else priority,
            skills=self.chance.sample(SKILLS, self.chance.choice([0, 0, 1, 2])),
            preferred_agent=self.chance.choice(list(Agent.objects.all())) if preferred else None,
        )
        return call

    def some(self, entries: "Iterable[QueueEntry]", part: float) -> list[QueueEntry]:
        return [entry for entry in entries if self.chance.random() < part]


def hangs_up(call: Call) -> None:
    """The customer leaves, and the network ends whoever is let go because of it."""
    told(call.customer_leg(), "completed")
    for leg in call.legs.active():
        told(leg, "completed" if leg.accepted_at else "canceled")


def nobody_answers(entry: QueueEntry) -> None:
    for leg in entry.legs.active():
        told(leg, "no-answer")


def waiting() -> "list[QueueEntry]":
    return list(QueueEntry.objects.filter(state="waiting").in_order().select_related("call"))


def one_alone(acme: Organization) -> list[Served]:
    """Whom one worker alone would serve now, in order, by the rules and nothing else."""
    free = {agent.pk for agent in Agent.objects.filter(state__in=["available", "wrap_up"])}
    members: dict[UUID, list[routing.Candidate]] = {}
    for row in QueueMembership.objects.filter(agent__state="available").select_related("agent"):
        members.setdefault(row.queue_id, []).append(
            routing.Candidate(row.agent_id, row.agent.idle_since, row.last_rung_at, row.taken, row.agent.skills)
        )
    callers = [
        routing.Caller(
            entry.pk, entry.queue_id, entry.queue.strategy, frozenset(entry.skills), entry.preferred_agent_id
        )
        for entry in waiting()
    ]
    served = []
    while match := routing.first_match(callers, members, free):
        caller, rung = match
        served.append((caller.id, frozenset(rung)))
        callers.remove(caller)
        free -= set(rung)
        members = {queue: [one for one in crew if one.id not in rung] for queue, crew in members.items()}
    return served


def rung_since(known: set[UUID]) -> list[Served]:
    legs = CallLeg.objects.filter(role="agent").exclude(pk__in=known).order_by("created_at", "id")
    return [(entry, frozenset(leg.agent_id for leg in rung)) for entry, rung in groupby(legs, lambda leg: leg.entry_id)]


@pytest.mark.parametrize("strategy", list(Strategy))
def test_twenty_workers_serve_whom_one_alone_would(strategy: Strategy) -> None:
    floor = Floor(strategy)
    for _ in range(times(4, 12)):
        floor.caller_arrives()
    total = 0
    while total < 10:
        for entry in floor.some(waiting(), 0.15):
            hangs_up(entry.call)
        for _ in range(4):
            floor.caller_arrives(preferred=floor.chance.random() < 0.3)
        known = set(CallLeg.objects.values_list("pk", flat=True))
        expected = one_alone(floor.acme)
        at_once(*[partial(queueing.assign, floor.acme.pk)] * WORKERS)
        assert rung_since(known) == expected
        total += len(expected)
        for entry in floor.some(QueueEntry.objects.filter(state="ringing").order_by("pk"), 0.7):
            if floor.chance.random() < 0.3:
                nobody_answers(entry)
                continue
            accepted = [queueing.accept(leg.pk) for leg in entry.legs.active().order_by("pk")]
            assert accepted.count(True) == 1, "of all who are rung, one has the call"
        for call in Call.objects.live().filter(phase="joined"):
            if floor.chance.random() < 0.6:
                hangs_up(call)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_on_a_floor_where_all_happens_at_once_nobody_is_lost_doubled_or_overtaken(strategy: Strategy) -> None:
    floor = Floor(strategy)
    Agent.objects.update(skills=dict.fromkeys(SKILLS, 5))
    for agent in Agent.objects.all():
        for queue in floor.queues:
            QueueMembership.objects.get_or_create(agent=agent, queue=queue)
    calls = [floor.caller_arrives() for _ in range(30)]
    in_line = [entry.pk for entry in waiting()]

    at_once(*[partial(works_on, floor.acme, random.Random(number)) for number in range(WORKERS)])

    left = {call.pk for call in Call.objects.filter(disposition="abandoned")}
    entries = {entry.pk: entry for entry in QueueEntry.objects.all()}
    assert len(entries) == len(calls)
    for entry in entries.values():
        took = [leg for leg in entry.legs.all() if leg.accepted_at]
        assert entry.state == ("answered" if took else "abandoned"), "somebody waits for ever"
        if entry.call_id in left:
            # They hung up before anybody had taken them, or on the way to who had.
            assert not took or entry.call.customer_leg().led_in_at is None
        else:
            assert len(took) == 1, "each caller has one agent who answered"
    first_rung = list(
        dict.fromkeys(CallLeg.objects.filter(role="agent").order_by("created_at", "id").values_list("entry", flat=True))
    )
    stayed = [pk for pk in first_rung if entries[pk].call_id not in left]
    assert stayed == [pk for pk in in_line if pk in set(stayed)], "somebody came before whose turn it was"
    assert not CallLeg.objects.active().exists()
    assert set(Agent.objects.values_list("state", flat=True)) == {"available"}


def works_on(acme: Organization, chance: random.Random) -> None:
    """A worker who does whatever there is to do next, until every caller is served or gone."""
    while Call.objects.live().exists():
        queueing.assign(acme.pk)
        leg = _any(chance, lambda: CallLeg.objects.active().filter(role="agent"))
        if leg and leg.released:
            told(leg, "completed" if leg.accepted_at else "canceled")
        elif leg and leg.accepted_at:
            answering.led_in(leg.call.customer_leg())
            told(leg.call.customer_leg(), "completed")
        elif leg:
            queueing.accept(leg.pk)
        if chance.random() < 0.02:
            leaver = _any(chance, lambda: CallLeg.objects.active().filter(role="customer", call__phase="waiting"))
            if leaver:
                told(leaver, "completed")
    for leg in CallLeg.objects.active():
        told(leg, "completed" if leg.accepted_at else "canceled")


def _any(chance: random.Random, legs: "Callable[[], object]") -> CallLeg | None:
    found = list(legs().select_related("call")[:50])  # type: ignore[attr-defined]
    return chance.choice(found) if found else None
