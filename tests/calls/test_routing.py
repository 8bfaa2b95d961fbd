"""The rules of who is served next, and by whom: each said here in its own words, and held against many floors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import routing
from calls.routing import Caller, Candidate, Strategy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = st.sampled_from(["french", "billing", "chess"])
QUEUES = [UUID(int=number) for number in (1, 2)]

moments = st.integers(0, 9).map(lambda minute: NOON + timedelta(minutes=minute))
needs = st.frozensets(WORDS, max_size=2)
agents = st.builds(
    Candidate,
    id=st.uuids(),
    idle_since=moments,
    last_rung_at=st.none() | moments,
    taken=st.integers(0, 4),
    skills=st.dictionaries(WORDS, st.integers(1, 10)),
)
crews = st.lists(agents, max_size=8, unique_by=lambda agent: agent.id)
strategies = st.sampled_from(list(Strategy))


def able(needed: frozenset[str], crew: Sequence[Candidate]) -> list[Candidate]:
    return [agent for agent in crew if needed <= set(agent.skills)]


def chosen_of(strategy: Strategy, needed: frozenset[str], crew: Sequence[Candidate]) -> Candidate | None:
    chosen = routing.choose(strategy, needed, crew)
    assert len(chosen) <= 1
    return chosen[0] if chosen else None


@given(strategies, needs, crews)
def test_only_who_knows_what_is_needed_is_rung_and_somebody_is_if_anybody_does(
    strategy: Strategy, needed: frozenset[str], crew: list[Candidate]
) -> None:
    chosen = routing.choose(strategy, needed, crew)
    assert all(needed <= set(agent.skills) for agent in chosen)
    assert bool(chosen) == bool(able(needed, crew))
    assert {agent.id for agent in chosen} <= {agent.id for agent in crew}


@given(strategies, needs, crews, st.randoms(use_true_random=False))
def test_in_which_order_the_agents_are_looked_at_makes_no_difference(
    strategy: Strategy, needed: frozenset[str], crew: list[Candidate], chance: object
) -> None:
    shuffled = list(crew)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert routing.choose(strategy, needed, shuffled) == routing.choose(strategy, needed, crew)


@given(needs, crews)
def test_longest_idle_nobody_who_may_was_idle_for_longer(needed: frozenset[str], crew: list[Candidate]) -> None:
    if chosen := chosen_of(Strategy.LONGEST_IDLE, needed, crew):
        assert not [agent for agent in able(needed, crew) if agent.idle_since < chosen.idle_since]


@given(needs, crews)
def test_least_calls_nobody_who_may_took_fewer_and_of_equals_nobody_was_idle_for_longer(
    needed: frozenset[str], crew: list[Candidate]
) -> None:
    if chosen := chosen_of(Strategy.LEAST_CALLS, needed, crew):
        assert chosen.taken == min(agent.taken for agent in able(needed, crew))
        equals = [agent for agent in able(needed, crew) if agent.taken == chosen.taken]
        assert not [agent for agent in equals if agent.idle_since < chosen.idle_since]


@given(needs, crews)
def test_round_robin_nobody_who_may_was_rung_longer_ago_or_never(needed: frozenset[str], crew: list[Candidate]) -> None:
    if chosen := chosen_of(Strategy.ROUND_ROBIN, needed, crew):
        for agent in able(needed, crew):
            if chosen.last_rung_at is None:
                assert agent.last_rung_at is not None or agent.idle_since >= chosen.idle_since
            else:
                assert agent.last_rung_at is not None
                assert agent.last_rung_at >= chosen.last_rung_at


@given(st.lists(agents, min_size=1, max_size=6, unique_by=lambda agent: agent.id), st.data())
def test_round_robin_everybody_is_rung_before_anybody_is_rung_twice(crew: list[Candidate], data: st.DataObject) -> None:
    everybody = {agent.id: replace(agent, last_rung_at=None) for agent in crew}
    rung: list[UUID] = []
    for turn in range(3 * len(crew)):
        chosen = chosen_of(Strategy.ROUND_ROBIN, frozenset(), list(everybody.values()))
        assert chosen
        rung.append(chosen.id)
        at = NOON + timedelta(hours=1, minutes=turn)
        everybody[chosen.id] = replace(chosen, last_rung_at=at, idle_since=data.draw(moments))
    for begin in range(0, len(rung), len(crew)):
        assert set(rung[begin : begin + len(crew)]) == set(everybody)


@given(needs, crews)
def test_skills_nobody_who_may_knows_more_of_it_and_of_equals_nobody_was_idle_for_longer(
    needed: frozenset[str], crew: list[Candidate]
) -> None:
    def knows(agent: Candidate) -> int:
        return sum(level for word, level in agent.skills.items() if word in needed)

    if chosen := chosen_of(Strategy.SKILLS, needed, crew):
        assert knows(chosen) == max(map(knows, able(needed, crew)))
        equals = [agent for agent in able(needed, crew) if knows(agent) == knows(chosen)]
        assert not [agent for agent in equals if agent.idle_since < chosen.idle_since]


@given(needs, crews)
def test_ring_all_rings_exactly_those_who_may(needed: frozenset[str], crew: list[Candidate]) -> None:
    rung = [agent.id for agent in routing.choose(Strategy.RING_ALL, needed, crew)]
    assert sorted(rung) == sorted(agent.id for agent in able(needed, crew))


@st.composite
def floors(draw: st.DrawFn) -> tuple[list[Caller], dict[UUID, list[Candidate]], set[UUID]]:
    """Callers in order, the free members of each queue, and who may be rung as somebody's own agent."""
    everybody = draw(crews)
    members = {queue: [agent for agent in everybody if draw(st.booleans())] for queue in QUEUES}
    wrapping_up = draw(st.lists(st.uuids(), max_size=2))
    known = [agent.id for agent in everybody] + wrapping_up
    caller = st.builds(
        Caller,
        id=st.uuids(),
        queue=st.sampled_from(QUEUES),
        strategy=strategies,
        needed=needs,
        preferred=st.none() | (st.sampled_from(known) if known else st.none()) | st.uuids(),
    )
    return draw(st.lists(caller, max_size=6)), members, {*known} - set(draw(st.lists(st.sampled_from(known or [None]))))


