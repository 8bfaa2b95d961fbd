"""What happened and nobody entered is found: by rows that were written without the ledger."""

from datetime import timedelta

import pytest

from calls.carrier_work import check_leg
from calls.models import CallLeg, Transcript
from messaging import actions as messaging
from messaging.models import Message
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import Organization
from zerovoice.billing import ledger, rating
from zerovoice.billing.models import Account, Kind, LedgerEntry, Reservation
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def swept(kind: str) -> list[tuple]:
    for _ in range(2):  # again changes nothing
        ledger.sweep(clock.now() - timedelta(days=2))
    return list(LedgerEntry.objects.filter(kind=kind).order_by("id").values_list("object_id", "quantity", "direction"))


def leg(acme: Organization, call_id, role: str, **fields) -> CallLeg:
    return CallLeg.objects.create(**{
        "organization": acme, "call_id": call_id, "role": role, "from_number": "+15551230002",
        "to_number": "+15551230009", "status": "completed", "billed_seconds": 61, "ended_at": clock.now(), **fields,
    })  # fmt: skip


def test_legs_with_people_outside(acme: Organization) -> None:
    call = factories.FACTORIES["calls/{call_id}"](acme, {})
    CallLeg.objects.filter(call_id=call).delete()
    agent = factories.FACTORIES["agents/{agent_id}"](acme, {})
    target = leg(acme, call, "target")
    outside = leg(acme, call, "supervisor")
    leg(acme, call, "agent", agent_id=agent)
    leg(acme, call, "supervisor", to_number="sip:boss@example.com", to_agent=True)
    leg(acme, call, "supervisor", to_agent=True)  # on a phone that was an agent's when it was rung
    leg(acme, call, "target", billed_seconds=0)
    leg(acme, call, "target", ended_at=None)
    assert swept(Kind.CALL_MINUTE) == [(target.pk, 2, "outbound"), (outside.pk, 2, "outbound")]


def test_messages_that_the_carrier_has(acme: Organization) -> None:
    came = factories.message(acme, segments=2)
    factories.message(acme, direction="outbound", status="queued", sid=None)
    assert swept(Kind.SMS_SEGMENT) == [(came.pk, 2, "inbound")]
    sent = factories.message(acme, direction="outbound", status="sent", media_urls=["https://example.com/a.png"])
    assert swept(Kind.MMS_MESSAGE) == [(sent.pk, 1, "outbound")]


def test_numbers_by_the_month(acme: Organization) -> None:
    since = clock.now() - timedelta(days=70)
    number = PhoneNumber.objects.create(
        organization=acme, number="+16285550100", country="US", number_type="local", created_at=since
    )
    PhoneNumber.objects.create(
        organization=acme, number="+16285550101", country="US", number_type="local", status="purchasing"
    )
    ledger.sweep(clock.now() - timedelta(days=62))
    ledger.sweep(clock.now() - timedelta(days=62))
    this = rating.month_of(clock.now(), acme.timezone)
    months = set(LedgerEntry.objects.filter(object_id=number.pk).values_list("period", flat=True))
    assert {this, rating.month_before(this)} <= months
    assert len(months) == LedgerEntry.objects.count() in (3, 4)


def test_transcripts(acme: Organization) -> None:
    made = factories.transcript(acme)
    type(made.recording).objects.filter(pk=made.recording_id).update(duration_seconds=125)
    Transcript.objects.filter(pk=made.pk).update(status="completed", completed_at=clock.now())
    assert swept(Kind.TRANSCRIPTION_MINUTE) == [(made.pk, 3, "")]


def test_money_for_what_never_was_is_let_go_when_that_is_certain(
    acme: Organization, simulator: SimulatorControl
) -> None:
    """A process died between the commit and the request: the carrier knows of neither."""
    Account.objects.filter(organization=acme).update(daily_limit=5)
    call = factories.live_call(acme, "dialing")
    dead = CallLeg.objects.get(call_id=call, role="customer")
    CallLeg.objects.filter(pk=dead.pk).update(sid=None, answered_at=None, time_limit=50, status="queued")
    message = factories.message(acme, direction="outbound", status="queued", sid=None)
    for kind, row in ((Kind.CALL_MINUTE, dead), (Kind.SMS_SEGMENT, message)):
        Reservation.objects.create(
            organization=acme, object_id=row.pk, kind=kind, quantity=1, unit_amount=1, amount=1
        )  # fmt: skip
    ledger.sweep(clock.now() - timedelta(days=2))
    assert Reservation.objects.count() == 2, "age alone lets nothing go"
    check_leg(CallLeg.objects.select_related("call").get(pk=dead.pk))
    messaging.check(Message.objects.get(pk=message.pk))
    assert not Reservation.objects.exists()
    assert not LedgerEntry.objects.filter(object_id__in=[dead.pk, message.pk]).exists()


def test_one_that_was_there_after_all_is_charged(acme: Organization) -> None:
    message = factories.message(acme, direction="outbound", status="queued", sid=None)
    messaging.fail(message.pk, "carrier_unknown")
    assert not LedgerEntry.objects.exists()
    for _ in range(2):
        messaging.take_notice(message.pk, sid=f"SM{new_id().hex}", status="sent", error_code=None)
    assert LedgerEntry.objects.get().object_id == message.pk
