"""What was used, at which price, how much may be spent, and what was invoiced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from zerovoice.accounts.models import Organization, TenantModel
from zerovoice.carrier.work import WorkQuerySet, WorkRow
from zerovoice.lib.ids import new_id

#: Not those of thousandths: an amount here has cents, and Stripe would take them for a tenth.
currency_code = RegexValidator(
    r"^(?!BHD|JOD|KWD|OMR|TND)[A-Z]{3}\Z",
    "Must be an ISO 4217 currency code, of a currency of hundredths or whole ones",
)
only_digits = RegexValidator(r"^[0-9]*\Z", "Digits of E.164 only, without the +")


class Kind(models.TextChoices):
    """What is paid for."""

    CALL_MINUTE = "call_minute"
    SMS_SEGMENT = "sms_segment"
    MMS_MESSAGE = "mms_message", "MMS message"
    NUMBER_MONTH = "number_month"
    TRANSCRIPTION_MINUTE = "transcription_minute"


class Direction(models.TextChoices):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


def _money(**options: Any) -> models.DecimalField[Any, Any]:
    """Exact to a millionth; rounded to whole cents on invoices alone."""
    return models.DecimalField(max_digits=16, decimal_places=6, **options)


class Account(TenantModel):
    """An organisation as a customer: its currency, how much it may spend, who it is at Stripe."""

    currency = models.CharField(max_length=3, validators=[currency_code])
    daily_limit = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text="A day of the organisation's zone; empty: none",
    )  # fmt: skip
    monthly_limit = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text="A calendar month of the organisation's zone; empty: none",
    )  # fmt: skip
    stripe_customer_id = models.CharField("Stripe customer", max_length=64, blank=True, editable=False)
    customer_asked_at = models.DateTimeField(null=True, editable=False, help_text="When we first asked Stripe for one")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization"], name="billing_one_account")]

    def __str__(self) -> str:
        return f"Account of {self.organization}"

    @property
    def is_limited(self) -> bool:
        return self.daily_limit is not None or self.monthly_limit is not None


class Rate(models.Model):
    """A price of the instance, for numbers that begin with `prefix`; the longest prefix wins. What was used on a day
    costs what was in force on that day of UTC."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    direction = models.CharField(
        max_length=8, choices=Direction, blank=True, help_text="Of calls and messages; empty for what has none"
    )
    prefix = models.CharField(
        max_length=15, blank=True, validators=[only_digits], help_text="Digits, without the +; empty: every number"
    )
    destination = models.CharField(max_length=100, blank=True, help_text="In words")
    amount = _money(validators=[MinValueValidator(0)], help_text="For one minute, segment, message or month")
    currency = models.CharField(max_length=3, validators=[currency_code])
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True, help_text="The first day on which it is no longer so")
    source = models.CharField(max_length=200, blank=True, help_text="Where the price is from")

    class Meta:
        verbose_name_plural = "rate deck"
        ordering = ["kind", "direction", "prefix", "currency", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "direction", "currency", "prefix", "effective_from"], name="billing_one_rate_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=models.F("effective_from")),
                name="billing_rate_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        where = f"+{self.prefix}" if self.prefix else "everywhere"
        return f"{self.get_kind_display()} {self.direction} {where}: {self.amount.normalize():f} {self.currency}"

    def clean(self) -> None:
        directed = self.kind in (Kind.CALL_MINUTE, Kind.SMS_SEGMENT, Kind.MMS_MESSAGE)
        if self.kind and directed != bool(self.direction):
            words = "Calls and messages have one" if directed else "Only calls and messages have one"
            raise ValidationError({"direction": words})
        if self.effective_from and self.effective_until and self.effective_until <= self.effective_from:
            raise ValidationError({"effective_until": "Must be after the day from which it counts"})