def may_be_served(caller: Caller, members: Mapping[UUID, Sequence[Candidate]], free: set[UUID]) -> bool:
    return caller.preferred in free or bool(able(caller.needed, members[caller.queue]))


@given(floors())
def test_nobody_who_came_before_the_one_who_is_served_could_have_been_served(
    floor: tuple[list[Caller], dict[UUID, list[Candidate]], set[UUID]],
) -> None:
    callers, members, free = floor
    match = routing.first_match(callers, members, free)
    first = next((caller for caller in callers if may_be_served(caller, members, free)), None)
    if match is None:
        assert first is None, "somebody waits whom a free agent could serve"
        return
    served, rung = match
    assert served == first
    assert rung
    if served.preferred in free:
        assert rung == [served.preferred], "an agent of one's own comes before all others"
    else:
        assert rung == [a.id for a in routing.choose(served.strategy, served.needed, members[served.queue])]


@given(needs, needs, st.integers(0, 600), st.none() | st.integers(0, 600))
def test_what_is_needed_is_what_queue_and_caller_ask_for_until_they_have_waited_for_too_long(
    queue: frozenset[str], caller: frozenset[str], waited: int, limit: int | None
) -> None:
    needed = routing.needed_skills(queue, caller, waited_seconds=waited, timeout_seconds=limit)
    assert needed == (frozenset() if limit is not None and waited >= limit else queue | caller)


@given(st.integers(1, 100), st.integers(1, 50), st.floats(1, 3600))
def test_who_is_further_back_waits_for_longer_and_more_agents_make_it_shorter(
    position: int, on_duty: int, handle_seconds: float
) -> None:
    def wait(position: int, on_duty: int) -> int:
        seconds = routing.expected_wait_seconds(position, on_duty, handle_seconds)
        assert seconds is not None
        return seconds

    assert 0 <= wait(position, on_duty) <= wait(position + 1, on_duty)
    assert wait(position, on_duty + 1) <= wait(position, on_duty)
    assert wait(position + on_duty, on_duty) == pytest.approx(wait(position, on_duty) + handle_seconds, abs=1)


def test_with_nobody_on_duty_nobody_knows_how_long_it_takes() -> None:
    assert routing.expected_wait_seconds(1, 0, 300) is None
