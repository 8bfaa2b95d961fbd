"""Money in a running system: what the network says was used is what is charged, and nobody outruns a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.flows.company import ASKS, STAYS, Company
from tests.stack import Stack
from zerovoice.embedded.environment import STRIPE_KEY

PREMIUM = "+1900555"
MOST_AT_ONCE = 25


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Stack]) -> Stack:
    """With a Stripe, and no patience with who does not pay."""
    return make_stack(stripe=True, web_workers=2, env={"BILLING_GRACE_DAYS": "0"})


@pytest.fixture
def at_stripe(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{stack.env['STRIPE_API_URL']}/v1", auth=(STRIPE_KEY, "")) as client:
        yield client


def limits(company: Company, **fields: Any) -> dict[str, Any]:
    answer = company.api.patch("/billing/limits", json=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def usage(company: Company) -> dict[tuple[str, str | None], tuple[int, str]]:
    told = company.get("/billing/usage")
    return {(row["kind"], row["direction"]): (row["quantity"], row["amount"]) for row in told["kinds"]}


def minutes(company: Company, *people: str) -> int:
    """Started ones, as the network counted them."""
    legs = [leg for person in people for leg in company.network_legs(person)]
    return sum(-(-(leg["duration"] or 0) // 60) for leg in legs)


def test_what_the_network_counted_is_what_is_charged(company: Company) -> None:
    outbound = company.person(ASKS)
    first = company.place(outbound, queue_id=company.queue_id)
    second, inbound = company.receive(ASKS)
    nobody = company.person(outcome="busy")
    third = company.place(nobody)
    for call in (first, second, third):
        company.in_the_books(call)
    company.sim.message(company.stack.new_phone(), company.number, "Hello")
    send = {"from_number": company.number, "to_number": company.stack.new_phone(), "body": "x" * 200}
    assert company.api.post("/sms/send", json=send).status_code == 201
    company.until(lambda: ("sms_segment", "inbound") in usage(company))
    assert usage(company) == {
        ("call_minute", "outbound"): (minutes(company, outbound), f"{minutes(company, outbound) * 0.018:.3f}"),
        ("call_minute", "inbound"): (minutes(company, inbound), f"{minutes(company, inbound) * 0.011:.3f}"),
        ("sms_segment", "outbound"): (2, "0.019"),
        ("sms_segment", "inbound"): (1, "0.0095"),
        ("number_month", None): (1, "1.50"),
    }


def test_five_hundred_at_once_with_one_dollar_left(company: Company) -> None:
    """Calls and messages to a premium-rate prefix. The network's own account says what they would have cost."""
    spent = Decimal(company.get("/billing/limits")["spent_today"])
    limits(company, premium_rate=True, daily_limit=str(spent + 1))
    company.stack.django(_CHEAPER)

    def ask(number: int) -> tuple[int, str | None]:
        to = f"{PREMIUM}{number:04}"
        if number % 2:
            answer = company.api.post("/calls/outbound", json={"from_number": company.number, "to_number": to})
        else:
            body = {"from_number": company.number, "to_number": to, "body": "Hello"}
            answer = company.api.post("/sms/send", json=body)
        return answer.status_code, answer.json().get("details", {}).get("reason")

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        answers = Counter(pool.map(ask, range(500)))
    assert set(answers) == {(201, None), (403, "spending_limit")}, answers
    assert 2 <= answers[201, None] <= 14
    company.until(lambda: not company.unfinished(), 300, "all calls are over")
    rung = [leg for leg in company.sim.calls(direction="outbound-api") if leg["to"].startswith(PREMIUM)]
    written = [number for number in range(0, 500, 2) if company.sim.messages(f"{PREMIUM}{number:04}")]
    cost = sum(-(-(leg["duration"] or 0) // 60) for leg in rung) * Decimal("0.30") + len(written) * Decimal("0.07")
    assert len(rung) + len(written) == answers[201, None]
    assert 0 < cost <= 1
    told = company.get("/billing/limits")
    assert Decimal(told["spent_today"]) - spent == cost
    assert told["reserved"] == "0.00"


def test_a_call_ends_when_the_money_does(company: Company) -> None:
    spent = Decimal(company.get("/billing/limits")["spent_today"])
    limits(company, daily_limit=str(spent + Decimal("0.02")))
    customer = company.person(STAYS)
    call = company.talking(customer)
    assert company.get("/billing/limits")["reserved"] == "0.018"
    limits(company, daily_limit=str(spent + Decimal("0.04")))  # so it is given another minute
    company.until(lambda: company.get("/billing/limits")["reserved"] == "0.036", 30)
    company.in_the_books(call)
    (leg,) = company.network_legs(customer)
    assert 105 <= leg["duration"] <= 120
    assert usage(company)["call_minute", "outbound"] == (2, "0.036")
    refused = company.api.post("/calls/outbound", json={"from_number": company.number, "to_number": customer})
    assert (refused.status_code, refused.json()["details"]["reason"]) == (403, "spending_limit")


def test_a_month_is_invoiced_and_who_does_not_pay_is_suspended_until_they_do(
    company: Company, at_stripe: httpx.Client
) -> None:
    """All of it through Stripe's own words to us."""
    stack = company.stack
    last = stack.django(_LAST_MONTH, tenant_id=company.tenant.id)
    for _ in range(2):  # again changes nothing
        stack.manage("make_invoices", "--month", last["month"])
    invoice = company.until(lambda: _invoice(company, "open"), 600, "the invoice is at Stripe")
    assert (invoice["total"], company.get("/billing/invoices")["count"]) == ("21.60", 1)
    there = at_stripe.get(f"/invoices/{_stripe_id(stack, company)}").json()
    assert (there["total"], there["status"], len(there["lines"]["data"])) == (2160, "open", 1)
    caller = [{"wait": 600}]

    _card(at_stripe, there["customer"], "4000000000000341")
    at_stripe.post(f"/invoices/{there['id']}/pay")
    company.until(lambda: _status(stack, company) == "suspended", 600, "its outbound is off")
    for path, body in (("/calls/outbound", {}), ("/sms/send", {"body": "Hello"})):
        request = {"from_number": company.number, "to_number": stack.new_phone(), **body}
        refused = company.api.post(path, json=request)
        assert (refused.status_code, refused.json()["details"]["reason"]) == (403, "suspended")
    incoming, _ = company.receive(caller)
    company.until(lambda: company.call(incoming)["answered_at"], what="who calls is still answered")
    assert company.hang_up(incoming).status_code == 200

    _card(at_stripe, there["customer"], "4242424242424242")
    at_stripe.post(f"/invoices/{there['id']}/pay").raise_for_status()
    company.until(lambda: _status(stack, company) == "active", 600, "and on again")
    assert _invoice(company, "paid")["paid_at"]
    company.place(company.person(ASKS))


def _invoice(company: Company, status: str) -> dict[str, Any] | None:
    found = company.get("/billing/invoices", status=status)["results"]
    return found[0] if found else None


def _status(stack: Stack, company: Company) -> str:
    code = "from zerovoice.accounts.models import Organization; result = Organization.objects.get(pk=tenant_id).status"
    return str(stack.django(code, tenant_id=company.tenant.id))


def _stripe_id(stack: Stack, company: Company) -> str:
    code = (
        "from zerovoice.billing.models import Invoice; result = Invoice.objects.of(tenant_id).get().stripe_invoice_id"
    )
    return str(stack.django(code, tenant_id=company.tenant.id))


def _card(at_stripe: httpx.Client, customer: str, number: str) -> None:
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    form = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
    method = at_stripe.post("/payment_methods", data=form).json()["id"]
    at_stripe.post(f"/payment_methods/{method}/attach", data={"customer": customer}).raise_for_status()
    form = {"invoice_settings[default_payment_method]": method}
    at_stripe.post(f"/customers/{customer}", data=form).raise_for_status()


_CHEAPER = """
from zerovoice.billing.models import Rate
Rate.objects.filter(prefix="1900", kind="call_minute").update(amount="0.30")
Rate.objects.filter(prefix="1900", kind="sms_segment").update(amount="0.07")
"""
_LAST_MONTH = """
from datetime import timedelta
from zerovoice.accounts.models import Organization
from zerovoice.billing import ledger, rating
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

zone = Organization.objects.get(pk=tenant_id).timezone
month = rating.month_before(rating.month_of(clock.now(), zone))
at = rating.bounds_of(month, zone)[1] - timedelta(hours=1)
ledger.post([
    ledger.Fact(organization_id=tenant_id, kind="call_minute", object_id=new_id(), occurred_at=at, quantity=1200,
                direction="outbound", number="+14155550142")
])
result = {"month": month}
"""
