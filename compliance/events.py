"""What organisations' own systems are told of the Do-Not-Call list."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from compliance.models import DncEntry
from zerovoice.webhooks import catalogue, outbox
from zerovoice.webhooks.catalogue import Kind

_EXAMPLE = {"source": "opt_out"}


def register() -> None:
    catalogue.register(
        [
            Kind("dnc.added", "Somebody must not be called or written to.", "dnc_entry", "", _EXAMPLE, lasting=True),
            Kind("dnc.removed", "An entry was taken off the list.", "dnc_entry", "", _EXAMPLE, lasting=True),
        ]
    )


def added(organization_id: UUID, entries: Iterable[DncEntry]) -> None:
    _tell(organization_id, "dnc.added", entries)


def removed(organization_id: UUID, entries: Iterable[DncEntry]) -> None:
    """Before they are deleted."""
    _tell(organization_id, "dnc.removed", entries)


def _tell(organization_id: UUID, kind: str, entries: Iterable[DncEntry]) -> None:
    told = ((entry, {"source": str(entry.source)}) for entry in entries)
    outbox.record_many(organization_id=organization_id, kind=kind, events=told)
