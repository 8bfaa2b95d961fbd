"""Never more than the limit: money is set aside before anything is dialled or sent."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from calls import tasks
from calls.actions import limits
from calls.models import CallLeg
from messaging.models import Message
from numbers.models import PhoneNumber
from tests import people
from tests.at_once import at_once
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.api.errors import Forbidden
from zerovoice.billing import ledger, spending
from zerovoice.billing.models import Account, Kind, LedgerEntry, Rate, Reservation
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

OURS, PREMIUM, PERSON = "+16285550100", "+19005550142", "+14155550142"


@pytest.fixture
def acme() -> Organization:
    acme = people.organization(timezone="America/Los_Angeles")
    Organization.objects.filter(pk=acme.pk).update(premium_rate_allowed=True)
    return acme


@pytest.fixture
def program(acme: Organization, simulator: SimulatorControl) -> Caller:
    simulator.add_number(OURS)
    PhoneNumber.objects.create(organization=acme, number=OURS, country="US", number_type="local")
    return people.program(acme)


def limit(acme: Organization, **fields) -> None:
    Account.objects.filter(organization=acme).update(**fields)


def left(acme: Organization) -> Decimal | None:
    return spending.status(spending.account_of(acme.pk)).left


def call(program: Caller, to: str = PERSON):
    return program.post("/api/v1/calls/outbound", {"from_number": OURS, "to_number": to})


def message(program: Caller, to: str = PERSON, body: str = "Hello"):
    return program.post("/api/v1/sms/send", {"from_number": OURS, "to_number": to, "body": body})


def reserve(acme: Organization, number: str = PERSON) -> int | None:
    with transaction.atomic():
        return spending.reserve_call(
            organization_id=acme.pk, leg_id=new_id(), number=number, at=clock.now(), field="to_number"
        )


def test_without_limits_nothing_is_set_aside(program: Caller) -> None:
    assert (call(program).status_code, message(program).status_code) == (201, 201)
    assert not Reservation.objects.exists()
    assert CallLeg.objects.get().time_limit is None


def test_a_call_gets_minutes_and_the_carrier_ends_it_when_they_are_over(
    program: Caller, acme: Organization, simulator: SimulatorControl
) -> None:
    limit(acme, daily_limit=Decimal("0.06"))
    assert call(program).status_code == 201
    leg, reservation = CallLeg.objects.get(), Reservation.objects.get()
    assert (reservation.quantity, reservation.amount, reservation.object_id) == (3, Decimal("0.054"), leg.pk)
    assert leg.time_limit == 170
    assert left(acme) == Decimal("0.006")


def test_what_cannot_be_paid_for_is_a_403_that_leaves_nothing_behind(program: Caller, acme: Organization) -> None:
    limit(acme, monthly_limit=Decimal("0.01"))
    for answer in (call(program, PREMIUM), message(program, PREMIUM)):
        assert answer.status_code == 403
        assert answer.json() == {
            "error": "Forbidden",
            "code": "forbidden",
            "details": {
                "field": "to_number",
                "message": "The spending limit of this organization is reached",
                "reason": "spending_limit",
            },
        }
    assert [model.objects.count() for model in (CallLeg, Message, Reservation)] == [0, 0, 0]
    assert message(program).status_code == 201, "this one costs less than what is left"


def test_a_message_is_paid_for_when_the_carrier_has_it(program: Caller, acme: Organization) -> None:
    limit(acme, daily_limit=1)
    assert message(program, body="x" * 400).status_code == 201
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.quantity, entry.amount) == (Kind.SMS_SEGMENT, 3, Decimal("0.0285"))
    assert not Reservation.objects.exists()
    assert left(acme) == Decimal("0.9715")


def test_what_the_carrier_refuses_costs_nothing(program: Caller, acme: Organization) -> None:
    limit(acme, daily_limit=1)
    assert call(program, "+15005550001").status_code == 422
    assert message(program, "+15005550001").status_code == 422
    assert [model.objects.count() for model in (Reservation, LedgerEntry)] == [0, 0]
    assert left(acme) == 1


def test_what_may_be_at_the_carrier_stays_reserved(
    program: Caller, acme: Organization, simulator: SimulatorControl
) -> None:
    limit(acme, daily_limit=1)
    simulator.faults(rest=[{"path": ".*", "kind": "reset", "after": True, "rate": 1}])
    assert (call(program).status_code, message(program).status_code) == (201, 201)
    assert Reservation.objects.count() == 2


def test_a_destination_without_a_price_is_refused_where_there_is_a_limit(program: Caller, acme: Organization) -> None:
    limit(acme, daily_limit=1)
    Rate.objects.filter(kind=Kind.CALL_MINUTE, direction="outbound", prefix__in=["", "1"]).delete()
    assert call(program).json()["details"]["reason"] == "no_price"


def test_premium_rate_is_off_unless_it_is_switched_on(program: Caller, acme: Organization) -> None:
    Organization.objects.filter(pk=acme.pk).update(premium_rate_allowed=False)
    message = "Calls to premium-rate numbers are not allowed for this organization"
    assert call(program, PREMIUM).json()["details"] == {"field": "to_number", "message": message}
    assert program.patch("/api/v1/billing/limits", {"premium_rate": True}).status_code == 200
    assert call(program, PREMIUM).status_code == 201


def test_a_suspended_organization_reaches_nobody(program: Caller, acme: Organization) -> None:
    Organization.objects.filter(pk=acme.pk).update(status="suspended")
    for answer in (call(program), message(program)):
        assert (answer.status_code, answer.json()["details"]["reason"]) == (403, "suspended")
    Organization.objects.filter(pk=acme.pk).update(status="past_due")
    assert call(program).status_code == 201


def test_yesterday_and_last_month_count_only_where_they_should(acme: Organization) -> None:
    limit(acme, daily_limit=1, monthly_limit=2)
    now = clock.now()
    for age, price in ((timedelta(days=40), 50), (timedelta(0), 5)):
        fact = ledger.Fact(
            organization_id=acme.pk, kind=Kind.CALL_MINUTE, object_id=new_id(), occurred_at=now - age, quantity=price,
            direction="outbound", number=PERSON,
        )  # fmt: skip
        ledger.post([fact])
    told = spending.status(spending.account_of(acme.pk))
    assert (told.spent_today, told.spent_this_month, told.left) == (Decimal("0.09"), Decimal("0.09"), Decimal("0.91"))


def test_a_call_that_lasts_is_given_more_until_nothing_is_left(acme: Organization, program: Caller) -> None:
    limit(acme, daily_limit=Decimal("0.27"))  # 15 minutes
    call(program)
    leg = CallLeg.objects.get()
    CallLeg.objects.filter(pk=leg.pk).update(answered_at=clock.now() - timedelta(minutes=8), ended_at=None)
    assert limits.organizations(clock.now()) == [acme.pk]
    tasks.extend_calls(str(acme.pk))
    leg.refresh_from_db()
    assert (leg.time_limit, left(acme)) == (15 * 60 - 10, 0)
    assert limits.organizations(clock.now()) == []
    limits.extend(leg.pk)
    leg.refresh_from_db()
    assert leg.time_limit == 15 * 60 - 10, "nothing was left: the carrier ends it then"


def test_each_asks_for_itself_and_all_together_never_get_more(acme: Organization) -> None:
    """The same, in one thread: what the reservations add up to is never more than the limit."""
    limit(acme, daily_limit=Decimal("7"))
    granted = []
    while True:
        try:
            granted.append(reserve(acme, PREMIUM))
        except Forbidden:
            break
    assert granted == [110]  # two minutes of 2.50 each
    assert left(acme) == 2


@pytest.mark.django_db(transaction=True)
def test_five_hundred_at_once_get_no_more_than_there_is(acme: Organization) -> None:
    """Calls and messages, as many as the connections of the server let through at once."""
    limit(acme, daily_limit=1, monthly_limit=1)
    Rate.objects.filter(prefix="1900", kind=Kind.CALL_MINUTE).update(amount=Decimal("0.30"))
    Rate.objects.filter(prefix="1900", kind=Kind.SMS_SEGMENT).update(amount=Decimal("0.07"))
    refusals: list[Forbidden] = []

    def ask(number: int) -> None:
        for attempt in range(500 // 20):
            try:
                with transaction.atomic():
                    if (number + attempt) % 2:
                        spending.reserve_call(
                            organization_id=acme.pk, leg_id=new_id(), number=PREMIUM, at=clock.now(), field="to_number"
                        )
                    else:
                        spending.reserve_message(
                            organization_id=acme.pk, message_id=new_id(), kind=Kind.SMS_SEGMENT, number=PREMIUM,
                            quantity=1, at=clock.now(), field="to_number",
                        )  # fmt: skip
            except Forbidden as error:
                refusals.append(error)

    at_once(*[lambda number=number: ask(number) for number in range(20)])
    amounts = list(Reservation.objects.values_list("amount", flat=True))
    assert Decimal("0.93") < sum(amounts) <= 1
    assert len(refusals) + len(amounts) == 500
    assert {(error.status, error.reason) for error in refusals} == {(403, "spending_limit")}


@pytest.mark.django_db(transaction=True)
def test_settling_meanwhile_neither_frees_nor_doubles_anything(acme: Organization) -> None:
    """What goes from set aside to spent while others ask is in exactly one of the two at every moment."""
    limit(acme, daily_limit=1)

    def spend(number: int) -> int:
        done = 0
        for _ in range(30):
            message_id = new_id()
            try:
                with transaction.atomic():
                    spending.reserve_message(
                        organization_id=acme.pk, message_id=message_id, kind=Kind.SMS_SEGMENT, number=PERSON,
                        quantity=1, at=clock.now(), field="to_number",
                    )  # fmt: skip
            except Forbidden:
                continue
            fact = ledger.Fact(
                organization_id=acme.pk, kind=Kind.SMS_SEGMENT, object_id=message_id, occurred_at=clock.now(),
                quantity=1, direction="outbound", number=PERSON,
            )  # fmt: skip
            ledger.post([fact])
            done += 1
        return done

    done = sum(at_once(*[lambda number=number: spend(number) for number in range(8)]))
    assert done == 105  # of 0.0095 each, the 106th would be too much
    assert not Reservation.objects.exists()


def test_limits_in_the_api(acme: Organization) -> None:
    owner, admin = people.member(acme, "owner"), people.member(acme, "admin")
    answer = owner.patch("/api/v1/billing/limits", {"daily_limit": "5.50", "allowed_countries": ["US", "GB", "US"]})
    assert answer.status_code == 200, answer.content
    told = admin.get("/api/v1/billing/limits").json()
    assert told == answer.json() == {
        "currency": "USD", "daily_limit": "5.50", "monthly_limit": None, "spent_today": "0.00",
        "spent_this_month": "0.00", "reserved": "0.00", "left": "5.50", "allowed_countries": ["GB", "US"],
        "premium_rate": True,
    }  # fmt: skip
    assert admin.patch("/api/v1/billing/limits", {"daily_limit": None}).status_code == 403
    assert owner.patch("/api/v1/billing/limits", {"monthly_limit": "1"}).json()["details"]["field"] == "daily_limit"
    assert owner.patch("/api/v1/billing/limits", {"daily_limit": None}).json()["left"] is None
    actions = set(AuditEntry.objects.filter(organization=acme).values_list("action", flat=True))
    assert {"limits.changed", "destinations.changed"} <= actions


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"daily_limit": "-1"}, "daily_limit"),
        ({"daily_limit": "1.005"}, "daily_limit"),
        ({"daily_limit": 5}, "daily_limit"),
        ({"monthly_limit": "1e3"}, "monthly_limit"),
        ({"allowed_countries": ["usa"]}, "allowed_countries.0"),
        ({"premium_rate": "yes"}, "premium_rate"),
        ({"dayly_limit": "1"}, "dayly_limit"),
        ({}, None),
    ],
)
def test_what_is_wrong_is_named(acme: Organization, body: dict, field: str | None) -> None:
    answer = people.member(acme, "owner").patch("/api/v1/billing/limits", body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
