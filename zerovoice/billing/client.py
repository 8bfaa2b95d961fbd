"""Stripe: the only place that knows its SDK, its key and its URL.

Everything that makes something at Stripe looks first whether it is there: its idempotency keys are forgotten after a
day, ours are for the moments in between. What we make carries the id of our row in its metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings

from zerovoice.billing import rating
from zerovoice.billing.models import Account, Invoice, InvoiceLine

_TIMEOUT_SECONDS = 10.0
#: How far Stripe's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=10)
_ORGANIZATION, _INVOICE, _LINE = "zerovoice_organization", "zerovoice_invoice", "zerovoice_line"


class StripeUnavailable(Exception):
    """Not now: the network, a limit, a failure of theirs. Or maybe done; asking again finds out."""


class StripeRefused(Exception):
    """Trying again does not help."""


class BadSignature(ValueError):
    """It is not from Stripe, or not from now."""


@dataclass(frozen=True, slots=True)
class ToldInvoice:
    """What Stripe says of an invoice."""

    id: str
    status: str
    number: str
    url: str
    attempted: bool
    total: int


@dataclass(frozen=True, slots=True)
class ToldEvent:
    id: str
    type: str
    object_id: str


def client() -> stripe.StripeClient:
    """A client with the settings' key, for the settings' host."""
    return _client(settings.STRIPE_API_KEY, settings.STRIPE_API_URL)


@lru_cache(maxsize=4)
def _client(api_key: str, api_url: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_url} if api_url else {},
        http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
    )


def find_customer(account: Account) -> str | None:
    """The organisation's customer, if an earlier attempt made one. Raises StripeUnavailable, StripeRefused."""
    if account.customer_asked_at is None:
        return None
    since = int((account.customer_asked_at - _CLOCKS_DIFFER).timestamp())
    with _errors():
        for page in _pages(client().v1.customers, {"created": {"gte": since}}):
            if _meta(page, _ORGANIZATION) == str(account.organization_id):
                return str(page.id)
    return None


def create_customer(account: Account, *, name: str, email: str) -> str:
    """Raises StripeUnavailable, StripeRefused."""
    about: Any = {"name": name, "metadata": {_ORGANIZATION: str(account.organization_id)}}
    if email:
        about["email"] = email
    with _errors():
        return str(client().v1.customers.create(about, _once("customer", account.organization_id)).id)


def find_invoice(customer: str, invoice: Invoice) -> ToldInvoice | None:
    with _errors():
        for page in _pages(client().v1.invoices, {"customer": customer}):
            if _meta(page, _INVOICE) == str(invoice.pk):
                return _told(page)
    return None


def create_invoice(customer: str, invoice: Invoice) -> ToldInvoice:
    """A draft without lines. Nothing else that waits at the customer comes onto it."""
    about: Any = {
        "customer": customer,
        "currency": invoice.currency.lower(),
        "auto_advance": False,  # until it is whole; finalizing starts the collection
        "collection_method": "charge_automatically",
        "pending_invoice_items_behavior": "exclude",
        "description": f"Usage in {invoice.month}",
        "metadata": {_INVOICE: str(invoice.pk)},
    }
    with _errors():
        return _told(client().v1.invoices.create(about, _once("invoice", invoice.pk)))


def lines_made(customer: str, stripe_invoice: str) -> set[str]:
    """The ids of our lines that are on it."""
    asked: Any = {"customer": customer, "invoice": stripe_invoice}
    with _errors():
        return {_meta(item, _LINE) for item in _pages(client().v1.invoice_items, asked)}


def create_line(customer: str, stripe_invoice: str, invoice: Invoice, line: InvoiceLine) -> None:
    about: Any = {
        "customer": customer,
        "invoice": stripe_invoice,
        "amount": rating.in_smallest_unit(line.amount, invoice.currency),
        "currency": invoice.currency.lower(),
        "description": str(line),
        "metadata": {_LINE: str(line.pk)},
    }
    with _errors():
        client().v1.invoice_items.create(about, _once("line", line.pk))


def finalize(stripe_invoice: str, invoice: Invoice) -> ToldInvoice:
    with _errors():
        about: Any = {"auto_advance": True}
        return _told(client().v1.invoices.finalize_invoice(stripe_invoice, about, _once("finalize", invoice.pk)))


def retrieve_invoice(stripe_invoice: str) -> ToldInvoice:
    with _errors():
        return _told(client().v1.invoices.retrieve(stripe_invoice))


def portal_url(customer: str, *, return_url: str) -> str:
    with _errors():
        about: Any = {"customer": customer, "return_url": return_url}
        return str(client().v1.billing_portal.sessions.create(about).url)


def verify(payload: bytes, signature: str) -> ToldEvent:
    """An event that Stripe sent. Raises BadSignature: also for one that was signed more than five minutes ago, and
    when no secret is set."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise BadSignature("No webhook secret is set")
    try:
        event = stripe.Webhook.construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)
        told = event.data.object
        return ToldEvent(event.id, event.type, str(told["id"]) if "id" in told else "")  # a balance has none
    except (ValueError, stripe.SignatureVerificationError, KeyError, AttributeError, TypeError) as error:
        raise BadSignature(type(error).__name__) from error


class _errors:
    """Stripe's errors in our two words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if not isinstance(error, stripe.StripeError):
            return
        passing = isinstance(error, stripe.APIConnectionError | stripe.RateLimitError | stripe.IdempotencyError)
        text = f"{type(error).__name__} {error.http_status or ''} {error.code or ''}".strip()
        if passing or not error.http_status or error.http_status >= 500 or error.http_status in (401, 409):
            raise StripeUnavailable(text) from error
        raise StripeRefused(text) from error


def _once(what: str, row: UUID) -> Any:
    return {"idempotency_key": f"zerovoice-{what}-{row}"}


def _pages(service: Any, asked: dict[str, Any]) -> Any:
    return service.list({**asked, "limit": 100}).auto_paging_iter()


def _meta(found: Any, name: str) -> str:
    metadata = getattr(found, "metadata", None)
    return str(metadata[name]) if metadata and name in metadata else ""


def _told(found: Any) -> ToldInvoice:
    def text(name: str) -> str:
        return str(getattr(found, name, None) or "")

    attempted = bool(getattr(found, "attempted", False))
    return ToldInvoice(
        text("id"), text("status"), text("number"), text("hosted_invoice_url"), attempted, int(found.total or 0)
    )  # fmt: skip
