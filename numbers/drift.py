"""Comparing our list of numbers with the carrier's, account by account.

Purchases and releases go on meanwhile. What we have is read before and after the carrier is asked: a number is missing
only if it was ours both times, and unknown only if it was ours neither time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from urllib.parse import urldefrag

from django.conf import settings
from django.db import transaction

from numbers import settling
from numbers.models import Drift, PhoneNumber
from zerovoice.carrier import gateway
from zerovoice.carrier.models import CarrierAccount
from zerovoice.carrier.results import CarrierNumber

Kind = Drift.Kind


def accounts() -> list[str]:
    """The carrier accounts that this instance speaks for."""
    own = list(CarrierAccount.objects.filter(active=True).values_list("account_sid", flat=True))
    return [*([settings.TWILIO_ACCOUNT_SID] if settings.TWILIO_ACCOUNT_SID else []), *own]


def compare(account_sid: str) -> list[Drift]:
    """Keep what differs on this account, in place of what differed before. Network. Raises the gateway's errors."""
    before = _ours(account_sid)
    listed = gateway.for_account_sid(account_sid).list_numbers()
    _take_in_late_ones(account_sid, listed)
    after = _ours(account_sid)
    owner = CarrierAccount.objects.filter(account_sid=account_sid).values_list("organization_id", flat=True).first()
    theirs = {number.sid: number for number in listed}
    found = [
        *_missing(account_sid, [number for pk, number in after.items() if pk in before], theirs),
        *_unknown(account_sid, owner, listed, {n.number for n in (*before.values(), *after.values())}),
        *_misdirected(account_sid, after.values(), theirs),
    ]
    _keep(account_sid, found)
    return found


def _ours(account_sid: str) -> dict[uuid.UUID, PhoneNumber]:
    """With those of which we never noted the account: they are nobody else's."""
    rows = PhoneNumber.objects.live().filter(account_sid__in=[account_sid, ""])
    return {number.pk: number for number in rows}


def _take_in_late_ones(account_sid: str, listed: Iterable[CarrierNumber]) -> None:
    """A purchase that we gave up, and that the carrier carried out later than anybody would wait."""
    given_up = PhoneNumber.objects.filter(account_sid=account_sid, status=PhoneNumber.Status.FAILED)
    by_number = {found.phone_number: found for found in listed}
    for number in given_up.filter(number__in=by_number):
        if settling.names_us(found := by_number[number.number], number):
            settling.activate(number, found)


def _missing(account_sid: str, ours: Iterable[PhoneNumber], theirs: dict[str, CarrierNumber]) -> Iterable[Drift]:
    for number in ours:
        if number.status == PhoneNumber.Status.ACTIVE and number.account_sid and number.sid not in theirs:
            yield _drift(Kind.MISSING, account_sid, number)


def _unknown(
    account_sid: str, owner: uuid.UUID | None, listed: Iterable[CarrierNumber], ours: set[str]
) -> Iterable[Drift]:
    for found in listed:
        if found.phone_number not in ours:
            yield Drift(
                kind=Kind.UNKNOWN,
                account_sid=account_sid,
                organization_id=owner,
                number=found.phone_number[:16],
                sid=found.sid,
            )


def _misdirected(account_sid: str, ours: Iterable[PhoneNumber], theirs: dict[str, CarrierNumber]) -> Iterable[Drift]:
    for number in ours:
        if number.status == PhoneNumber.Status.ACTIVE and number.sid in theirs:
            wanted, told = vars(settling.addresses(number)), vars(theirs[number.sid].addresses)
            elsewhere = [name for name, url in wanted.items() if urldefrag(url)[0] != urldefrag(told[name])[0]]
            if elsewhere:
                yield _drift(Kind.MISDIRECTED, account_sid, number, fields=elsewhere)


def _drift(kind: str, account_sid: str, number: PhoneNumber, fields: list[str] | None = None) -> Drift:
    return Drift(
        kind=kind,
        account_sid=account_sid,
        organization_id=number.organization_id,
        phone_number=number,
        number=number.number,
        sid=number.sid,
        fields=fields or [],
    )


@transaction.atomic
def _keep(account_sid: str, found: list[Drift]) -> None:
    """A difference that stays keeps the moment it was found."""
    known = {(drift.kind, drift.number): drift.found_at for drift in Drift.objects.filter(account_sid=account_sid)}
    for drift in found:
        drift.found_at = known.get((drift.kind, drift.number), drift.found_at)
    Drift.objects.filter(account_sid=account_sid).delete()
    Drift.objects.bulk_create(found, ignore_conflicts=True)  # another comparison at the same time found the same
