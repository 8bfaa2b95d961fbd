"""What numbers cost: a month each, of the organisation's zone, from the one in which they were bought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from numbers.models import PhoneNumber
from zerovoice.billing import ledger, rating
from zerovoice.billing.models import Kind, LedgerEntry
from zerovoice.lib import clock

_MONTH = timedelta(days=31)
#: Numbers that are ours at the carrier.
_HELD = (PhoneNumber.Status.ACTIVE, PhoneNumber.Status.RELEASING)


def register() -> None:
    ledger.register(_missing)


def bought(number: PhoneNumber) -> None:
    """The month in which it became ours. In the transaction that says so."""
    now = clock.now()
    ledger.post([_fact(number, rating.month_of(now, number.organization.timezone), now)])


def _fact(number: PhoneNumber, month: str, at: datetime) -> ledger.Fact:
    return ledger.Fact(
        organization_id=number.organization_id,
        kind=Kind.NUMBER_MONTH,
        object_id=number.pk,
        occurred_at=at,
        quantity=1,
        number=number.number,
        period=month,
    )


def _missing(since: datetime) -> Iterator[ledger.Fact]:
    """The months since then, the present one included, of every number that is held and was held then."""
    now = clock.now()
    entered = set(
        LedgerEntry.objects.filter(kind=Kind.NUMBER_MONTH, occurred_at__gte=min(since, now) - _MONTH)
        .values_list("object_id", "period")
    )  # fmt: skip
    for number in PhoneNumber.objects.filter(status__in=_HELD).select_related("organization").order_by("pk"):
        zone = number.organization.timezone
        month = rating.month_of(now, zone)
        while True:
            start, end = rating.bounds_of(month, zone)
            if end <= max(since, number.created_at):
                break
            if (number.pk, month) not in entered:
                yield _fact(number, month, max(start, number.created_at))
            month = rating.month_before(month)
