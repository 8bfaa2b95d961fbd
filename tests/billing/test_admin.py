"""Money in the admin site: who sees it, and what may be changed there."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import people
from tests.api import factories
from tests.billing.factories import used
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.billing.models import Account, Invoice, InvoiceLine, Kind, LedgerEntry, Rate, StripeEvent
from zerovoice.lib import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
OF_ORGANIZATIONS = [Account, LedgerEntry, Invoice]


@pytest.fixture
def acme() -> Organization:
    acme = people.organization()
    used(acme, clock.now())
    factories.invoice(acme)
    return acme


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    return client


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def listed(model: Any, query: str = "") -> str:
    return reverse(f"admin:billing_{model._meta.model_name}_changelist") + query


def page(row: Any) -> str:
    return reverse(f"admin:billing_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("model", [*OF_ORGANIZATIONS, Rate, StripeEvent])
def test_an_operator_opens_every_page(operator: Client, acme: Organization, model: Any) -> None:
    StripeEvent.objects.create(event_id="evt_1", type="invoice.paid", stripe_object_id="in_1")
    assert operator.get(listed(model)).status_code == 200
    assert operator.get(page(model.objects.first())).status_code == 200


@pytest.mark.parametrize("model", OF_ORGANIZATIONS)
def test_owners_see_their_own_and_agents_nothing(acme: Organization, model: Any) -> None:
    row = model.objects.filter(organization=acme).first()
    assert staff(acme, "owner").get(page(row)).status_code == 200
    assert staff(acme, "agent").get(listed(model)).status_code == 403
    stranger = staff(people.organization("Globex"), "owner")
    assert stranger.get(page(row)).status_code == 302, "there is no such row for them"


def test_a_day_of_the_ledger_and_no_ids_in_the_list(operator: Client, acme: Organization) -> None:
    content = operator.get(listed(LedgerEntry, f"?when={clock.now():%Y-%m}&kind=call_minute")).content.decode()
    assert "0.054 USD" in content
    assert "US +1" in content
    assert str(LedgerEntry.objects.get().object_id) not in content


def test_the_ledger_is_read_only(operator: Client, acme: Organization) -> None:
    entry = LedgerEntry.objects.get()
    assert operator.post(page(entry), {"amount": "0"}).status_code == 403
    assert operator.get(reverse("admin:billing_ledgerentry_add")).status_code == 403


def test_an_owner_changes_limits_there(acme: Organization) -> None:
    account = Account.objects.get(organization=acme)
    answer = staff(acme, "owner").post(page(account), {"daily_limit": "12.50", "monthly_limit": "", "currency": "EUR"})
    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.daily_limit, account.monthly_limit, account.currency) == (Decimal("12.50"), None, "USD")
    assert AuditEntry.objects.filter(organization=acme, action="limits.changed").count() == 1
    assert staff(acme, "admin").post(page(account), {"daily_limit": "1000"}).status_code == 403


def test_a_price_in_force_can_only_be_ended_and_another_added(operator: Client) -> None:
    rate = Rate.objects.get(kind=Kind.CALL_MINUTE, direction="outbound", prefix="1")
    tomorrow = clock.now().date() + timedelta(days=1)
    form = {"amount": "9", "prefix": "2", "destination": "North America", "effective_until": tomorrow.isoformat()}
    assert operator.post(page(rate), form).status_code == 302
    rate.refresh_from_db()
    assert (rate.amount, rate.prefix, rate.effective_until) == (Decimal("0.018"), "1", tomorrow)
    new = {
        "kind": "call_minute", "direction": "outbound", "prefix": "1", "amount": "0.02", "currency": "USD",
        "effective_from": tomorrow.isoformat(),
    }  # fmt: skip
    assert operator.post(reverse("admin:billing_rate_add"), new).status_code == 302
    assert Rate.objects.filter(prefix="1", effective_from=tomorrow).exists()
    assert operator.post(reverse("admin:billing_rate_delete", args=[rate.pk]), {"post": "yes"}).status_code == 403


def test_owners_read_prices_and_change_none(acme: Organization) -> None:
    owner = staff(acme, "owner")
    rate = Rate.objects.filter(effective_from=date(2020, 1, 1)).first()
    assert owner.get(page(rate)).status_code == 200
    assert owner.post(page(rate), {"effective_until": "2021-01-01"}).status_code == 403


def test_an_operators_word_on_the_status_stays(operator: Client, acme: Organization) -> None:
    form = {
        "name": acme.name, "slug": acme.slug, "timezone": "UTC", "country": "US", "status": "suspended",
        "allowed_countries": "US,CA", "rate_limit_per_minute": "100",
    }  # fmt: skip
    assert operator.post(reverse("admin:accounts_organization_change", args=[acme.pk]), form).status_code == 302
    acme.refresh_from_db()
    assert (acme.status, acme.status_by_hand) == ("suspended", True)
    (entry,) = AuditEntry.objects.filter(organization=acme, action="organization.changed")
    assert {"status", "status_by_hand"} <= set(entry.fields)


def test_a_failed_invoice_is_tried_again(operator: Client, acme: Organization) -> None:
    invoice = Invoice.objects.get()
    Invoice.objects.update(state="failed", last_error="StripeRefused")
    form = {"action": "try_again", "_selected_action": [str(invoice.pk)]}
    assert operator.post(listed(Invoice), form).status_code == 302
    assert Invoice.objects.get().state == "pending"


@pytest.mark.parametrize("model", OF_ORGANIZATIONS)
def test_a_list_costs_the_same_for_any_number_of_rows(operator: Client, acme: Organization, model: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert operator.get(listed(model)).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for month in range(4, 9):
        used(acme, clock.now())
        factories.invoice(acme, month=f"2026-0{month}")
    assert cost() == few
    assert InvoiceLine.objects.count() == 6
