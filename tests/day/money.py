"""What the day costs by the network's account alone, and whether the invoice at Stripe says the same to the cent.

Paid for are the started minutes of legs with people outside, who are everybody but the agents; and the number's month.
Prices are read from the deck that is shipped, by this module's own eyes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx

from tests.day.account import Row
from tests.day.play import Played
from tests.waiting import wait_until
from zerovoice.embedded.environment import STRIPE_KEY
from zerovoice.embedded.servers import PROJECT

_DECK = PROJECT / "zerovoice" / "billing" / "rates.csv"
Prices = dict[tuple[str, str, str], str]


def differences(played: Played, rows: list[Row]) -> Iterator[str]:
    """What the invoice says otherwise."""
    deck = [line for line in _DECK.read_text().splitlines() if not line.startswith("#")]
    prices = {(row["kind"], row["direction"], row["prefix"]): row["amount"] for row in csv.DictReader(deck)}
    exact = _price(prices, "number_month", "", played.company.number)
    minutes = 0
    for row in rows:
        if row["to"] in played.phones or not row["duration"]:
            continue
        started = -(-row["duration"] // 60)
        minutes += started
        direction = "inbound" if row["direction"] == "inbound" else "outbound"
        exact += started * _price(prices, "call_minute", direction, row["to"])
    cents = int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
    told = _invoice(played)
    if told["total"] != cents:
        yield f"the invoice is {told['total']} cents, not {cents} ({minutes} minutes, {exact})"
    if (again := _invoice(played)) != told:
        yield f"made again, the invoice is {again}, not {told}"


def _price(prices: Prices, kind: str, direction: str, number: str) -> Decimal:
    digits = number[1:]
    best = max((key[2] for key in prices if key[:2] == (kind, direction) and digits.startswith(key[2])), key=len)
    return Decimal(prices[kind, direction, best])


def _invoice(played: Played) -> dict[str, Any]:
    """The organisation's one invoice, as Stripe has it."""
    stack, tenant = played.company.stack, played.company.tenant
    stack.django(_MAKE, tenant_id=tenant.id)
    customer = wait_until(lambda: stack.django(_MADE, tenant_id=tenant.id), timeout=60, what="an invoice at Stripe")
    address, asked = f"{stack.env['STRIPE_API_URL']}/v1/invoices", {"customer": customer, "limit": 100}
    (there,) = httpx.get(address, params=asked, auth=(STRIPE_KEY, "")).raise_for_status().json()["data"]
    return {"id": there["id"], "total": there["total"], "status": there["status"], "lines": len(there["lines"]["data"])}


#: When the month is over: by the clock of this process it is.
_MAKE = """
from datetime import timedelta
from zerovoice.accounts.models import Organization
from zerovoice.billing import invoicing, rating
from zerovoice.lib import clock

organization = Organization.objects.get(pk=tenant_id)
month = rating.month_of(clock.now(), organization.timezone)
kept = clock.START, clock.SPEED
clock.START, clock.SPEED = clock.timestamp() + timedelta(days=40).total_seconds(), 0
try:
    invoicing.prepare(organization, month)
finally:
    clock.START, clock.SPEED = kept
result = month
"""
_MADE = """
from zerovoice.billing.models import Account, Invoice

done = Invoice.objects.of(tenant_id).filter(state="done").exists()
result = done and Account.objects.get(organization_id=tenant_id).stripe_customer_id
"""
