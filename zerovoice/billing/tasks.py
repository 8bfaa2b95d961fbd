"""Work for money. Tasks may run twice; what they look for is in rows."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from zerovoice.billing import invoicing, ledger, standing
from zerovoice.lib import clock

#: How far back the frequent sweep looks. Making invoices looks further.
_SWEPT = timedelta(days=2)


@shared_task
def sweep() -> int:
    """Enter usage that is not in the ledger."""
    return ledger.sweep(clock.now() - _SWEPT)


@shared_task
def invoice() -> None:
    """Make the invoices of months that are over."""
    invoicing.prepare_all()


@shared_task
def carry_out_invoice(invoice_id: str) -> None:
    invoicing.carry_out(invoice_id)


@shared_task
def process_event(event_id: str) -> None:
    invoicing.process_event(event_id)


@shared_task
def settle() -> None:
    """Suspend whose grace is over; ask about invoices that fell silent."""
    standing.apply_to_all()
    if settings.STRIPE_API_KEY:
        invoicing.sync_silent()
