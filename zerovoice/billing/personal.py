"""Money knows nobody: what was used is told apart by country and prefix. See zerovoice/lib/personal.py."""

from zerovoice.lib import personal

_BOOKS = "the organisation's books: ids, amounts, countries and prefixes"


def register() -> None:
    free = personal.free
    free("billing.Account", "currency", "stripe_customer_id", because=_BOOKS)
    free("billing.Rate", "prefix", "destination", "currency", "source", because="a price list")
    free("billing.LedgerEntry", "period", "country", "prefix", "currency", because=_BOOKS)
    free("billing.Invoice", "last_error", "month", "currency", "stripe_invoice_id", "number", "url", because=_BOOKS)
    free("billing.InvoiceLine", "country", because=_BOOKS)
    free("billing.StripeEvent", "last_error", "event_id", "type", "stripe_object_id", because=_BOOKS)
