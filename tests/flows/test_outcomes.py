"""What becomes of an outbound call, by what the other end does. Nothing may be left over: see `Company.clear`."""

import pytest

from tests.flows.company import ASKS, seconds_between

#: outcome of the person → status, disposition, failure reason
OUTCOMES = {
    "busy": ("busy", "busy"),
    "reject": ("busy", "busy"),
    "no-answer": ("no_answer", "no_answer"),
    "unreachable": ("failed", "failed"),
    "answer": ("completed", "answered"),
}


@pytest.fixture(scope="module")
def dialer(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def placed(dialer):
    """All of them at once."""
    return {outcome: dialer.place(dialer.person(ASKS, outcome=outcome)) for outcome in OUTCOMES}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_call_ends_as_the_other_end_decides(dialer, placed, outcome):
    call = dialer.in_the_books(placed[outcome])
    assert (call["status"], call["disposition"]) == OUTCOMES[outcome]
    (network,) = dialer.network_legs(call["to_number"])
    assert network["status"].replace("-", "_") == call["status"]
    assert dialer.live() == []
    assert dialer.state_of(dialer.agent()) == "available"


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name != "answer"])
def test_who_did_not_answer_neither_waited_nor_talked(dialer, placed, outcome):
    call = dialer.in_the_books(placed[outcome])
    assert call["answered_at"] is None
    assert (call["wait_seconds"], call["talk_seconds"], call["duration_seconds"]) == (0, 0, 0)
    assert call["agent"] is None


def test_who_did_not_answer_was_rung_for_as_long_as_we_ring(dialer, placed):
    call = dialer.in_the_books(placed["no-answer"])
    (network,) = dialer.network_legs(call["to_number"])
    rung = seconds_between(network["start_time"], network["end_time"])
    assert 45 <= rung <= 60
    # The phone rings from when the carrier is told to dial: after the call was asked for, before it says that it rings.
    assert rung - 2 <= call["ring_seconds"] <= seconds_between(call["created_at"], network["end_time"]) + 2
