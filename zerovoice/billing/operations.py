"""Card of the operators' page: invoices that did not get to Stripe, and events of Stripe's that failed."""

from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card
from zerovoice.billing.models import Invoice, StripeEvent
from zerovoice.carrier.work import State


def register() -> None:
    operations.register("money", "Invoices and Stripe", failed)


def failed() -> Card:
    """Of both there are few: one a month, and some for each invoice."""
    invoices, events = (model.objects.filter(state=State.FAILED) for model in (Invoice, StripeEvent))
    lines = [
        *operations.failures_by_organization("Invoices", invoices, "admin:billing_invoice_changelist"),
        *operations.failures(
            "Stripe events",
            events,
            "admin:billing_stripeevent_changelist",
            state__exact="failed",
        ),
    ]
    bad = any(line.tone != "good" for line in lines)
    return Card("They can be tried again from their lists." if bad else "None failed.", lines)
