"""More minutes for calls that last: each organisation by itself, and none for want of those who have nothing left."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls import tasks
from calls.actions import limits
from calls.models import Call, CallLeg
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.billing.models import Account, Kind, Reservation
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db
CHEAP, PREMIUM = Decimal("0.018"), Decimal("2.50")


def lasting(of: Organization, price: Decimal, number: int = 1, *, ends_in: float = 60) -> list[CallLeg]:
    """Calls of ten minutes each, of which so many seconds are left."""
    answered = clock.now() - timedelta(seconds=590 - ends_in)
    calls = Call.objects.bulk_create(
        Call(organization=of, direction="outbound", from_number="+16285550100", to_number="+14155550142")
        for _ in range(number)
    )
    legs = CallLeg.objects.bulk_create(
        CallLeg(organization=of, call=call, role="customer", time_limit=590, answered_at=answered) for call in calls
    )
    Reservation.objects.bulk_create(
        Reservation(
            organization=of, object_id=leg.pk, kind=Kind.CALL_MINUTE, quantity=10, unit_amount=price, amount=10 * price
        )
        for leg in legs
    )
    return legs


def leave(of: Organization, left: Decimal) -> None:
    reserved = sum(Reservation.objects.filter(organization=of).values_list("amount", flat=True))
    Account.objects.filter(organization=of).update(daily_limit=reserved + left)


def tick() -> None:
    """As a tick and the workers that it tells."""
    for organization_id in limits.organizations(clock.now()):
        tasks.extend_calls(str(organization_id))


def test_those_with_nothing_left_keep_nobody_from_more_minutes() -> None:
    """Six hundred calls of one organisation that end sooner, and can be given nothing."""
    poor, rich = people.organization("Poor"), people.organization("Rich")
    lasting(poor, PREMIUM, 600, ends_in=30)
    (leg,) = lasting(rich, CHEAP, ends_in=120)
    leave(poor, Decimal(1))
    leave(rich, Decimal(1))
    tick()
    leg.refresh_from_db()
    assert leg.time_limit == 20 * 60 - 10
    assert not CallLeg.objects.filter(organization=poor, time_limit__gt=590).exists()


def test_nor_do_those_that_are_too_dear_keep_a_cheap_one_of_the_same_organization() -> None:
    acme = people.organization()
    lasting(acme, PREMIUM, limits.BATCH + 20, ends_in=30)
    (leg,) = lasting(acme, CHEAP, ends_in=120)
    leave(acme, Decimal(1))
    tick()
    leg.refresh_from_db()
    assert leg.time_limit == 20 * 60 - 10


def test_a_turn_is_bounded_and_the_next_goes_on() -> None:
    acme = people.organization()
    lasting(acme, CHEAP, limits.BATCH + 20)
    leave(acme, Decimal(1000))
    tick()
    assert CallLeg.objects.filter(time_limit__gt=590).count() == limits.BATCH
    tick()
    assert CallLeg.objects.filter(time_limit__gt=590).count() == limits.BATCH + 20
    assert limits.organizations(clock.now()) == []


def test_who_may_need_more_is_found_in_an_index() -> None:
    """Beside calls without a limit."""
    acme = people.organization()
    lasting(acme, CHEAP, 5)
    calls = Call.objects.bulk_create(Call(organization=acme, direction="inbound") for _ in range(500))
    CallLeg.objects.bulk_create(CallLeg(organization=acme, call=call, role="customer") for call in calls)
    with CaptureQueriesContext(connection) as queries:
        limits.organizations(clock.now())
        limits.near_their_end(acme.pk, clock.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_callleg")
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in (one["sql"] for one in queries.captured_queries if 'FROM "calls_callleg"' in one["sql"]):
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "calls_legs_limited" in plan, plan
            assert "Seq Scan" not in plan
