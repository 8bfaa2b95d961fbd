"""Money in the admin site: prices, what was used, what may be spent, what was invoiced."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts import audit
from zerovoice.accounts.admin import (
    DiscreetAdmin,
    OperatorAdmin,
    RefusableAdmin,
    organizations_with,
    principal_in,
    staff_user,
)
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, local
from zerovoice.billing import spending, usage_admin  # noqa: F401 - the page registers itself
from zerovoice.billing.models import Account, Direction, Invoice, InvoiceLine, Kind, LedgerEntry, Rate, StripeEvent
from zerovoice.lib import clock

_STATUS_LABEL = {
    "Being made": "info", "Open": "warning", "Paid": "success", "Void": "default", "Uncollectible": "danger",
}  # fmt: skip
_LINK = "text-primary-600 dark:text-primary-500"
_STANDING_LABEL = {"Active": "success", "Past Due": "warning", "Suspended": "danger"}


def _money(amount: Any, currency: str) -> str:
    return f"{amount.normalize():,f} {currency}" if amount is not None else "–"


@admin.register(Rate)
class RateAdmin(DiscreetAdmin):
    """The instance's, not an organisation's: everybody who may see money reads it, its operator writes it."""

    list_display = [
        "what",
        "prefix_",
        "destination",
        "price",
        "in_force",
        "effective_from",
        "effective_until",
        "source",
    ]
    list_filter = ["kind", "direction", "currency"]
    search_fields = ["prefix", "destination"]
    ordering = ["kind", "direction", "prefix", "-effective_from"]
    sortable_by = ()
    list_per_page = 100
    fields = [
        ("kind", "direction"),
        ("prefix", "destination"),
        ("amount", "currency"),
        ("effective_from", "effective_until"),
        "source",
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = staff_user(request)
        return user.is_active and (user.is_superuser or bool(organizations_with(request, "billing:read")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was in force stays, so that everybody can see why something cost what it cost."""
        future = not isinstance(obj, Rate) or obj.effective_from > clock.now().date()
        return future and staff_user(request).is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A price that is in force ends, and another begins."""
        if isinstance(obj, Rate) and obj.effective_from <= clock.now().date():
            return ["kind", "direction", "prefix", "amount", "currency", "effective_from"]
        return []

    def get_actions(self, request: HttpRequest) -> Any:
        return {}  # deleting many at once would ask none of them

    @display(description="What")
    def what(self, rate: Rate) -> str:
        return f"{rate.get_kind_display()} {rate.get_direction_display()}".strip()

    @display(description="Prefix")
    def prefix_(self, rate: Rate) -> str:
        return f"+{rate.prefix}" if rate.prefix else "Every number"

    @display(description="Price")
    def price(self, rate: Rate) -> str:
        return _money(rate.amount, rate.currency)

    @display(description="In force", boolean=True)
    def in_force(self, rate: Rate) -> bool:
        today = clock.now().date()
        return rate.effective_from <= today and (rate.effective_until is None or today < rate.effective_until)


@admin.register(Account)
class AccountAdmin(RefusableAdmin):
    """What an organisation may spend and has spent, and whether it has paid."""

    scope = "billing"
    list_display = ["organization", "standing", "daily_limit", "monthly_limit", "currency", "customer"]
    list_select_related = ["organization"]
    list_display_links = ["organization"]
    search_fields = ["organization__name", "stripe_customer_id"]
    ordering = ["organization__name"]
    fields = [
        ("organization", "standing"),
        ("daily_limit", "monthly_limit", "currency"),
        ("spent_today", "spent_this_month", "reserved", "left"),
        "customer",
    ]
    readonly_fields = ["organization", "standing", "spent_today", "spent_this_month", "reserved", "left", "customer"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        used = isinstance(obj, Account) and LedgerEntry.objects.of(obj.organization_id).exists()
        mine = staff_user(request).is_superuser and not used
        return self.readonly_fields if mine else [*self.readonly_fields, "currency"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # it is there as long as the organisation

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        account: Any = super().get_object(request, object_id, from_field)
        if account is not None:
            account.told = spending.status(account)
        return account

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        changed = {
            name: form.cleaned_data[name] for name in ("daily_limit", "monthly_limit") if name in form.changed_data
        }
        actor = principal_in(request, obj.organization)
        if "currency" in form.changed_data:
            obj.save(update_fields=["currency"])
            audit.record(
                organization_id=obj.organization_id, actor=actor, action="account.changed", target=obj,
                fields=["currency"],
            )  # fmt: skip
        spending.change_limits(principal=actor, organization_id=obj.organization_id, **changed)

    @display(description="Standing", label=_STANDING_LABEL)
    def standing(self, account: Account) -> str:
        return str(account.organization.get_status_display())

    @display(description="Spent today")
    def spent_today(self, account: Any) -> str:
        return _money(account.told.spent_today, account.currency)

    @display(description="Spent this month")
    def spent_this_month(self, account: Any) -> str:
        return _money(account.told.spent_this_month, account.currency)

    @display(description="Set aside for what is under way")
    def reserved(self, account: Any) -> str:
        return _money(account.told.reserved, account.currency)

    @display(description="Left")
    def left(self, account: Any) -> str:
        return _money(account.told.left, account.currency)

    @display(description="Stripe customer")
    def customer(self, account: Account) -> str:
        return account.stripe_customer_id or "–"


class _ChoiceFilter(DropdownFilter):
    choices_of: Any

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in self.choices_of.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class KindFilter(_ChoiceFilter):
    title, parameter_name, choices_of = "kind", "kind", Kind


class DirectionFilter(_ChoiceFilter):
    title, parameter_name, choices_of = "direction", "direction", Direction


class StatusFilter(_ChoiceFilter):
    title, parameter_name, choices_of = "status", "status", Invoice.Status


class UsedFilter(WhenFilter):
    field = "occurred_at"


class MonthFilter(WhenFilter):
    field = "period_start"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(GrowingAdmin):
    scope = "billing"
    list_display = ["when", "what", "where", "quantity", "unit_price", "price", "invoiced"]
    list_filter = [OrganizationFilter, UsedFilter, KindFilter, DirectionFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization", "invoice"]
    ordering = ["-occurred_at", "-id"]
    fields = [("when", "what", "where"), ("quantity", "unit_price", "price"), ("invoiced", "period"), "about"]
    readonly_fields = ["when", "what", "where", "quantity", "unit_price", "price", "invoiced", "period", "about"]

    @display(description="When")
    def when(self, entry: LedgerEntry) -> str:
        return local(entry.occurred_at, entry.organization.timezone)

    @display(description="What")
    def what(self, entry: LedgerEntry) -> str:
        return f"{entry.get_kind_display()} {entry.get_direction_display()}".strip()

    @display(description="Where")
    def where(self, entry: LedgerEntry) -> str:
        return f"{entry.country} +{entry.prefix}" if entry.prefix else entry.country or "–"

    @display(description="Price of one")
    def unit_price(self, entry: LedgerEntry) -> str:
        return _money(entry.unit_amount, entry.currency)

    @display(description="Amount")
    def price(self, entry: LedgerEntry) -> str:
        return _money(entry.amount, entry.currency)

    @display(description="Invoice")
    def invoiced(self, entry: LedgerEntry) -> str:
        return entry.invoice.month if entry.invoice else "–"

    @display(description="About")
    def about(self, entry: LedgerEntry) -> str:
        return f"{_ABOUT[Kind(entry.kind)]} {entry.object_id}"


_ABOUT = {
    Kind.CALL_MINUTE: "Leg of a call", Kind.SMS_SEGMENT: "Message", Kind.MMS_MESSAGE: "Message",
    Kind.NUMBER_MONTH: "Phone number", Kind.TRANSCRIPTION_MINUTE: "Transcript",
}  # fmt: skip


class Lines(TabularInline):
    model = InvoiceLine
    fields = ["what", "where", "quantity", "unit_price", "exact_amount", "amount"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = "Lines"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description="What")
    def what(self, line: InvoiceLine) -> str:
        return f"{line.get_kind_display()} {line.get_direction_display()}".strip()

    @display(description="Where")
    def where(self, line: InvoiceLine) -> str:
        return line.country or "–"

    @display(description="Price of one")
    def unit_price(self, line: InvoiceLine) -> str:
        return f"{line.unit_amount.normalize():,f}"


@admin.register(Invoice)
class InvoiceAdmin(GrowingAdmin):
    scope = "billing"
    list_display = ["number_or_month", "month", "price", "status_label", "made", "hosted", "trouble"]
    list_filter = [OrganizationFilter, MonthFilter, StatusFilter]
    list_before_template = "lists/calendar.html"
    list_select_related = ["organization"]
    ordering = ["-period_start", "-id"]
    inlines = [Lines]
    actions = ["try_again"]
    fields = [
        ("organization", "month", "status_label", "price"),
        ("number", "link"),
        ("made", "final", "failed", "paid"),
        ("state", "attempts", "trouble"),
    ]
    readonly_fields = [
        *("organization", "month", "status_label", "price", "number", "link", "made", "final", "failed", "paid"),
        *("state", "attempts", "trouble"),
    ]

    def has_operator_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    @admin.action(description="Take it to Stripe again", permissions=["operator"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        done = 0
        for invoice in queryset.filter(state="failed").select_related("organization"):
            with transaction.atomic():
                if invoice.replay():
                    actor = principal_in(request, invoice.organization)
                    audit.record(
                        organization_id=invoice.organization_id, actor=actor, action="invoice.retried", target=invoice
                    )
                    done += 1
        self.message_user(request, f"{done} invoices are tried again.", "SUCCESS" if done else "WARNING")

    @display(description="Status", label=_STATUS_LABEL)
    def status_label(self, invoice: Invoice) -> str:
        return str(invoice.get_status_display())

    @display(description="Number")
    def number_or_month(self, invoice: Invoice) -> str:
        return invoice.number or "No number yet"

    @display(description="Can be paid")
    def hosted(self, invoice: Invoice) -> str:
        """A row of a list is a link already: the invoice at Stripe is linked on its page."""
        return "At Stripe" if invoice.url else "–"

    @display(description="Total")
    def price(self, invoice: Invoice) -> str:
        return f"{invoice.total:,} {invoice.currency}"

    @display(description="At Stripe")
    def link(self, invoice: Invoice) -> Any:
        link = '<a href="{}" rel="noopener noreferrer" target="_blank" class="{}">See and pay it (new tab)</a>'
        return format_html(link, invoice.url, _LINK) if invoice.url else "–"

    @display(description="Made")
    def made(self, invoice: Invoice) -> str:
        return local(invoice.created_at, invoice.organization.timezone)

    @display(description="Final")
    def final(self, invoice: Invoice) -> str:
        return local(invoice.finalized_at, invoice.organization.timezone)

    @display(description="Payment failed")
    def failed(self, invoice: Invoice) -> str:
        return local(invoice.payment_failed_at, invoice.organization.timezone)

    @display(description="Paid")
    def paid(self, invoice: Invoice) -> str:
        return local(invoice.paid_at, invoice.organization.timezone)

    @display(description="Trouble")
    def trouble(self, invoice: Invoice) -> str:
        return invoice.last_error[:200] or "–"


@admin.register(StripeEvent)
class StripeEventAdmin(OperatorAdmin):
    """What Stripe told the instance."""

    list_display = ["event_id", "type", "stripe_object_id", "state", "created_at", "last_error"]
    list_filter = ["state"]
    ordering = ["-id"]
    sortable_by = ()
    show_full_result_count = False
    actions = ["replay"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description="Look again what it means")
    def replay(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        done = [event for event in queryset if event.replay()]
        for event in done:
            self.log_change(request, event, "Looked at again")  # it is the instance's, which has no audit
        self.message_user(request, f"{len(done)} are looked at again.")