class LedgerEntry(TenantModel):
    """One fact that is paid for, at the price of its day. Never changed, but for the invoice it goes into: the database
    refuses. No number of a person is in it: how its number began, the country, and the id of what it is about."""

    kind = models.CharField(max_length=20, choices=Kind)
    object_id = models.UUIDField(help_text="Of the call's leg, the message, the phone number or the transcript")
    period = models.CharField(max_length=7, blank=True, help_text="The month, of what is paid by the month")
    occurred_at = models.DateTimeField()
    day = models.DateField(help_text="In the organisation's zone")
    direction = models.CharField(max_length=8, choices=Direction, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166")
    prefix = models.CharField(max_length=15, blank=True, help_text="The rate's")
    quantity = models.PositiveIntegerField()
    unit_amount = _money()
    amount = _money()
    currency = models.CharField(max_length=3)
    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, null=True, related_name="entries", db_index=False)

    class Meta:
        verbose_name = "usage"
        verbose_name_plural = "usage ledger"
        ordering = ["-occurred_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "object_id", "period"], name="billing_one_entry_a_fact")]
        indexes = [
            models.Index(fields=["organization", "-occurred_at", "-id"], name="billing_ledger"),
            models.Index(fields=["organization", "kind", "-occurred_at", "-id"], name="billing_ledger_by_kind"),
            models.Index(
                fields=["organization", "occurred_at"], name="billing_not_invoiced", condition=Q(invoice__isnull=True)
            ),
            models.Index(fields=["invoice"], name="billing_of_invoice", condition=Q(invoice__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.quantity} × {self.get_kind_display()}"


class SpentDay(models.Model):
    """What the ledger has of a day, a kind and a direction, kept with it, so that neither a limit nor a month's usage
    need to be added up. In parts, one for each few connections to the database: two calls that end at once do not wait
    for one another."""

    PARTS = 32

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=20, choices=Kind)
    direction = models.CharField(max_length=8, choices=Direction, blank=True)
    part = models.PositiveSmallIntegerField(default=0)
    quantity = models.PositiveBigIntegerField()
    amount = _money()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "day", "kind", "direction", "part"], include=["quantity", "amount"],
                name="billing_spent_in_parts",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.day}: {self.amount}"


class Reservation(TenantModel):
    """Money set aside for a call that is dialled, or a message that is sent, until it is known what it costs."""

    object_id = models.UUIDField(unique=True, help_text="Of the call's leg, or the message")
    kind = models.CharField(max_length=20, choices=Kind)
    quantity = models.PositiveIntegerField()
    unit_amount = _money()
    amount = _money()

    class Meta:
        indexes = [models.Index(fields=["organization"], include=["amount"], name="billing_reserved")]

    def __str__(self) -> str:
        return f"{self.amount} for {self.get_kind_display()}"


class Invoice(WorkRow, TenantModel):
    """A closed month of an organisation, in its zone. A worker takes it to Stripe, and finds there what an earlier one
    had done already."""

    LEASE = timedelta(seconds=60)

    class Status(models.TextChoices):
        DRAFT = "draft", "Being made"
        OPEN = "open"
        PAID = "paid"
        VOID = "void"
        UNCOLLECTIBLE = "uncollectible"

    status = models.CharField(max_length=13, choices=Status, default=Status.DRAFT)
    month = models.CharField(max_length=7)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    stripe_invoice_id = models.CharField("Stripe invoice", max_length=64, blank=True)
    number = models.CharField(max_length=64, blank=True)
    url = models.URLField(max_length=2048, blank=True, help_text="Where it can be seen and paid")
    finalized_at = models.DateTimeField(null=True)
    payment_failed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["-period_start", "-id"]
        constraints = [models.UniqueConstraint(fields=["organization", "month"], name="billing_one_invoice_a_month")]
        indexes = [
            *WorkRow.indexes("billing_invoice"),
            models.Index(fields=["organization", "-period_start", "-id"], name="billing_invoices"),
            models.Index(fields=["organization", "status", "-period_start", "-id"], name="billing_invoices_by_status"),
            models.Index(fields=["stripe_invoice_id"], name="billing_by_stripe_id"),
            models.Index(
                fields=["synced_at"], name="billing_unpaid", condition=Q(status__in=["open", "uncollectible"])
            ),
        ]

    def __str__(self) -> str:
        return f"Invoice {self.number or self.month}"


class InvoiceLine(models.Model):
    """All of a month that had one price."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    direction = models.CharField(max_length=8, choices=Direction, blank=True)
    country = models.CharField(max_length=2, blank=True)
    unit_amount = _money()
    quantity = models.PositiveBigIntegerField()
    exact_amount = _money()
    amount = models.DecimalField(max_digits=14, decimal_places=2, help_text="In whole cents: all lines add up exactly")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="billing_one_line_a_position")]

    def __str__(self) -> str:
        where = f" {self.country}" if self.country else ""
        what = f"{self.get_kind_display()}s {self.direction}".strip()
        return f"{what}{where}: {self.quantity} at {self.unit_amount.normalize():f}"


class StripeEvent(WorkRow):
    """That Stripe told us something about one of its objects. What it is like now is asked when it is worked on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.CharField("Stripe's id", max_length=255, unique=True)
    type = models.CharField(max_length=100)
    stripe_object_id = models.CharField("about", max_length=255)

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["-id"]
        indexes = [*WorkRow.indexes("billing_event")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
