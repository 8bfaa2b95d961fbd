"""Putting people on the lists that the gate asks, and taking them off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from compliance import events, gate
from compliance.models import CarrierBlock, Channel, DncEntry, Reason, Settings
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import pseudonym


@dataclass(frozen=True)
class Author:
    """Who lists somebody, where the principal themselves is gone: an import goes on after its request."""

    kind: str
    id: UUID | None
    name: str


@transaction.atomic
def add_dnc(*, principal: Principal, phone: str, reason: str = "") -> tuple[DncEntry, bool]:
    """List somebody by hand. Returns the entry, and whether it is new: one that is listed stays as they are."""
    gate.wait_for_contacts(principal.organization_id, [phone])
    listed = DncEntry.objects.of(principal.organization_id).about(phone)
    if found := listed.exclude(source=DncEntry.Source.OPT_OUT).first():
        return found, False
    entry = DncEntry.objects.create(
        organization_id=principal.organization_id,
        **DncEntry.naming(phone),
        source=DncEntry.Source.MANUAL,
        reason=reason,
        **_author(principal),
    )
    audit.record(
        organization_id=principal.organization_id, actor=principal, action="dnc.added", target=entry, fields=["reason"]
    )
    events.added(principal.organization_id, [entry])
    return entry, True


@transaction.atomic
def add_many(*, organization_id: UUID, author: Author | None, entries: Iterable[tuple[str, str]]) -> list[bool]:
    """List many at once: (number, reason). Returns for each whether it is new. In the order given, the first counts."""
    entries = list(entries)
    gate.wait_for_contacts(organization_id, [number for number, _ in entries])
    stand_ins = {number: pseudonym.all_of_number(number) for number, _ in entries}
    known = set(
        DncEntry.objects.of(organization_id)
        .filter(number_hash__in=[one for all_of_one in stand_ins.values() for one in all_of_one])
        .exclude(source=DncEntry.Source.OPT_OUT)
        .values_list("number_hash", flat=True)
    )
    new, rows = [], []
    for number, reason in entries:
        number_hash = stand_ins[number][0]
        new.append(known.isdisjoint(stand_ins[number]))
        if new[-1]:
            known.add(number_hash)
            rows.append(
                DncEntry(
                    organization_id=organization_id,
                    number=number,
                    number_hash=number_hash,
                    source=DncEntry.Source.IMPORT,
                    reason=reason,
                    **_author(author),
                )
            )
    DncEntry.objects.bulk_create(rows)
    events.added(organization_id, rows)
    return new


@transaction.atomic
def remove_dnc(*, principal: Principal, entry: DncEntry) -> None:
    """Raises Unprocessable for an opt-out: only the person themselves takes it back, with START."""
    if entry.source == DncEntry.Source.OPT_OUT:
        raise Unprocessable("The person opted out; only they can undo it, by sending START to one of your numbers")
    audit.record(organization_id=entry.organization_id, actor=principal, action="dnc.removed", target=entry)
    events.removed(entry.organization_id, [entry])
    entry.delete()


@transaction.atomic
def opt_out(*, organization_id: UUID, number: str, sender: str, keyword: str = "STOP") -> None:
    """They said STOP to `sender`, one of the organisation's numbers: nobody of it calls or writes to them any more."""
    gate.wait_for_contacts(organization_id, [number])
    if _opted_out(organization_id, number):
        return
    entry = DncEntry.objects.create(
        organization_id=organization_id,
        **DncEntry.naming(number),
        source=DncEntry.Source.OPT_OUT,
        reason=f"Sent {keyword} to {sender}",
        **_author(None),
    )
    events.added(organization_id, [entry])


@transaction.atomic
def opt_in(*, organization_id: UUID, number: str, sender: str) -> None:
    """They said START to `sender`: takes back what STOP did, and their block of that number. Nothing else."""
    gate.wait_for_contacts(organization_id, [number])
    taken_back = _opted_out(organization_id, number)
    events.removed(organization_id, taken_back)
    DncEntry.objects.filter(pk__in=[entry.pk for entry in taken_back]).delete()
    CarrierBlock.objects.of(organization_id).about(number).filter(sender=sender).delete()


def _opted_out(organization_id: UUID, number: str) -> list[DncEntry]:
    return list(DncEntry.objects.of(organization_id).about(number).filter(source=DncEntry.Source.OPT_OUT))


@transaction.atomic
def record_carrier_block(
    *, organization_id: UUID, number: str, sender: str, principal: Principal | None = None
) -> gate.Answer:
    """The carrier refused a message because they had stopped `sender`: that pair is blocked, and nobody else.

    It is a refusal like the gate's own, and kept as one. Returns what the gate will say from now on.
    """
    CarrierBlock.objects.bulk_create(
        [CarrierBlock(organization_id=organization_id, sender=sender, **CarrierBlock.naming(number))],
        ignore_conflicts=True,
    )
    answer = gate.refusal(Reason.CARRIER_BLOCK)
    gate.keep_refusal(
        answer, organization_id=organization_id, number=number, channel=Channel.SMS, sender=sender, principal=principal
    )
    return answer


@transaction.atomic
def change_settings(*, principal: Principal, **fields: Any) -> Settings:
    Settings.objects.bulk_create([Settings(organization_id=principal.organization_id)], ignore_conflicts=True)
    settings = Settings.objects.select_for_update().get(organization_id=principal.organization_id)
    for name, value in fields.items():
        setattr(settings, name, value)
    settings.save(update_fields=list(fields))
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action="compliance.settings_changed",
        target=settings,
        fields=list(fields),
    )
    return settings


def _author(principal: Principal | Author | None) -> dict[str, Any]:
    if principal is None:
        return {"author_kind": "system"}
    return {"author_kind": principal.kind, "author_id": principal.id, "author_name": principal.name}
