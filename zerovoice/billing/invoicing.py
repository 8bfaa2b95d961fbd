"""From the ledger of a closed month to an invoice at Stripe, exactly once.

Here: one transaction makes the invoice, takes the entries that belong to it and adds them up. There: a worker makes
the customer, the invoice and its lines, and finalizes it. Each step looks first what is there, so a worker may be
killed between any two, or between asking and hearing (docs/decisions/0057-invoices-once.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from zerovoice.accounts import audit
from zerovoice.accounts.models import Membership, Organization
from zerovoice.accounts.scopes import OWNER
from zerovoice.billing import client, rating, standing
from zerovoice.billing.models import Account, Invoice, InvoiceLine, LedgerEntry, StripeEvent
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.turns import take_turns

log = structlog.get_logger(__name__)

#: How long after the end of a month what belongs to it may still come in before the invoice is made.
SETTLING = timedelta(hours=6)
#: An invoice's status only rises: what is paid or void stays so.
_RANK = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3}
_PRICED_ALIKE = ("kind", "direction", "country", "unit_amount")


def closed_month(zone: str, now: datetime) -> str:
    """The last month that is over in that time zone, and has settled."""
    return rating.month_before(rating.month_of(now - SETTLING, zone))


def due(month: str = "") -> list[tuple[Organization, str]]:
    """Who used something in their last closed month (or in `month`, where it is over) that is on no invoice, and has
    none for it. A few queries for each time zone. Raises ValueError for a month that is over nowhere."""
    found: list[tuple[Organization, str]] = []
    over = False
    for zone in Organization.objects.order_by("timezone").values_list("timezone", flat=True).distinct():
        wanted = month or closed_month(zone, clock.now())
        end = rating.bounds_of(wanted, zone)[1]
        if end > clock.now():
            continue
        over = True
        waiting = LedgerEntry.objects.filter(organization=OuterRef("pk"), invoice=None, occurred_at__lt=end)
        has_one = Invoice.objects.filter(organization=OuterRef("pk"), month=wanted)
        rows = Organization.objects.filter(Exists(waiting), ~Exists(has_one), timezone=zone).order_by("pk")
        found += [(organization, wanted) for organization in rows]
    if month and not over:
        raise ValueError(f"{month} is not over")
    return found


@transaction.atomic
def prepare(organization: Organization, month: str) -> Invoice | None:
    """The month's invoice, made now; None when there is one already, or nothing to pay.

    It also takes what became known too late for the invoices before it. Raises ValueError for a month that lasts.
    """
    start, end = rating.bounds_of(month, organization.timezone)
    if end > clock.now():
        raise ValueError(f"{month} is not over for {organization.slug}")
    take_turns(f"invoice {organization.pk}")
    if Invoice.objects.of(organization.pk).filter(month=month).exists():
        return None
    account = Account.objects.get(organization=organization)
    waiting = LedgerEntry.objects.of(organization.pk).filter(
        invoice=None, occurred_at__lt=end, currency=account.currency
    )
    if not waiting.exists():
        return None
    invoice = Invoice.objects.create(
        organization=organization,
        month=month,
        period_start=start,
        period_end=end,
        currency=account.currency,
        total=0,
    )
    waiting.update(invoice=invoice)
    _add_up(invoice)
    audit.record(organization_id=organization.pk, actor=None, action="invoice.made", target=invoice)
    if invoice.total:
        invoice.enqueue()
    else:  # nothing to collect
        Invoice.objects.filter(pk=invoice.pk).update(
            state="done", status=Invoice.Status.PAID, finished_at=clock.machine_now(), paid_at=clock.now()
        )
    return invoice


def _add_up(invoice: Invoice) -> None:
    groups = list(
        invoice.entries.order_by()
        .values(*_PRICED_ALIKE)
        .annotate(number=Sum("quantity"), exact_amount=Sum("amount"))
        .order_by(*_PRICED_ALIKE)
    )
    amounts = rating.rounded([group["exact_amount"] for group in groups], invoice.currency)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            quantity=group["number"],
            **{name: group[name] for name in (*_PRICED_ALIKE, "exact_amount")},
            amount=amount,
        )
        for position, (group, amount) in enumerate(zip(groups, amounts, strict=True), start=1)
    )
    invoice.total = sum(amounts, Decimal(0))
    invoice.save(update_fields=["total"])


# --- at Stripe ---


def carry_out(invoice_id: str) -> None:
    """Take an invoice to Stripe, if it is ours to do. Network."""
    invoice = Invoice.claim(invoice_id)
    if invoice is None:
        return
    try:
        try:
            _carry_out(invoice)
        except client.StripeUnavailable as error:
            invoice.postpone(error)
        except client.StripeRefused as error:
            log.error("invoice_refused", invoice=invoice_id, error=str(error))
            invoice.fail(error)
    except LeaseLost:
        log.warning("invoice_lease_lost", invoice=invoice_id)


def _carry_out(invoice: Invoice) -> None:
    if not settings.STRIPE_API_KEY:
        invoice.postpone("Stripe is not configured", after=3600)
        return
    customer = customer_of(invoice.organization_id)
    told = client.find_invoice(customer, invoice) or client.create_invoice(customer, invoice)
    invoice.advance(stripe_invoice_id=told.id)
    if told.status == "draft":
        made = client.lines_made(customer, told.id)
        for line in invoice.lines.all():
            if str(line.pk) not in made:
                client.create_line(customer, told.id, invoice, line)
                invoice.advance()
        whole = client.retrieve_invoice(told.id)
        if whole.total != rating.in_smallest_unit(invoice.total, invoice.currency):
            raise client.StripeRefused(f"Stripe adds up to {whole.total}, the ledger to {invoice.total}")
        told = client.finalize(told.id, invoice)
    with transaction.atomic():
        invoice.succeed()
        _note(invoice, told)


def customer_of(organization_id: UUID) -> str:
    """The organisation's customer at Stripe, made once: who asks at the same moment has the same idempotency key, who
    asks later finds it by its metadata. Network. Raises StripeUnavailable, StripeRefused."""
    account = Account.objects.select_related("organization").get(organization_id=organization_id)
    if account.stripe_customer_id:
        return account.stripe_customer_id
    found = client.find_customer(account)
    if found is None:
        Account.objects.filter(pk=account.pk, customer_asked_at=None).update(customer_asked_at=clock.machine_now())
        owner = Membership.objects.of(organization_id).filter(role=OWNER).order_by("created_at", "id").first()
        email = owner.user.email if owner else ""
        found = client.create_customer(account, name=account.organization.name, email=email)
    Account.objects.filter(pk=account.pk).update(stripe_customer_id=found)
    return found


def sync(stripe_invoice_id: str) -> bool:
    """What Stripe says of an invoice now; whether it is one of ours. Network. Raises StripeUnavailable, StripeRefused.

    Events are asked about, not believed: so they may come twice, late and in any order.
    """
    invoice = Invoice.objects.filter(stripe_invoice_id=stripe_invoice_id).first() if stripe_invoice_id else None
    if invoice is None:
        return False
    told = client.retrieve_invoice(stripe_invoice_id)
    with transaction.atomic():
        _note(invoice, told)
    return True


def _note(invoice: Invoice, told: client.ToldInvoice) -> None:
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    now = clock.now()
    invoice.stripe_invoice_id = told.id
    if _RANK.get(told.status, -1) > _RANK[invoice.status]:  # else a later word has overtaken this one
        invoice.status = told.status
    invoice.number, invoice.url = told.number, told.url
    invoice.synced_at = clock.machine_now()
    if invoice.status != Invoice.Status.DRAFT and invoice.finalized_at is None:
        invoice.finalized_at = now
    if invoice.status == Invoice.Status.PAID:
        invoice.paid_at = invoice.paid_at or now
    elif invoice.status == Invoice.Status.OPEN and told.attempted:
        invoice.payment_failed_at = invoice.payment_failed_at or now
    invoice.save(
        update_fields=[
            *("stripe_invoice_id", "status", "number", "url", "synced_at"),
            *("finalized_at", "paid_at", "payment_failed_at"),
        ]
    )
    standing.apply(invoice.organization_id)


def note_event(told: client.ToldEvent) -> None:
    """Keep that Stripe told us something; a worker looks what it means. The same event again changes nothing."""
    event = StripeEvent(event_id=told.id[:255], type=told.type[:100], stripe_object_id=told.object_id[:255])
    StripeEvent.objects.bulk_create([event], ignore_conflicts=True)
    if StripeEvent.objects.filter(pk=event.pk).exists():
        event.enqueue()


def process_event(event_id: str) -> None:
    event = StripeEvent.claim(event_id)
    if event is None:
        return
    try:
        try:
            if event.type.startswith("invoice.") and event.stripe_object_id:  # one that is only upcoming has no id yet
                sync(event.stripe_object_id)
            event.succeed()
        except client.StripeUnavailable as error:
            event.postpone(error)
        except client.StripeRefused as error:
            event.fail(error)
    except LeaseLost:
        log.warning("stripe_event_lease_lost", event=event_id)


def sync_silent(*, older_than: timedelta = timedelta(hours=1)) -> None:
    """Ask about unpaid invoices of which Stripe said nothing for so long: its word may have got lost. Network."""
    before = clock.machine_now() - older_than
    unpaid = Invoice.objects.filter(
        status__in=[Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE], synced_at__lt=before
    )
    for stripe_invoice_id in unpaid.order_by("synced_at").values_list("stripe_invoice_id", flat=True)[:20]:
        try:
            sync(stripe_invoice_id)
        except client.StripeUnavailable as error:
            log.warning("invoice_not_synced", invoice=stripe_invoice_id, error=str(error))
            return
        except client.StripeRefused as error:
            # Of this one it says nothing more; the others must not wait behind it.
            log.error("invoice_not_known_at_stripe", invoice=stripe_invoice_id, error=str(error))
            unpaid.filter(stripe_invoice_id=stripe_invoice_id).update(synced_at=clock.machine_now())
