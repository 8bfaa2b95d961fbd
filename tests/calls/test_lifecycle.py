from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import lifecycle
from calls.lifecycle import Partner, Presence

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


def talk(
    customer: list[Presence], partner: Partner, *, answered: float | None = 0, ended: float | None = 100
) -> object:
    answered_at = None if answered is None else at(answered)
    ended_at = None if ended is None else at(ended)
    return lifecycle.talk_intervals(customer, answered_at, ended_at, [partner])[0]


def test_two_talk_while_both_are_in_one_conference() -> None:
    customer = [Presence("CF1", at(12), at(50))]
    assert talk(customer, Partner(at(8), at(60), (Presence("CF1", at(10), at(55)),))) == (at(12), at(50))


def test_each_partner_of_a_transferred_call_has_an_interval_of_their_own() -> None:
    customer = [Presence("CF1", at(10), at(40)), Presence("CF2", at(60), at(90))]
    agent = Partner(at(8), at(40), (Presence("CF1", at(9), at(40)),))
    target = Partner(at(58), at(90), (Presence("CF2", at(59), at(90)),))
    nobody = Partner(None, at(70), ())
    assert lifecycle.talk_intervals(customer, at(0), at(91), [agent, target, nobody]) == [
        (at(10), at(40)),
        (at(60), at(90)),
        None,
    ]


@pytest.mark.parametrize(
    ("customer", "partner", "expected"),
    [
        ([], Partner(at(8), at(60), ()), (at(8), at(60))),
        ([], Partner(at(8), None, (Presence("CF1", at(10), None),)), (at(10), at(100))),
        ([Presence("CF1", None, at(50))], Partner(at(8), at(60), (Presence("CF1", at(10), None),)), (at(10), at(50))),
        ([Presence("CF1", at(12), None)], Partner(at(8), at(60), ()), (at(8), at(60))),
    ],
    ids=["no word of the conference", "no word of leaving", "a lost join", "the partner's presence lost"],
)
def test_what_was_lost_is_told_by_the_next_best_witness(
    customer: list[Presence], partner: Partner, expected: tuple[datetime, datetime]
) -> None:
    assert talk(customer, partner) == expected


def test_nobody_talks_before_the_customer_answers_or_after_the_end() -> None:
    waiting_alone = Partner(at(2), at(30), (Presence("CF1", at(3), at(30)),))
    assert talk([], waiting_alone, answered=None, ended=30) is None, "an agent rung first, a customer who was busy"
    assert talk([], waiting_alone, answered=10, ended=30) == (at(10), at(30))
    assert talk([], Partner(at(40), at(41), ()), answered=10, ended=30) is None


def test_a_conversation_of_less_than_a_second_was_one() -> None:
    customer = [Presence("CF1", at(12), at(12))]
    assert talk(customer, Partner(at(11.4), at(13), (Presence("CF1", at(12), at(13)),)), ended=12) == (at(12), at(12))
    assert talk([], Partner(at(12.4), None, ()), ended=12) == (at(12.4), at(12)), "the carrier rounds down"


def test_a_conversation_that_goes_on_has_no_end() -> None:
    assert talk([], Partner(at(8), None, ()), ended=None) == (at(8), None)


def test_a_completed_call_that_nobody_took_was_abandoned() -> None:
    assert lifecycle.disposition("completed", talked=True) == "answered"
    assert lifecycle.disposition("completed", talked=False) == "abandoned"
    for status in ("busy", "no_answer", "canceled", "failed"):
        assert lifecycle.disposition(status, talked=False) == status


def test_seconds_are_whole_and_never_negative() -> None:
    assert lifecycle.seconds(at(0), at(1.6)) == 2
    assert lifecycle.seconds(at(5), at(0)) == 0
    assert lifecycle.seconds(None, at(5)) == 0
    assert lifecycle.seconds(at(5), None) == 0
