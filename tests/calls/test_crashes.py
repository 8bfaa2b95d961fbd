"""A process that dies between two steps, a message that is lost, a carrier that is away: nothing stays for ever."""

from datetime import timedelta
from typing import Any

import pytest

from calls import carrier_work, tasks
from calls.actions import answering, legs, place, queueing, transfer
from calls.models import Agent, Call, CallLeg
from tests import people
from tests.calls.factories import free_agent, principal, talking_call, waiting_call
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import Organization
from zerovoice.carrier.errors import Refused
from zerovoice.carrier.models import CarrierAccount, Command
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """SIGKILL: no code of ours runs any more."""


@pytest.fixture
def killed_before_ringing(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(leg: CallLeg, **_: Any) -> None:
        raise Killed

    monkeypatch.setattr(legs, "ring", die)


def later(leg: CallLeg) -> None:
    """Let ten minutes pass for this leg."""
    leg.refresh_from_db()
    past = timedelta(minutes=10)
    until = leg.unbound_until
    CallLeg.objects.filter(pk=leg.pk).update(checked_at=leg.checked_at - past, unbound_until=until and until - past)


def is_asked_about(leg: CallLeg) -> bool:
    """Whether the reconciler asks the carrier about the leg now."""
    leg.refresh_from_db()
    before = leg.checked_at
    tasks.reconcile()
    leg.refresh_from_db()
    return leg.checked_at > before


def start_transfer(acme: Organization, call: Call) -> None:
    owner = people.member(acme, "owner")
    transfer.transfer(principal=principal(owner), call=call, target=transfer.Target(number="+14155557777"), how="cold")


@pytest.mark.usefixtures("killed_before_ringing")
def test_a_web_process_that_dies_before_it_rings_leaves_a_leg_that_is_looked_for() -> None:
    acme = people.organization()
    member = people.member(acme, "agent")
    agent = free_agent(acme)
    Agent.objects.filter(pk=agent.pk).update(user=member.membership.user)
    number = people_number(acme)
    with pytest.raises(Killed):
        place.place_call(principal=principal(member), from_number=number, to_number="+14155557777")
    leg = CallLeg.objects.get(role="agent")
    later(leg)
    assert is_asked_about(leg)


@pytest.mark.usefixtures("killed_before_ringing")
def test_so_does_one_that_was_to_ring_a_transfer_target() -> None:
    acme = people.organization()
    with pytest.raises(Killed):
        start_transfer(acme, talking_call(acme))
    leg = CallLeg.objects.get(role="target")
    later(leg)
    assert is_asked_about(leg)


def test_a_leg_whose_check_was_lost_is_asked_about_again() -> None:
    acme = people.organization()
    waiting_call(acme)
    free_agent(acme)
    queueing.assign(acme.pk)
    leg = CallLeg.objects.get(role="agent")
    legs.await_sign(leg)
    for _ in range(3):
        later(leg)
        assert is_asked_about(leg), "no worker took the message, and nobody would ever ask again"


def test_credentials_that_the_carrier_refuses_end_no_call(simulator: SimulatorControl) -> None:
    acme = people.organization()
    call = talking_call(acme)
    CarrierAccount.objects.create(organization=acme, account_sid=f"AC{new_id().hex}", auth_token="wrong")
    with pytest.raises(Refused):
        carrier_work.check_leg(call.customer_leg())
    call.refresh_from_db()
    assert not call.is_over


def test_a_leg_that_the_carrier_does_not_know_is_over(simulator: SimulatorControl) -> None:
    call = talking_call(people.organization())
    carrier_work.check_leg(call.customer_leg())
    call.refresh_from_db()
    assert (call.is_over, call.failure_reason) == (True, "carrier_lost")


def test_a_leg_that_should_have_ended_is_ended_again(simulator: SimulatorControl) -> None:
    """The command that was to end it may have been given up while the carrier was away."""
    acme = people.organization()
    simulator.add_number("+14155550100")
    simulator.person("+14155558888", outcome="answer", answer_after=60)
    call = talking_call(acme)
    leg = CallLeg.objects.create(
        organization=acme, call=call, role="target", from_number="+14155550100", to_number="+14155558888", released=True
    )
    legs.ring(leg, timeout_seconds=60)
    Command.objects.all().delete()
    leg.refresh_from_db()
    carrier_work.check_leg(leg)
    assert Command.objects.filter(kind="calls.end", target_id=leg.pk).exists()


def test_a_target_who_answers_is_joined_when_the_process_that_rang_it_died(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = people.organization()
    call = talking_call(acme)
    agent_leg = call.partner

    def die_after(leg: CallLeg, **_: Any) -> None:
        CallLeg.objects.filter(pk=leg.pk).update(sid="CA-target")
        raise Killed

    monkeypatch.setattr(legs, "ring", die_after)
    with pytest.raises(Killed):
        start_transfer(acme, call)
    target = CallLeg.objects.get(role="target")
    answering.target_answered(target.pk, "CA-target")
    call.refresh_from_db()
    agent_leg.refresh_from_db()
    assert (call.phase, call.partner_id) == ("joined", target.pk)
    assert agent_leg.released


def test_recording_begins_although_no_notice_of_the_conference_arrives() -> None:
    acme = people.organization()
    call = waiting_call(acme)
    Call.objects.filter(pk=call.pk).update(record=True)
    free_agent(acme)
    queueing.assign(acme.pk)
    assert queueing.accept(CallLeg.objects.get(role="agent").pk)
    command = Command.objects.get(kind="calls.record", target_id=call.pk)
    assert command.due_at > clock.machine_now(), "not before they had time to join"


def test_without_a_carrier_account_a_call_is_refused(settings: Any) -> None:
    acme = people.organization()
    number = people_number(acme)
    settings.TWILIO_ACCOUNT_SID = ""
    answer = people.program(acme).post("/api/v1/calls/outbound", {"from_number": number, "to_number": "+14155557777"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert not Call.objects.exists()


def people_number(acme: Organization) -> str:
    from numbers.models import PhoneNumber

    return PhoneNumber.objects.create(
        organization=acme, number="+14155550100", country="US", number_type="local"
    ).number
