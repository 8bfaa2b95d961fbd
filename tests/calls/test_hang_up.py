"""A call that is being hung up rings nobody any more, whatever the carrier tells first."""

import pytest

from calls.actions import answering, conversation, hangup, queueing, transfer, waiting
from calls.models import Call, CallLeg
from tests import people
from tests.calls.factories import free_agent, principal, rung_leg, talking_call, told, waiting_call
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Unprocessable
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


def hang_up(call: Call) -> None:
    owner = people.member(call.organization, "owner")
    hangup.hang_up(principal=principal(owner), call=call)


def with_target(acme: Organization, *, joined: bool = False) -> tuple[Call, CallLeg]:
    """A call on its way to a transfer target, or joined with one."""
    call = talking_call(acme)
    agent_leg = call.partner
    target = CallLeg.objects.create(
        organization=acme, call=call, role="target", sid=f"CA{new_id().hex}", to_number="+14155557777", status="ringing"
    )
    conversation.begin_transfer(call, target)
    told(agent_leg, "completed")
    if joined:
        answering.target_answered(target.pk, target.sid)
    call.refresh_from_db()
    target.refresh_from_db()
    return call, target


def test_no_agent_is_rung_for_a_waiting_caller_who_is_being_hung_up() -> None:
    acme = people.organization()
    call = waiting_call(acme)
    free_agent(acme)
    queueing.assign(acme.pk)
    hang_up(call)
    told(rung_leg(), "canceled")
    assert queueing.assign(acme.pk) == 0
    told(call.customer_leg(), "completed")
    call.refresh_from_db()
    assert (call.hung_up_by, call.entries.get().state) == ("api", "canceled")


def test_a_target_that_ends_first_does_not_bring_the_customer_back() -> None:
    acme = people.organization()
    call, target = with_target(acme)
    hang_up(call)
    told(target, "canceled")
    call.refresh_from_db()
    assert call.phase == "transferring"
    assert not call.entries.open().exists()


def test_a_joined_target_that_ends_first_did_not_hang_up() -> None:
    call, target = with_target(people.organization(), joined=True)
    hang_up(call)
    told(target, "completed")
    call.refresh_from_db()
    assert call.hung_up_by == "api"


def test_a_customer_who_answers_just_then_enters_no_queue() -> None:
    acme = people.organization()
    call = waiting_call(acme)
    call.entries.all().delete()
    Call.objects.filter(pk=call.pk).update(phase="dialing", status="ringing", direction="outbound")
    customer = call.customer_leg()
    hang_up(call)
    answering.customer_answered(customer.pk, customer.sid)
    assert not call.entries.exists()


def test_it_cannot_be_transferred_any_more() -> None:
    acme = people.organization()
    call = talking_call(acme)
    hang_up(call)
    owner = people.member(acme, "owner")
    with pytest.raises(Unprocessable):
        transfer.transfer(
            principal=principal(owner), call=call, target=transfer.Target(number="+14155557777"), how="cold"
        )
    assert not call.legs.filter(role="target").exists()


def test_whoever_waited_too_long_did_not_hang_up() -> None:
    acme = people.organization()
    call = waiting_call(acme)
    waiting.time_out(call.entries.get().pk)
    told(call.customer_leg(), "completed")
    call.refresh_from_db()
    assert (call.hung_up_by, call.disposition) == ("queue", "overflow")
    assert call.ended_at <= clock.now()


def test_who_talks_with_a_target_can_be_handed_on() -> None:
    acme = people.organization()
    call, first = with_target(acme, joined=True)
    second = CallLeg.objects.create(
        organization=acme, call=call, role="target", sid=f"CA{new_id().hex}", to_number="+14155558888"
    )
    conversation.begin_transfer(call, second)
    told(first, "completed")
    answering.target_answered(second.pk, second.sid)
    call.refresh_from_db()
    assert (call.phase, call.partner_id, call.hung_up_by) == ("joined", second.pk, "")


def test_when_the_second_target_does_not_answer_the_customer_comes_back() -> None:
    acme = people.organization()
    call, first = with_target(acme, joined=True)
    second = CallLeg.objects.create(
        organization=acme, call=call, role="target", sid=f"CA{new_id().hex}", to_number="+14155558888"
    )
    conversation.begin_transfer(call, second)
    told(second, "no-answer")
    told(first, "completed")
    call.refresh_from_db()
    assert (call.phase, call.entries.open().count()) == ("waiting", 1)
