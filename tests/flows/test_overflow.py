"""Queues that are full, and waits that are too long."""

from collections.abc import Callable

import pytest

from tests.flows.company import STAYS, Company, leg

SORRY = "Sorry, nobody can take your call at the moment. Please try again later. Goodbye."


@pytest.fixture
def office(new_company: Callable[..., Company]) -> Company:
    """Nobody takes calls in the default queue."""
    return new_company(agents=1, presence="offline")


def test_who_waits_too_long_is_told_so(office: Company) -> None:
    office.set_queue(max_wait_seconds=10)
    call_id, caller = office.receive(STAYS)
    call = office.in_the_books(call_id)
    assert (call["disposition"], call["hung_up_by"]) == ("overflow", "queue")
    assert call["wait_seconds"] == pytest.approx(12, abs=8)
    assert office.heard(caller)[-1] == ("network", SORRY)


def test_or_goes_on_to_another_queue(office: Company) -> None:
    other = office.queue("Overflow")
    office.works_in(office.agent(), other)
    office.presence(office.agent(), "available")
    office.set_queue(max_wait_seconds=10, overflow_route={"type": "queue", "target_id": other})
    call_id, _ = office.receive(STAYS)
    call = office.until_talking(call_id, office.agent(), 90)
    assert call["queue"]["name"] == "Overflow"


def test_or_to_a_voicemail(office: Company) -> None:
    office.set_queue(max_wait_seconds=10, overflow_route={"type": "voicemail", "target_id": None})
    script = [{"wait_for": "after the tone"}, {"wait": 1}, {"say": "Please call me back."}, {"hangup": True}]
    call_id, _ = office.receive(script)
    call = office.in_the_books(call_id)
    assert call["disposition"] == "voicemail"
    (message,) = office.get("/voicemails")["results"]
    assert (message["call_id"], message["queue"]["id"]) == (call_id, office.queue_id)


def test_a_full_queue_takes_nobody_more(office: Company) -> None:
    office.set_queue(max_size=2)
    waiting = [office.receive(STAYS)[0] for _ in range(2)]
    call_id, caller = office.receive(STAYS)
    call = office.until_over(call_id)
    assert (call["disposition"], call["wait_seconds"]) == ("overflow", 0)
    assert office.heard(caller)[-1] == ("network", SORRY)
    assert {call["id"] for call in office.live()} == set(waiting)


def test_queues_that_overflow_into_each_other_come_to_an_end(office: Company) -> None:
    other = office.queue("Other", max_size=1, overflow_route={"type": "queue", "target_id": office.queue_id})
    office.set_queue(max_size=1, overflow_route={"type": "queue", "target_id": other})
    office.receive(STAYS)
    office.receive(STAYS)
    call_id, _ = office.receive(STAYS)
    assert office.until_over(call_id)["disposition"] == "overflow"


def test_a_forward_rings_another_number(office: Company) -> None:
    tom = office.person([{"say": "Tom speaking."}, {"wait": 1}] * 50, answer_after=2)
    office.route("forward", tom)
    call_id, caller = office.receive(STAYS)
    office.until(lambda: (tom, "Tom speaking.") in office.heard(caller), 60)
    call = office.call(call_id)
    assert (call["phase"], leg(call, "target")["to_number"]) == ("joined", tom)
    office.hang_up(call_id)
    assert office.in_the_books(call_id)["disposition"] == "answered"


def test_a_forward_that_nobody_answers_leads_to_the_default_queue(office: Company) -> None:
    office.route("forward", office.person(outcome="busy"))
    call_id, caller = office.receive(STAYS)
    office.until(lambda: office.call(call_id)["phase"] == "waiting", 60)
    office.until(lambda: ("network", "You are number 1 in line. Please hold.") in office.heard(caller))


def test_nobody_is_forwarded_to_who_must_not_be_called(office: Company) -> None:
    tom = office.person(STAYS)
    office.route("forward", tom)
    office.api.post("/compliance/dnc", json={"phone": tom}).raise_for_status()
    call_id, _ = office.receive(STAYS)
    office.until(lambda: office.call(call_id)["phase"] == "waiting", 60)
    assert office.rung(tom) == 0
    assert leg(office.call(call_id), "target")["failure_reason"] == "dnc"
