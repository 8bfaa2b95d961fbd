"""Work for money. Tasks may run twice; what they look for is in rows."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from zerovoice.accounts.models import Organization
from zerovoice.billing import invoicing, ledger, standing
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

#: How far back the frequent sweep looks, and that before invoices are made: a closed month and the one before.
_SWEPT = timedelta(days=2)
_SWEPT_FOR_INVOICES = timedelta(days=62)


@shared_task
def sweep() -> int:
    """Enter usage that is not in the ledger."""
    return ledger.sweep(clock.now() - _SWEPT)


@shared_task(time_limit=1800)
def sweep_months() -> int:
    """The same for what is to be on invoices. It may take long, and be killed: what it has entered stays entered."""
    return ledger.sweep(clock.now() - _SWEPT_FOR_INVOICES)


@shared_task
def invoice() -> None:
    """Have the invoices of months that are over made, each organisation's by a task of its own."""
    for organization, month in invoicing.due():
        enqueue(prepare_invoice, str(organization.pk), month)


@shared_task
def prepare_invoice(organization_id: str, month: str) -> None:
    invoicing.prepare(Organization.objects.get(pk=organization_id), month)


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
