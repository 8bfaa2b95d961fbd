"""What was used, month by month, and how it stands with limits and invoices: a page of the back office."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.urls import reverse
from django.utils.http import urlencode

from zerovoice.accounts.models import Organization
from zerovoice.backoffice import pages
from zerovoice.billing import rating, spending, usage
from zerovoice.billing.models import Direction, Invoice, Kind
from zerovoice.lib import clock

MONTHS = 12
#: How high the highest bar is drawn.
_HEIGHT = 160
_UNITS = {
    Kind.CALL_MINUTE: "minutes",
    Kind.SMS_SEGMENT: "segments",
    Kind.MMS_MESSAGE: "messages",
    Kind.NUMBER_MONTH: "months",
    Kind.TRANSCRIPTION_MINUTE: "minutes",
}
_NAMES = {
    Kind.CALL_MINUTE: "Calls",
    Kind.SMS_SEGMENT: "Text messages",
    Kind.MMS_MESSAGE: "Picture messages",
    Kind.NUMBER_MONTH: "Phone numbers",
    Kind.TRANSCRIPTION_MINUTE: "Transcription",
}
_TONES = {"paid": "good", "open": "warning", "uncollectible": "bad", "draft": "info"}


@pages.register
class UsagePage(pages.StaffPage):
    route, name, scope = "usage/", "usage", "billing"
    title = "Usage"
    template_name = "billing/usage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization, now = self.organization, clock.now()
        months = _months(now, organization.timezone)
        month = self.request.GET.get("month", months[-1])
        month = month if month in months else months[-1]
        start = rating.bounds_of(months[0], organization.timezone)[0]
        days = usage.by_day(organization.pk, start, now, organization.timezone, now=now)
        chosen = [row for row in days if f"{row.day:%Y-%m}" == month]
        account = spending.account_of(organization.pk)
        status = spending.status(account)
        listed = urlencode({"in": str(organization.pk), "when": month})
        return {
            **super().get_context_data(**kwargs),
            "month": month,
            "month_name": _month_name(month),
            "months": _bars((name, [row for row in days if f"{row.day:%Y-%m}" == name]) for name in months),
            "kinds": _kinds(chosen),
            "days": _bars(_days(month, now, organization, chosen)),
            "height": _HEIGHT,
            "total": sum((row.amount for row in chosen), Decimal(0)),
            "limits": _limits(status),
            "status": status,
            "standing": organization.get_status_display(),
            "account_url": reverse("admin:billing_account_change", args=[account.pk]),
            "ledger_url": f"{reverse('admin:billing_ledgerentry_changelist')}?{listed}",
            "invoices_url": f"{reverse('admin:billing_invoice_changelist')}?{urlencode({'in': str(organization.pk)})}",
            "invoices": _invoices(organization),
            "owed": _owed(organization),
        }


def _months(now: datetime, zone: str) -> list[str]:
    """The present one last."""
    months = [rating.month_of(now, zone)]
    while len(months) < MONTHS:
        months.append(rating.month_before(months[-1]))
    return months[::-1]


def _month_name(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m').replace(tzinfo=UTC):%B %Y}"


def _days(
    month: str, now: datetime, organization: Organization, rows: Iterable[usage.DayAmount]
) -> Iterable[tuple[date, list[usage.DayAmount]]]:
    """Each day of the month so far."""
    today = now.astimezone(ZoneInfo(organization.timezone)).date()
    first = date.fromisoformat(f"{month}-01")
    by_day: dict[date, list[usage.DayAmount]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    for number in range(1, 32):
        try:
            day = first.replace(day=number)
        except ValueError:
            return
        if day > today:
            return
        yield day, by_day[day]


def _bars(columns: Iterable[tuple[Any, Sequence[usage.Amount]]]) -> list[dict[str, Any]]:
    """One for each column: its parts by kind, from the bottom up, as high as money says."""
    drawn = [(name, sum((row.amount for row in rows), Decimal(0)), rows) for name, rows in columns]
    most = max((total for _, total, _ in drawn), default=Decimal(0))
    bars = []
    for name, total, rows in drawn:
        parts, top = [], Decimal(_HEIGHT)
        for kind in Kind:
            amount = sum((row.amount for row in rows if row.kind == kind), Decimal(0))
            if amount and most:
                height = _HEIGHT * amount / most
                top -= height
                parts.append({"kind": kind.value, "y": f"{top:.2f}", "height": f"{height:.2f}"})
        bars.append({"name": name, "total": total, "parts": parts})
    return bars


def _kinds(rows: Sequence[usage.DayAmount]) -> list[dict[str, Any]]:
    total = sum((row.amount for row in rows), Decimal(0))
    return [
        {
            "kind": row.kind,
            "name": _NAMES[Kind(row.kind)],
            "direction": Direction(row.direction).label if row.direction else "",
            "quantity": row.quantity,
            "unit": _UNITS[Kind(row.kind)],
            "amount": row.amount,
            "percent": round(100 * row.amount / total) if total else 0,
        }
        for row in usage.by_kind(rows)
    ]


def _limits(status: spending.Status) -> list[dict[str, Any]]:
    """What was spent and is set aside, of what may be."""
    told = []
    for name, spent, limit in (
        ("Today", status.spent_today, status.daily_limit),
        ("This month", status.spent_this_month, status.monthly_limit),
    ):
        bound = spent + status.reserved
        percent = None if limit is None else 100 if not limit else min(100, round(100 * bound / limit))
        tone = "good" if percent is None or percent < 80 else "warning" if percent < 100 else "bad"
        told.append({"name": name, "spent": spent, "limit": limit, "percent": percent, "tone": tone})
    return told


def _invoices(organization: Organization) -> list[dict[str, Any]]:
    rows = Invoice.objects.of(organization.pk).order_by("-period_start", "-id")[:MONTHS]
    return [
        {
            "row": row,
            "month": _month_name(row.month),
            "tone": _TONES.get(row.status, "plain"),
            "url": reverse("admin:billing_invoice_change", args=[row.pk]),
        }
        for row in rows
    ]


def _owed(organization: Organization) -> Decimal:
    """Invoiced, and not paid."""
    owing = Invoice.objects.of(organization.pk).filter(status__in=[Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE])
    return Decimal(owing.aggregate(sum=Sum("total"))["sum"] or 0)
