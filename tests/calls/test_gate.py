"""Compliance is asked before the carrier is, wherever a customer's phone would ring."""

import pytest

from calls.models import Agent, Call, CallLeg
from compliance.models import Decision
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.people import Caller
from tests.simulator_control import SimulatorControl

pytestmark = pytest.mark.django_db

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
