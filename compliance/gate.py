"""The one gate in front of every outbound contact with a customer, voice or SMS.

`may_contact` answers; `authorized` also holds the answer true while the contact is made. Both are about customers:
agents' own phones and emergency numbers are no business of theirs.

Listing and contacting somebody are put in order by an advisory lock on (organisation, number): whoever contacts holds
it shared, from the question until the carrier has answered; whoever lists holds it alone until the commit. So once a
listing is acknowledged nothing leaves any more that it should have stopped (docs/decisions/0020-one-gate.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from compliance import places, quiet_hours
from compliance.models import CarrierBlock, Channel, Decision, DncEntry, QuietHourRule, Reason, Settings
from contacts.models import Contact
from zerovoice.api.errors import Blocked
from zerovoice.api.principal import Principal
from zerovoice.lib import clock, pseudonym

_WORDS = {
    Reason.DNC: "The number is on the Do-Not-Call list",
    Reason.OPTED_OUT: "The person has opted out of calls and messages",
    Reason.CARRIER_BLOCK: "The person has blocked messages from this number at the carrier",
}


@dataclass(frozen=True)
class Answer:
    """Whether somebody may be contacted; else the reason, and the reason in words."""

    allowed: bool
    reason: str = ""
    detail: str = ""


_ALLOWED = Answer(allowed=True)


def may_contact(
    *, organization_id: UUID, number: str, channel: str, sender: str = "", at: datetime | None = None
) -> Answer:
    """Whether `number` (E.164) may be contacted at that moment (now). Stores nothing."""
    return may_contact_all(organization_id=organization_id, numbers=[number], channel=channel, sender=sender, at=at)[
        number
    ]


def may_contact_all(
    *, organization_id: UUID, numbers: Iterable[str], channel: str, sender: str = "", at: datetime | None = None
) -> dict[str, Answer]:
    """`may_contact` for many numbers, in as many queries as for one."""
    numbers = list(dict.fromkeys(numbers))
    hashes = {number_hash: number for number in numbers for number_hash in pseudonym.all_of_number(number)}
    refusals: dict[str, Answer] = {}
    entries = DncEntry.objects.of(organization_id).filter(number_hash__in=list(hashes)).order_by()
    for number_hash, source in entries.values_list("number_hash", "source"):
        reason = Reason.OPTED_OUT if source == DncEntry.Source.OPT_OUT else Reason.DNC
        if reason == Reason.DNC or hashes[number_hash] not in refusals:
            refusals[hashes[number_hash]] = refusal(reason)
    if sender and channel == Channel.SMS:
        blocks = CarrierBlock.objects.of(organization_id).filter(number_hash__in=list(hashes), sender=sender)
        for number_hash in blocks.values_list("number_hash", flat=True):
            refusals.setdefault(hashes[number_hash], refusal(Reason.CARRIER_BLOCK))
    settings = Settings.objects.of(organization_id).first()
    if settings and settings.quiet_hours and channel in settings.quiet_hours_channels:
        left = [number for number in numbers if number not in refusals]
        refusals |= _quiet(organization_id, left, at or clock.now())
    return {number: refusals.get(number, _ALLOWED) for number in numbers}


@contextmanager
def authorized(
    *,
    organization_id: UUID,
    number: str,
    channel: str,
    sender: str = "",
    field: str = "to_number",
    principal: Principal | None = None,
) -> Iterator[None]:
    """Contact somebody inside of this block, the request to the carrier included.

    Raises Blocked (451), with its `reason`, where they may not be contacted; the refusal is kept. Not to be entered
    inside of a transaction: the refusal must stay, and listings wait for this block's end.
    """
    with _lock(organization_id, number):
        answer = may_contact(organization_id=organization_id, number=number, channel=channel, sender=sender)
        if not answer.allowed:
            keep_refusal(
                answer,
                organization_id=organization_id,
                number=number,
                channel=channel,
                sender=sender,
                principal=principal,
            )
            raise Blocked(answer.detail, field, reason=answer.reason)
        yield


def keep_refusal(
    answer: Answer, *, organization_id: UUID, number: str, channel: str, sender: str, principal: Principal | None
) -> None:
    """Each refusal is on record; nobody asked in person where there is no principal."""
    Decision.objects.create(
        organization_id=organization_id,
        **Decision.naming(number),
        channel=channel,
        reason=answer.reason,
        detail=answer.detail[:300],
        sender=sender,
        actor_kind=principal.kind if principal else "system",
        actor_id=principal.id if principal else None,
        actor_name=principal.name if principal else "",
    )


def wait_for_contacts(organization_id: UUID, numbers: Iterable[str]) -> None:
    """For whoever lists, in the transaction that lists and before anything else in it: contacts with these numbers
    that have begun are over, and none begins until the commit."""
    with connection.cursor() as cursor:
        # Always in the same order, so that two listings never wait for each other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key",
            [sorted(_key(organization_id, number) for number in set(numbers))],
        )


@contextmanager
def _lock(organization_id: UUID, number: str) -> Iterator[None]:
    """Shared, on the connection and not on a transaction: there are several within. A dead process's are let go."""
    key = [_key(organization_id, number)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", key)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", key)


def _key(organization_id: UUID, number: str) -> int:
    digest = hashlib.sha256(b"contact" + organization_id.bytes + number.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def refusal(reason: Reason) -> Answer:
    """A no, in the words that consumers get."""
    return Answer(allowed=False, reason=reason.value, detail=_WORDS[reason])


def _quiet(organization_id: UUID, numbers: list[str], at: datetime) -> dict[str, Answer]:
    known = Contact.objects.of(organization_id).filter(phone__in=numbers)
    homes = {
        number: places.Home(country, region, postal_code, timezone, city)
        for number, country, region, postal_code, timezone, city in known.values_list(
            "phone", "country", "region", "postal_code", "timezone", "city"
        )
    }
    rules = [
        quiet_hours.Rule(
            rule.country, rule.region, rule.weekday, rule.opens, rule.closes, rule.effective_from, rule.effective_to
        )
        for rule in QuietHourRule.objects.all()
    ]
    where = {number: places.of(number, homes.get(number)) for number in numbers}
    why = {place: quiet_hours.refusal(place, rules, at) for place in set(where.values())}  # many share a few places
    return {
        number: Answer(allowed=False, reason=Reason.QUIET_HOURS.value, detail=why[place])
        for number, place in where.items()
        if why[place]
    }
