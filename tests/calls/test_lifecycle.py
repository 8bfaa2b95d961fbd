from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import lifecycle
from calls.lifecycle import Interval, Move, Partner

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STATUSES = [*lifecycle.ACTIVE, *sorted(lifecycle.TERMINAL)]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def final(told: list[str]) -> str:
    status = "queued"
    for word in told:
        status = lifecycle.advance(status, word)
    return status


@given(st.permutations(["queued", "initiated", "ringing", "in_progress", "completed"]), st.data())
def test_order_and_repetition_do_not_matter(told: list[str], data: st.DataObject) -> None:
    repeated = told + data.draw(st.lists(st.sampled_from(told)))
    assert final(data.draw(st.permutations(repeated))) == "completed"


@given(st.lists(st.sampled_from([*STATUSES, "unknown", ""])), st.sampled_from(sorted(lifecycle.TERMINAL)))
def test_a_terminal_status_is_final(told: list[str], terminal: str) -> None:
    status = terminal
    for word in told:
        status = lifecycle.advance(status, word)
    assert status == terminal


@given(st.lists(st.sampled_from([*STATUSES, "nonsense"])))
def test_a_status_never_falls(told: list[str]) -> None:
    status = "queued"
    for word in told:
        after = lifecycle.advance(status, word)
        assert status not in lifecycle.TERMINAL or after == status
        assert STATUSES.index(after) >= STATUSES.index(status)
        status = after


def test_the_answer_is_the_carriers_earliest_word() -> None:
    assert lifecycle.answered_at(at(5), at(3), None, None) == at(3)
    assert lifecycle.answered_at(at(3), at(5), None, None) == at(3)
    assert lifecycle.answered_at(None, None, at(60), 50) == at(10), "a lost `in-progress` is worked out from the end"
    assert lifecycle.answered_at(None, None, at(60), 0) is None
    assert lifecycle.answered_at(None, None, None, None) is None


def stay(joined: float | None, left: float | None, conference: str = "CF1", sequence: int = 0) -> tuple[Move, ...]:
    """What the carrier tells of one stay; None for a word that was lost."""
    words = ((True, joined, sequence), (False, left, sequence and sequence + 1))
    return tuple(Move(conference, joined, at(when), order) for joined, when, order in words if when is not None)


def talk(
    customer: tuple[Move, ...], partner: Partner, *, answered: float | None = 0, ended: float | None = 100
) -> list[Interval]:
    answered_at = None if answered is None else at(answered)
    ended_at = None if ended is None else at(ended)
    return lifecycle.talk_intervals(customer, answered_at, ended_at, [partner])[0]


def test_two_talk_while_both_are_in_one_conference() -> None:
    assert talk(stay(12, 50), Partner(at(8), at(60), stay(10, 55))) == [(at(12), at(50))]


def test_each_partner_of_a_transferred_call_has_intervals_of_their_own() -> None:
    customer = stay(10, 40) + stay(60, 90, "CF2")
    agent = Partner(at(8), at(40), stay(9, 40))
    target = Partner(at(58), at(90), stay(59, 90, "CF2"))
    nobody = Partner(None, at(70), ())
    assert lifecycle.talk_intervals(customer, at(0), at(91), [agent, target, nobody]) == [
        [(at(10), at(40))],
        [(at(60), at(90))],
        [],
    ]


def test_a_customer_on_hold_talks_with_nobody() -> None:
    customer = stay(10, 40, sequence=1) + stay(70, 90, sequence=5)
    agent, target = Partner(at(8), at(75), stay(9, 75)), Partner(at(50), at(95), stay(50, 95))
    assert lifecycle.talk_intervals(customer, at(0), at(91), [agent, target]) == [
        [(at(10), at(40)), (at(70), at(75))],
        [(at(70), at(90))],
    ]


@pytest.mark.parametrize(
    ("customer", "partner", "expected"),
    [
        ((), Partner(at(8), at(60), ()), (at(8), at(60))),
        ((), Partner(at(8), None, stay(10, None)), (at(10), at(100))),
        (stay(None, 50), Partner(at(8), at(60), stay(10, None)), (at(10), at(50))),
        (stay(12, None), Partner(at(8), at(60), ()), (at(12), at(60))),
    ],
    ids=["no word of the conference", "no word of leaving", "a lost join", "the partner's presence lost"],
)
def test_what_was_lost_is_told_by_the_next_best_witness(
    customer: tuple[Move, ...], partner: Partner, expected: tuple[datetime, datetime]
) -> None:
    assert talk(customer, partner) == [expected]


