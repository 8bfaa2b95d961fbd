"""What was used, over the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import people
from tests.billing.factories import MID, a_month, ledger_sum, used
from zerovoice.accounts.models import Organization
from zerovoice.billing import invoicing
from zerovoice.billing import usage as usage_of
from zerovoice.billing.models import Kind, LedgerEntry
from zerovoice.lib import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
QUARTER = timedelta(minutes=15)
MARCH = {"date_start": "2026-03-01", "date_end": "2026-03-31"}


@pytest.fixture
def acme() -> Organization:
    return people.organization(timezone="America/Los_Angeles")


def usage(acme: Organization, **query: str):
    return people.program(acme, "billing:read").get("/api/v1/billing/usage", query)


def test_by_kind_and_day_and_in_all(acme: Organization) -> None:
    a_month(acme)
    used(people.organization("Globex"))
    told = usage(acme, **MARCH).json()
    assert (told["date_start"], told["date_end"]) == ("2026-03-01T08:00:00Z", "2026-04-01T07:00:00Z")
    assert (told["currency"], Decimal(told["total"])) == ("USD", ledger_sum(acme))
    calls = next(kind for kind in told["kinds"] if kind["kind"] == "call_minute")
    assert calls == {"kind": "call_minute", "direction": "outbound", "quantity": 62, "amount": "1.144"}
    assert len(told["days"]) == 10 + 5
    assert sum(Decimal(day["amount"]) for day in told["days"]) == ledger_sum(acme)
    number = next(kind for kind in told["kinds"] if kind["kind"] == "number_month")
    assert (number["direction"], number["amount"]) == (None, "1.50")


def test_filters(acme: Organization) -> None:
    a_month(acme)
    assert {kind["kind"] for kind in usage(acme, kind="sms_segment", **MARCH).json()["kinds"]} == {"sms_segment"}
    told = usage(acme, direction="inbound", **MARCH).json()
    assert [(kind["direction"], kind["quantity"]) for kind in told["kinds"]] == [("inbound", 1)]
    day = usage(acme, date_start="2026-03-13", date_end="2026-03-13").json()
    assert [(row["day"], row["quantity"]) for row in day["days"]] == [("2026-03-13", 1)]


def test_a_bare_day_is_one_of_the_zone(acme: Organization) -> None:
    used(acme, datetime(2026, 3, 15, 6, 59, tzinfo=UTC))
    assert usage(acme, date_start="2026-03-14", date_end="2026-03-14").json()["days"][0]["day"] == "2026-03-14"


def test_by_default_the_present_month(acme: Organization) -> None:
    used(acme)
    assert usage(acme).json()["days"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "fax"}, "kind"),
        ({"direction": "up"}, "direction"),
        ({"date_start": "March"}, "date_start"),
        ({"date_start": "2026-03-02", "date_end": "2026-03-01"}, "date_end"),
        ({"date_start": "2020-01-01", "date_end": "2026-01-01"}, "date_end"),
        ({"day": "2026-03-01"}, "day"),
    ],
)
def test_what_is_wrong_is_named(acme: Organization, query: dict[str, str], field: str) -> None:
    answer = usage(acme, **query)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)


def test_an_invoice_with_its_lines(acme: Organization) -> None:
    total = a_month(acme)
    invoice = invoicing.prepare(acme, "2026-03")
    assert invoice is not None
    reader = people.program(acme, "billing:read")
    (row,) = reader.get("/api/v1/billing/invoices", {"month": "2026-03", "status": "draft"}).json()["results"]
    assert (row["id"], Decimal(row["total"]), row["status"]) == (str(invoice.pk), total, "draft")
    lines = reader.get(f"/api/v1/billing/invoices/{invoice.pk}").json()["lines"]
    assert sum(Decimal(line["amount"]) for line in lines) == total
    assert reader.get("/api/v1/billing/invoices", {"status": "paid"}).json()["count"] == 0
    assert reader.get("/api/v1/billing/invoices", {"status": "owed"}).status_code == 400


def test_it_costs_the_same_however_much_was_used(acme: Organization) -> None:
    caller = people.program(acme, "billing:read")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert caller.get("/api/v1/billing/usage", MARCH).status_code == 200
            assert caller.get("/api/v1/billing/invoices").status_code == 200
        return len(queries)

    used(acme)
    cost()  # the first request also reads the key
    few = cost()
    for _ in range(5):
        used(acme, kind=Kind.SMS_SEGMENT, at=MID)
    a_month(acme)
    invoicing.prepare(acme, "2026-03")
    assert cost() == few <= 6


def by_hand(acme: Organization, start: datetime, end: datetime) -> list[tuple]:
    """Row by row of the ledger."""
    found: dict[tuple, list] = {}
    for row in LedgerEntry.objects.of(acme.pk).filter(occurred_at__gte=start, occurred_at__lt=end):
        sums = found.setdefault((row.day, row.kind, row.direction), [0, Decimal(0)])
        sums[0] += row.quantity
        sums[1] += row.amount
    return sorted((*key, *sums) for key, sums in found.items())


MOMENTS = st.integers(0, 4 * 24 * 4).map(lambda quarters: datetime(2026, 3, 6, 20, tzinfo=UTC) + quarters * QUARTER)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=MOMENTS, end=MOMENTS)
def test_whole_days_and_parts_of_days_are_what_the_ledger_says(
    acme: Organization, start: datetime, end: datetime
) -> None:
    """Over the night in which Los Angeles puts its clocks forward."""
    if not LedgerEntry.objects.exists():
        for number in range(4 * 24 * 2):
            kind = (Kind.CALL_MINUTE, Kind.SMS_SEGMENT)[number % 2]
            used(acme, datetime(2026, 3, 6, 20, tzinfo=UTC) + 2 * number * QUARTER, kind=kind, quantity=1 + number % 5)
    told = usage_of.by_day(acme.pk, start, end, acme.timezone, now=clock.now())
    assert [(row.day, row.kind, row.direction, row.quantity, row.amount) for row in told] == by_hand(acme, start, end)


def test_whole_days_are_not_read_from_the_ledger(acme: Organization) -> None:
    """So that a year costs what its days cost, however much was used."""
    a_month(acme)
    used(acme, clock.now() - timedelta(seconds=1))
    with CaptureQueriesContext(connection) as queries:
        usage(acme, **MARCH)
        usage(acme)  # until now: nothing of today is left out
    assert not [query for query in queries if 'FROM "billing_ledgerentry"' in query["sql"]]
    assert usage(acme).json()["days"][0]["quantity"] == 3
