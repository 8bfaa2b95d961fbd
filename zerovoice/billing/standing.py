"""Whether an organisation is active, past due or suspended, by what it has paid. A person's word is above it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from zerovoice.accounts import audit
from zerovoice.accounts.models import Organization
from zerovoice.billing.models import Invoice
from zerovoice.lib import clock

ACTIVE, PAST_DUE, SUSPENDED = Organization.Status.ACTIVE, Organization.Status.PAST_DUE, Organization.Status.SUSPENDED


def by_payments(invoices: Iterable[tuple[str, datetime | None]], *, now: datetime, grace: timedelta) -> str:
    """From the (status, payment_failed_at) of invoices. A plain function.

    Suspended: one is given up as uncollectible, or its payment failed longer ago than the grace. Past due: a payment
    has failed, and nobody has paid since.
    """
    worst = ACTIVE
    for status, failed_at in invoices:
        if status == Invoice.Status.UNCOLLECTIBLE:
            return SUSPENDED
        if status == Invoice.Status.OPEN and failed_at is not None:
            if failed_at + grace <= now:
                return SUSPENDED
            worst = PAST_DUE
    return worst


@transaction.atomic
def apply(organization_id: UUID) -> None:
    """Move the organisation to where its invoices say. Again changes nothing."""
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    if organization.status_by_hand:
        return
    invoices = Invoice.objects.of(organization_id).values_list("status", "payment_failed_at")
    unpaid = invoices.filter(status__in=[Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE])
    status = by_payments(unpaid, now=clock.now(), grace=timedelta(days=settings.BILLING_GRACE_DAYS))
    if status == organization.status:
        return
    organization.status = status
    organization.save(update_fields=["status"])
    audit.record(
        organization_id=organization_id,
        actor=None,
        action=f"organization.{status}",
        target=organization,
        fields=["status"],
    )


def apply_to_all() -> None:
    """Those whose grace may be over, or that may be let go on."""
    owing = Invoice.objects.filter(Q(status="open", payment_failed_at__isnull=False) | Q(status="uncollectible"))
    concerned = Organization.objects.filter(
        Q(pk__in=owing.values("organization_id")) | ~Q(status=ACTIVE), status_by_hand=False
    )
    for organization_id in concerned.values_list("pk", flat=True):
        apply(organization_id)
