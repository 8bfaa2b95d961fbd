"""Legal holds: keep this contact, or this call, whoever wants it gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import IntegrityError, transaction

from compliance import people
from compliance.models import LegalHold
from contacts.models import Contact
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import clock
from zerovoice.lib.turns import share_turns, take_turns


class Calls(Protocol):
    """Calls belong to an app above, which says what a hold has to know of them."""

    def described(self, organization_id: UUID, call_ids: Collection[UUID]) -> dict[UUID, str]:
        """Those of them that there are, in a few words: when, from whom, to whom."""

    def with_numbers(self, organization_id: UUID, numbers: Collection[str]) -> dict[UUID, str]:
        """The latest calls with any of these numbers, in the same words."""


_calls: list[Calls] = []


def register_calls(calls: Calls) -> None:
    _calls.append(calls)


def described_calls(organization_id: UUID, call_ids: Collection[UUID]) -> dict[UUID, str]:
    return {pk: words for calls in _calls for pk, words in calls.described(organization_id, call_ids).items()}


def calls_with(organization_id: UUID, numbers: Collection[str]) -> dict[UUID, str]:
    return {pk: words for calls in _calls for pk, words in calls.with_numbers(organization_id, numbers).items()}


@dataclass(frozen=True)
class Held:
    """What the holds of an organisation keep: these calls, and whatever is about these phones."""

    call_ids: frozenset[UUID]
    phones: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.call_ids or self.phones)


def held(organization_id: UUID) -> Held:
    contact_ids, call_ids = standing(organization_id)
    phones: set[str] = set()
    for contact_id in contact_ids:
        if Contact.objects.of(organization_id).filter(pk=contact_id).exists():
            phones |= people.person(organization_id, contact_id=contact_id).phones
    return Held(call_ids, frozenset(phones))


def standing(organization_id: UUID) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """The contacts and the calls on which there is a hold now."""
    rows = LegalHold.objects.of(organization_id).standing().values_list("contact_id", "call_id")
    found = list(rows)
    return frozenset(contact for contact, _ in found if contact), frozenset(call for _, call in found if call)


def let_none_be_placed(organization_id: UUID) -> None:
    """Until this transaction is over: whoever erases then looks at the holds that stand, and none comes in between."""
    share_turns(_turn(organization_id))


def _turn(organization_id: UUID) -> str:
    return f"compliance.holds {organization_id}"


def kept_contacts(organization_id: UUID, contact_ids: Collection[UUID]) -> set[UUID]:
    standing = LegalHold.objects.of(organization_id).standing().filter(contact_id__in=contact_ids)
    return {contact_id for contact_id in standing.values_list("contact_id", flat=True) if contact_id}


@transaction.atomic
def place(
    *, principal: Principal, reason: str, contact_id: UUID | None = None, call_id: UUID | None = None
) -> LegalHold:
    """Exactly one of the two. From its end on, nothing of it is erased any more. Raises Unprocessable for what is not
    there, or is held already."""
    organization_id = principal.organization_id
    take_turns(_turn(organization_id))
    if contact_id and not Contact.objects.of(organization_id).filter(pk=contact_id).exists():
        raise Unprocessable("There is no such contact", field="contact_id")
    if call_id and not described_calls(organization_id, [call_id]):
        raise Unprocessable("There is no such call", field="call_id")
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(
                organization_id=organization_id,
                contact_id=contact_id,
                call_id=call_id,
                reason=reason,
                author_kind=principal.kind,
                author_id=principal.id,
                author_name=principal.name,
            )
    except IntegrityError as error:
        raise Unprocessable("There is a hold on it already", field="contact_id" if contact_id else "call_id") from error
    audit.record(
        organization_id=organization_id, actor=principal, action="legal_hold.placed", target=hold, fields=["reason"]
    )
    return hold


@transaction.atomic
def release(*, principal: Principal, hold: LegalHold) -> LegalHold:
    """Let it go. Raises Unprocessable for one that is released already."""
    at = clock.now()
    if not LegalHold.objects.standing().filter(pk=hold.pk).update(released_at=at):
        raise Unprocessable("The hold is released already")
    hold.released_at = at
    audit.record(organization_id=hold.organization_id, actor=principal, action="legal_hold.released", target=hold)
    return hold
