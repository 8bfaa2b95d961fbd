"""A month of an organisation that is over, and what is at Stripe of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from zerovoice.accounts.models import Organization
from zerovoice.billing import invoicing, ledger
from zerovoice.billing.models import Account, Invoice, Kind, LedgerEntry
from zerovoice.lib.ids import new_id

MONTH = "2026-03"
MID = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def used(organization: Organization, at: datetime = MID, **fields: Any) -> ledger.Fact:
    """A fact of that time, in the ledger."""
    fact = ledger.Fact(**{
        "organization_id": organization.pk, "kind": Kind.CALL_MINUTE, "object_id": new_id(), "occurred_at": at,
        "quantity": 3, "direction": "outbound", "number": "+14155550142", **fields,
    })  # fmt: skip
    ledger.post([fact])
    return fact


def a_month(organization: Organization) -> Decimal:
    """Usage of several kinds and prices; what it comes to, worked out by hand from the deck as it is shipped."""
    for day in range(1, 11):
        used(organization, MID - timedelta(days=day), quantity=day)
    used(organization, number="+442071838750", quantity=7)
    used(organization, kind=Kind.SMS_SEGMENT, quantity=5)
    used(organization, kind=Kind.SMS_SEGMENT, quantity=1, direction="inbound")
    used(organization, kind=Kind.NUMBER_MONTH, quantity=1, direction="", number="+16285550100", period=MONTH)
    used(organization, kind=Kind.TRANSCRIPTION_MINUTE, quantity=13, direction="", number="")
    hundred_thousandths = 55 * 1800 + 7 * 2200 + 5 * 950 + 1 * 950 + 150_000 + 13 * 1000
    return Decimal((hundred_thousandths + 500) // 1000) / 100


def invoiced(organization: Organization) -> Invoice:
    """An invoice of that month, at Stripe."""
    used(organization)
    invoice = invoicing.prepare(organization, MONTH)
    assert invoice is not None
    invoicing.carry_out(str(invoice.pk))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.status) == ("done", "open"), invoice.last_error
    return invoice


def give_card(at_stripe: httpx.Client, organization: Organization, number: str) -> None:
    """The organisation's customer pays with this card from now on."""
    customer = Account.objects.get(organization=organization).stripe_customer_id
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    form = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
    method = at_stripe.post("/payment_methods", data=form).json()["id"]
    at_stripe.post(f"/payment_methods/{method}/attach", data={"customer": customer}).raise_for_status()
    form = {"invoice_settings[default_payment_method]": method}
    at_stripe.post(f"/customers/{customer}", data=form).raise_for_status()


GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000000000341"


def everything_at(at_stripe: httpx.Client, organization: Organization) -> dict[str, list[Any]]:
    """The organisation's customers, invoices and their lines there."""
    ours = [
        customer
        for customer in at_stripe.get("/customers", params={"limit": 1000}).json()["data"]
        if customer["metadata"].get("zerovoice_organization") == str(organization.pk)
    ]
    invoices: list[Any] = []
    for customer in ours:
        asked = {"customer": customer["id"], "limit": 1000}
        invoices += at_stripe.get("/invoices", params=asked).json()["data"]
    lines = [line for invoice in invoices for line in invoice["lines"]["data"]]
    return {"customers": ours, "invoices": invoices, "lines": lines}


def ledger_sum(organization: Organization) -> Decimal:
    return sum(LedgerEntry.objects.of(organization.pk).values_list("amount", flat=True), Decimal(0))
