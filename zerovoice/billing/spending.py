"""How much an organisation may spend, and that it never spends more: money is set aside before a call is dialled or a
message sent (docs/decisions/0056-reserved-before-it-is-spent.md).

What is set aside is a row, written in the transaction that makes the call's leg or the message. It goes in the
transaction in which it is known what that cost, or that it never was. A call gets minutes; the carrier ends it when
they are over, and as long as it lasts and something is left it is given more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models.functions import Length

from zerovoice.accounts import audit
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Forbidden, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.billing import rating
from zerovoice.billing.models import Account, Direction, Kind, Rate, Reservation
from zerovoice.lib import clock

#: How many minutes a call is given at once, at most.
MINUTES_AT_ONCE = 10
#: The carrier ends a call a little before its minutes are over: what it does late must not begin another one.
_MARGIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Status:
    """What was spent, what is set aside, and what is left; None: without limit."""

    currency: str
    daily_limit: Decimal | None
    monthly_limit: Decimal | None
    spent_today: Decimal
    spent_this_month: Decimal
    reserved: Decimal

    @property
    def left(self) -> Decimal | None:
        limits = ((self.daily_limit, self.spent_today), (self.monthly_limit, self.spent_this_month))
        lefts = [limit - spent - self.reserved for limit, spent in limits if limit is not None]
        return max(Decimal(0), min(lefts)) if lefts else None


def account_of(organization_id: UUID) -> Account:
    return Account.objects.select_related("organization").get(organization_id=organization_id)


def status(account: Account) -> Status:
    """One look at one moment: what goes from set aside to spent meanwhile is in exactly one of the two."""
    today = clock.now().astimezone(ZoneInfo(account.organization.timezone)).date()
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, [today, account.organization_id, account.organization_id, today.replace(day=1)])
        spent_today, spent_this_month, reserved = cursor.fetchone()
    return Status(
        account.currency, account.daily_limit, account.monthly_limit, spent_today, spent_this_month, reserved
    )  # fmt: skip


_SPENT = """
SELECT coalesce(sum(amount) FILTER (WHERE day = %s), 0), coalesce(sum(amount), 0),
    (SELECT coalesce(sum(amount), 0) FROM billing_reservation WHERE organization_id = %s)
