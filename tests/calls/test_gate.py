"""Compliance is asked before the carrier is, wherever a customer's phone would ring."""

from datetime import UTC, datetime, timedelta

import pytest

from calls import carrier_work
from calls.models import Agent, Call, CallLeg
from compliance import gate
from compliance.models import Decision
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.carrier.models import Command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_hour_rules")]

PERSON, OURS = "+14155550142", "+16285550100"


@pytest.fixture
def owner() -> Caller:
    owner = people.member(people.organization(), "owner")
    PhoneNumber.objects.create(organization=owner.organization, number=OURS, country="US", number_type="local")
    return owner


def asked(simulator: SimulatorControl) -> int:
    return len(simulator.requests())


def test_a_listed_number_is_not_called(owner: Caller, simulator: SimulatorControl) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": PERSON})
    before = asked(simulator)
    answer = owner.post("/api/v1/calls/outbound", {"from_number": OURS, "to_number": PERSON})
    assert answer.status_code == 451
    assert answer.json() == {
        "error": "Unavailable For Legal Reasons",
        "code": "unavailable_for_legal_reasons",
        "details": {"field": "to_number", "message": "The number is on the Do-Not-Call list"},
    }
    assert not Call.objects.exists()
    assert asked(simulator) == before
    assert Decision.objects.get().channel == "voice"


def test_what_is_wrong_with_the_request_is_told_first(owner: Caller) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": PERSON})
    assert owner.post("/api/v1/calls/outbound", {"from_number": PERSON, "to_number": PERSON}).status_code == 422
    assert owner.post("/api/v1/calls/outbound", {"from_number": OURS, "to_number": "911"}).status_code in (400, 422)
    assert not Decision.objects.exists()


def test_nobody_is_transferred_to_a_listed_number(owner: Caller, simulator: SimulatorControl) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": PERSON})
    call = Call.objects.get(pk=factories.live_call(owner.organization))
    before = asked(simulator)
    answer = owner.post(f"/api/v1/calls/{call.pk}/transfer", {"target_number": PERSON, "transfer_type": "cold"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (451, "target_number")
    assert not CallLeg.objects.filter(call=call, role=CallLeg.Role.TARGET).exists()
    assert asked(simulator) == before


def test_a_call_that_waited_for_its_agent_into_the_night_is_refused(
    owner: Caller, simulator: SimulatorControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Allowed when it was placed, and asked again when the customer is dialled."""
    member = people.member(owner.organization, "agent")
    agent = Agent.objects.create(
        organization=owner.organization,
        name="Ann",
        endpoint="+14155550900",
        state="available",
        user=member.membership.user,
    )
    simulator.add_number(OURS)
    simulator.person(agent.endpoint, outcome="answer", answer_after=60)
    owner.patch("/api/v1/compliance/settings", {"quiet_hours": True})
    moment = datetime(2026, 6, 9, 3, 59, tzinfo=UTC)  # 20:59 in California
    monkeypatch.setattr(gate.clock, "now", lambda: moment)
    placed = member.post("/api/v1/calls/outbound", {"from_number": OURS, "to_number": PERSON})
    assert placed.status_code == 201, placed.content
    customer = CallLeg.objects.get(call=placed.json()["id"], role="customer")
    before = asked(simulator)
    moment += timedelta(minutes=1)
    command = Command(target_id=customer.pk, payload={"timeout_seconds": 30})
    carrier_work._ring(command)
    customer.refresh_from_db()
    assert (customer.failure_reason, customer.sid) == ("quiet_hours", None)
    assert asked(simulator) == before
    refusal = Decision.objects.get()
    assert (refusal.reason, refusal.actor_kind, "21:00" in refusal.detail) == ("quiet_hours", "system", True)


def test_an_agents_own_phone_is_no_customers(owner: Caller) -> None:
    """Their number may be on the list as a customer's; work is passed on to them all the same."""
    from calls.actions import place

    with place.permission(owner.organization.pk, PERSON, sender=OURS, field="to_number", principal=None):
        pass
    owner.post("/api/v1/compliance/dnc", {"phone": PERSON})
    Agent.objects.create(organization=owner.organization, name="Ann", endpoint=PERSON)
    with place.permission(owner.organization.pk, PERSON, sender=OURS, field="to_number", principal=None):
        pass
    assert not Decision.objects.exists()
