"""The usage page: what the API says, for those who may see money."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests import people
from tests.billing.factories import a_month, used
from zerovoice.accounts.models import Organization
from zerovoice.billing import invoicing
from zerovoice.billing.models import Account, Invoice, Kind, Reservation
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
PAGE = "/admin/usage/"
NOW = datetime(2026, 4, 10, 18, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def acme() -> Organization:
    return people.organization(timezone="America/Los_Angeles")


def staff(organization: Organization, role: str = "owner") -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def test_a_month_as_the_api_tells_it(acme: Organization) -> None:
    a_month(acme)
    used(acme, NOW, quantity=9)
    api = people.program(acme, "billing:read").get(
        "/api/v1/billing/usage", {"date_start": "2026-03-01", "date_end": "2026-03-31"}
    )
    told = api.json()
    shown = staff(acme).get(PAGE, {"month": "2026-03"}).context
    assert shown["total"] == Decimal(told["total"])
    assert [(row["kind"], row["quantity"], row["amount"]) for row in shown["kinds"]] == [
        (row["kind"], row["quantity"], Decimal(row["amount"])) for row in told["kinds"]
    ]
    by_day: dict[str, Decimal] = {}
    for row in told["days"]:
        by_day[row["day"]] = by_day.get(row["day"], Decimal(0)) + Decimal(row["amount"])
    assert {str(bar["name"]): bar["total"] for bar in shown["days"] if bar["total"]} == by_day
    assert len(shown["days"]) == 31
    assert {bar["name"]: bar["total"] for bar in shown["months"]}["2026-03"] == shown["total"]


def test_the_present_month_first(acme: Organization) -> None:
    used(acme, NOW, quantity=9)
    shown = staff(acme).get(PAGE, {"month": "2019-01"}).context
    assert (shown["month"], len(shown["days"]), shown["kinds"][0]["quantity"]) == ("2026-04", 10, 9)
    assert [bar["name"] for bar in shown["months"]][::11] == ["2025-05", "2026-04"]


def test_limits_and_what_is_set_aside(acme: Organization) -> None:
    used(acme, NOW, quantity=100)  # 1.80
    Account.objects.filter(organization=acme).update(daily_limit=2, monthly_limit=10)
    Reservation.objects.create(
        organization=acme, object_id=new_id(), kind=Kind.CALL_MINUTE, quantity=1, unit_amount=1, amount="0.10"
    )
    page = staff(acme).get(PAGE)
    told = people.program(acme, "billing:read").get("/api/v1/billing/limits").json()
    assert Decimal(told["left"]) == page.context["status"].left == Decimal("0.1")
    assert [(row["percent"], row["tone"]) for row in page.context["limits"]] == [(95, "warning"), (19, "good")]
    assert "95 % spent or set aside" in page.content.decode()


def test_invoices_with_state_and_link(acme: Organization) -> None:
    a_month(acme)
    invoice = invoicing.prepare(acme, "2026-03")
    assert invoice is not None
    Invoice.objects.filter(pk=invoice.pk).update(status="open", url="https://invoice.stripe.com/i/1", number="A-1")
    page = staff(acme).get(PAGE)
    text = page.content.decode()
    assert page.context["owed"] == invoice.total
    assert f"/admin/billing/invoice/{invoice.pk}/change/" in text
    for said in ("March 2026", "Open", "A-1", 'href="https://invoice.stripe.com/i/1"'):
        assert said in text


def test_nothing_yet_is_said_in_words(acme: Organization) -> None:
    text = staff(acme).get(PAGE).content.decode()
    assert "Nothing was used in April 2026" in text
    assert "No invoices yet" in text


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("supervisor", 403), ("agent", 403)])
def test_for_those_who_may_see_money(acme: Organization, role: str, status: int) -> None:
    assert staff(acme, role).get(PAGE).status_code == status


def test_nothing_of_another_organization(acme: Organization) -> None:
    globex = people.organization("Globex")
    used(globex, NOW, quantity=77)
    page = staff(acme).get(PAGE, {"in": str(globex.pk)})
    assert page.context["organization"] == acme
    assert page.context["kinds"] == []
    assert "Globex" not in page.content.decode()


def test_it_costs_the_same_however_much_was_used(acme: Organization, django_assert_max_num_queries: Any) -> None:
    client = staff(acme)
    client.get(PAGE)
    a_month(acme)
    invoicing.prepare(acme, "2026-03")
    with django_assert_max_num_queries(14) as queries:
        client.get(PAGE, {"month": "2026-03"})
    assert not [query for query in queries.captured_queries if 'FROM "billing_ledgerentry"' in query["sql"]]