FROM billing_spentday WHERE organization_id = %s AND day >= %s
"""


def reserve_call(*, organization_id: UUID, leg_id: UUID, number: str, at: datetime, field: str) -> int | None:
    """Set money aside for a call to `number`, once for a leg. How many seconds it may last; None: as long as it likes.

    In the transaction that makes the leg, as its last step: others of the organisation wait for its end. Raises
    Forbidden when nothing is left.
    """
    made = _reserve(organization_id, Kind.CALL_MINUTE, leg_id, number, at, field, least=1, most=MINUTES_AT_ONCE)
    return _seconds(made.quantity) if made else None


def reserve_message(
    *, organization_id: UUID, message_id: UUID, kind: str, number: str, quantity: int, at: datetime, field: str
) -> None:
    """The same for a message, of which every part is sent or none."""
    _reserve(organization_id, kind, message_id, number, at, field, least=quantity, most=quantity)


def extend_call(*, organization_id: UUID, leg_id: UUID) -> int | None:
    """More minutes for a call that lasts: how many seconds it may last in all by now; None when nothing is left.

    In a transaction, as its last step.
    """
    account = _locked(organization_id)
    reservation = Reservation.objects.filter(object_id=leg_id).first()
    if reservation is None:
        return None
    left = status(account).left
    more = _affordable(left, reservation.unit_amount, MINUTES_AT_ONCE)
    if not more:
        return None
    reservation.quantity += more
    reservation.amount += more * reservation.unit_amount
    reservation.save(update_fields=["quantity", "amount"])
    return _seconds(reservation.quantity)


def release(object_ids: Iterable[UUID]) -> None:
    """It never was, or cost nothing. In the transaction that says so."""
    Reservation.objects.filter(object_id__in=list(object_ids)).delete()


def _reserve(
    organization_id: UUID, kind: str, object_id: UUID, number: str, at: datetime, field: str, *, least: int, most: int
) -> Reservation | None:
    limits = Account.objects.filter(organization_id=organization_id).values_list("daily_limit", "monthly_limit").first()
    if limits is None or limits == (None, None):
        return None
    account = _locked(organization_id)
    if not account.is_limited:
        return None
    if kept := Reservation.objects.filter(object_id=object_id).first():
        return kept
    rate = find_rate(kind, Direction.OUTBOUND, number, account.currency, at.astimezone(UTC).date())
    if rate is None:
        raise Forbidden("There is no price for this destination", field, reason="no_price")
    quantity = _affordable(status(account).left, rate.amount, most)
    if quantity < least:
        raise Forbidden("The spending limit of this organization is reached", field, reason="spending_limit")
    return Reservation.objects.create(
        organization_id=organization_id,
        object_id=object_id,
        kind=kind,
        quantity=quantity,
        unit_amount=rate.amount,
        amount=rate.amount * quantity,
    )


def _locked(organization_id: UUID) -> Account:
    """Whoever reserves has the account alone until their transaction is over."""
    accounts = Account.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
    return accounts.get(organization_id=organization_id)


def _affordable(left: Decimal | None, unit_amount: Decimal, most: int) -> int:
    if left is None or not unit_amount:
        return most
    return min(most, int(left / unit_amount))


def _seconds(minutes: int) -> int:
    return minutes * 60 - _MARGIN_SECONDS


def find_rate(kind: str, direction: str, number: str, currency: str, on: date) -> Rate | None:
    """What a number cost on a day of UTC, by its longest prefix. As the ledger's own statement finds it."""
    digits = number.removeprefix("+")
    rates = Rate.objects.filter(
        kind=kind,
        direction=direction,
        currency=currency,
        prefix__in=[digits[:length] for length in range(len(digits) + 1)],
        effective_from__lte=on,
    ).exclude(effective_until__lte=on)
    return rates.order_by(Length("prefix").desc(), "-effective_from").first()


def number_months(numbers: Iterable[str], currency: str, on: date) -> dict[str, Rate]:
    """What each of these numbers costs a month, as far as there are prices; one query for all of them."""
    wanted = list(numbers)
    prefixes = {number[1 : length + 1] for number in wanted for length in range(len(number))}
    rates = Rate.objects.filter(
        kind=Kind.NUMBER_MONTH, currency=currency, prefix__in=prefixes, effective_from__lte=on
    ).exclude(effective_until__lte=on)
    by_prefix = {rate.prefix: rate for rate in rates.order_by("effective_from")}
    found = {number: rating.longest_prefix(number, by_prefix) for number in wanted}
    return {number: by_prefix[prefix] for number, prefix in found.items() if prefix is not None}


@transaction.atomic
def change_limits(
    *,
    principal: Principal,
    organization_id: UUID,
    allowed_countries: list[str] | None = None,
    premium_rate: bool | None = None,
    **limits: Decimal | None,
) -> Account:
    """New limits, of what is named: `daily_limit`, `monthly_limit` (None: without), the destinations. Raises
    Unprocessable."""
    account = _locked(organization_id)
    for name, value in limits.items():
        setattr(account, name, value)
    day, month = account.daily_limit, account.monthly_limit
    if day is not None and month is not None and day > month:
        raise Unprocessable("Must not be more than that of a month", "daily_limit")
    if limits:
        account.save(update_fields=list(limits))
        audit.record(
            organization_id=organization_id, actor=principal, action="limits.changed", target=account, fields=limits
        )
    given: dict[str, Any] = {"allowed_countries": allowed_countries, "premium_rate_allowed": premium_rate}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
        for name, change in changes.items():
            setattr(organization, name, change)
        organization.save(update_fields=list(changes))
        audit.record(
            organization_id=organization_id,
            actor=principal,
            action="destinations.changed",
            target=organization,
            fields=changes,
        )
        account.organization = organization
    return account
