"""localstripe, kept to this machine and this project.

Its own entry point listens on every interface, needs IPv6, and loads a pickle from the world-writable /tmp, which is to
run whatever another user of the machine put there.

What it lacks of Stripe is added here: invoices without a subscription, their finalization, lists by invoice and by
date, idempotency keys (forgotten when it starts anew, as Stripe forgets them after a day), the billing portal.
"""

import os
import pickle
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from localstripe import resources, webhooks
from localstripe.errors import UserError


class _Store(resources.Store):
    """localstripe's store, with its file in a directory of ours."""

    path: Path

    def try_load_from_disk(self) -> None:
        try:
            self.update(pickle.loads(self.path.read_bytes()))  # noqa: S301 - written by us, in a directory of ours
        except (EOFError, FileNotFoundError, pickle.UnpicklingError):
            # Nothing there, or killed in the middle of a write: start empty.
            return

    def dump_to_disk(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_bytes(pickle.dumps(dict(self)))
        part.rename(self.path)


def serve(port: int, path: Path) -> None:
    """Serve Stripe's API on 127.0.0.1:`port` until told to stop; `path` keeps the objects over restarts.

    With STRIPE_WEBHOOK_SECRET and PUBLIC_URL in the environment, what happens is told to our webhook.
    """
    _complete()
    from localstripe import server  # it binds its handlers when it is imported

    path.parent.mkdir(parents=True, exist_ok=True)
    # Its modules share one store object, so that object learns the other way of keeping itself.
    resources.store.__class__ = _Store
    resources.store.path = path
    resources.store.try_load_from_disk()
    if os.environ.get("STRIPE_WEBHOOK_SECRET") and os.environ.get("PUBLIC_URL"):
        address = f"{os.environ['PUBLIC_URL']}/webhooks/stripe"
        webhooks.register_webhook("zerovoice", address, os.environ["STRIPE_WEBHOOK_SECRET"], None)
    server.app.middlewares.append(_once)
    web.run_app(server.app, host="127.0.0.1", port=port, access_log=None, print=lambda *_: None)


_answers: dict[tuple[str, str], tuple[int, bytes]] = {}


@web.middleware
async def _once(request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
    """The same idempotency key gets the same answer."""
    key = (request.path, request.headers.get("Idempotency-Key", ""))
    if request.method != "POST" or not key[1]:
        return await handler(request)
    if key not in _answers:
        answer = await handler(request)
        _answers[key] = (answer.status, answer.body)
    status, body = _answers[key]
    return web.Response(status=status, body=body, content_type="application/json")


def _complete() -> None:
    """Before its server is imported."""
    resources.Invoice._api_create = classmethod(_create_invoice)
    resources.InvoiceItem._api_create = classmethod(_create_item)
    resources.InvoiceItem._api_list_all = classmethod(_list_items)
    resources.Customer._api_list_all = classmethod(_list_customers)
    pay = resources.Invoice._api_pay_invoice
    resources.extra_apis[:] = [
        (method, url, (lambda id, **_: _pay(pay, id)) if url == "/v1/invoices/{id}/pay" else act)
        for method, url, act in resources.extra_apis
    ]
    resources.extra_apis.append(("POST", "/v1/invoices/{id}/finalize", lambda id, **how: _finalize(pay, id, **how)))
    resources.extra_apis.append(("POST", "/v1/billing_portal/sessions", _Portal))


_create_subscribed = resources.Invoice._api_create.__func__
_list_pending = resources.InvoiceItem._api_list_all.__func__
_list_all_customers = resources.Customer._api_list_all.__func__


def _create_invoice(cls: Any, customer: str = "", subscription: str | None = None, **given: Any) -> Any:
    if subscription or resources.Customer._api_retrieve(customer).subscriptions._list:
        return _create_subscribed(cls, customer=customer, subscription=subscription, **given)
    invoice = cls(customer=customer, description=given.get("description"), metadata=given.get("metadata"))
    if given.get("pending_invoice_items_behavior", "exclude") == "exclude":
        for line in invoice.lines._list:
            resources.InvoiceItem._api_retrieve(line.invoice_item).invoice = None
        invoice.lines._list.clear()
    if given.get("currency"):
        invoice.currency = given["currency"]
    invoice.attempted, invoice.attempt_count = False, 0
    invoice.number = invoice.hosted_invoice_url = None
    return invoice


def _create_item(cls: Any, **given: Any) -> Any:
    invoice = resources.Invoice._api_retrieve(given["invoice"]) if given.get("invoice") else None
    if invoice is not None and invoice.status != "draft":
        raise UserError(400, "This invoice is no longer editable")
    item = cls(**given)
    if invoice is not None:
        invoice.lines._list.append(resources.InvoiceLineItem(item))
    return item


def _list_items(cls: Any, url: str, invoice: str | None = None, **asked: Any) -> Any:
    if invoice is None:
        return _list_pending(cls, url, **asked)
    asked.pop("customer", None)
    found = super(cls, cls)._api_list_all(url, **asked)
    found._list = [item for item in found._list if item.invoice == invoice]
    return found


def _list_customers(cls: Any, url: str, created: dict[str, str] | None = None, **asked: Any) -> Any:
    found = _list_all_customers(cls, url, **asked)
    since = int((created or {}).get("gte", 0))
    found._list = [customer for customer in found._list if customer.created >= since]
    return found


def _finalize(pay: Callable[[str], Any], id: str, auto_advance: str = "", **_: Any) -> Any:
    """A customer with a card is charged at once, where Stripe waits an hour; others stay open."""
    invoice = resources.Invoice._api_retrieve(id)
    if invoice.status != "draft":
        raise UserError(400, "This invoice is already finalized")
    invoice._finalize()
    invoice.number = f"LOCAL-{id[-6:].upper()}"
    invoice.hosted_invoice_url = f"http://localhost/invoices/{id}"
    resources.schedule_webhook(resources.Event("invoice.finalized", invoice))
    customer = resources.Customer._api_retrieve(invoice.customer)
    if str(auto_advance).lower() == "true" and customer._get_default_payment_method_or_source() is not None:
        _pay(pay, id)
    return invoice


def _pay(pay: Callable[[str], Any], id: str) -> Any:
    invoice = resources.Invoice._api_retrieve(id)
    invoice.attempted, invoice.attempt_count = True, invoice.attempt_count + 1
    pay(id)
    if invoice.status == "open":
        resources.schedule_webhook(resources.Event("invoice.payment_failed", invoice))
    return invoice


class _Portal(resources.StripeObject):
    object = "billing_portal.session"
    _id_prefix = "bps_"

    def __init__(self, customer: str = "", return_url: str | None = None, **_: Any) -> None:
        resources.Customer._api_retrieve(customer)  # 404 if it is not there
        super().__init__()
        self.customer, self.return_url = customer, return_url
        self.url = f"http://localhost/portal/{self.id}"