def test_nobody_talks_before_the_customer_answers_or_after_the_end() -> None:
    waiting_alone = Partner(at(2), at(30), stay(3, 30))
    assert talk((), waiting_alone, answered=None, ended=30) == [], "an agent rung first, a customer who was busy"
    assert talk((), waiting_alone, answered=10, ended=30) == [(at(10), at(30))]
    assert talk((), Partner(at(40), at(41), ()), answered=10, ended=30) == []


def test_a_conversation_of_less_than_a_second_was_one() -> None:
    assert talk(stay(12, 12), Partner(at(11.4), at(13), stay(12, 13)), ended=12) == [(at(12), at(12))]
    assert talk((), Partner(at(12.4), None, ()), ended=12) == [(at(12.4), at(12))], "the carrier rounds down"


def test_a_conversation_that_goes_on_has_no_end() -> None:
    assert talk((), Partner(at(8), None, ()), ended=None) == [(at(8), None)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.data())
def test_stays_do_not_depend_on_the_order_in_which_they_are_told(lengths: list[int], data: st.DataObject) -> None:
    moment, moves, expected = 0, [], []
    for number, length in enumerate(lengths):
        moves += stay(moment, moment + length, sequence=2 * number + 1)
        expected.append((at(moment), at(moment + length)))
        moment += 2 * length
    told = lifecycle.stays(data.draw(st.permutations(moves)), begin=at(0), end=at(moment))
    assert [(one.start, one.end) for one in told] == expected


def test_a_lost_leave_ends_with_the_next_join_and_a_lost_join_began_with_the_last_leave() -> None:
    lost_leave = (*stay(10, None, sequence=1), *stay(30, 40, sequence=3))
    assert [(s.start, s.end) for s in lifecycle.stays(lost_leave, begin=at(0), end=at(50))] == [
        (at(10), at(30)),
        (at(30), at(40)),
    ]
    lost_join = (*stay(10, 20, sequence=1), Move("CF1", False, at(40), 4))
    assert [(s.start, s.end) for s in lifecycle.stays(lost_join, begin=at(0), end=at(50))] == [
        (at(10), at(20)),
        (at(20), at(40)),
    ]


def test_hold_is_the_time_between_conversations_that_is_no_wait() -> None:
    stays = lifecycle.stays(stay(10, 40, sequence=1) + stay(70, 90, sequence=3), begin=at(0), end=at(100))
    assert lifecycle.hold_seconds(stays, [(at(0), at(10))], at(90)) == 30
    assert lifecycle.hold_seconds(stays, [(at(0), at(10)), (at(40), at(65))], at(90)) == 5
    assert lifecycle.hold_seconds(stays, [], at(100)) == 40, "they hung up while on hold"
    assert lifecycle.hold_seconds([], [(at(0), at(10))], at(100)) == 0


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 60)), max_size=6))
def test_covered_seconds_count_each_second_once(spans: list[tuple[int, int]]) -> None:
    intervals = [(at(start), at(start + length)) for start, length in spans]
    seconds = {second for start, length in spans for second in range(start, start + length)}
    assert lifecycle.covered_seconds(intervals, until=None) == len(seconds)


def test_a_completed_call_that_nobody_took_was_abandoned() -> None:
    assert lifecycle.disposition("completed", talked=True) == "answered"
    assert lifecycle.disposition("completed", talked=False) == "abandoned"
    assert lifecycle.disposition("completed", talked=False, left_message=True) == "voicemail"
    assert lifecycle.disposition("completed", talked=False, hung_up_by="queue") == "overflow"
    assert lifecycle.disposition("completed", talked=False, hung_up_by="callback") == "callback"
    for status in ("busy", "no_answer", "canceled", "failed"):
        assert lifecycle.disposition(status, talked=False) == status


def test_seconds_are_whole_and_never_negative() -> None:
    assert lifecycle.seconds(at(0), at(1.6)) == 2
    assert lifecycle.seconds(at(5), at(0)) == 0
    assert lifecycle.seconds(None, at(5)) == 0
    assert lifecycle.seconds(at(5), None) == 0
