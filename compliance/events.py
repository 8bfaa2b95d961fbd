"""What organisations' own systems are told of the Do-Not-Call list, and of requests for a person's data."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from compliance.models import DncEntry, PrivacyRequest
from zerovoice.webhooks import catalogue, outbox
from zerovoice.webhooks.catalogue import Kind

_EXAMPLE = {"source": "opt_out"}
_REQUEST = {"kind": "delete", "dry_run": False}
_PATH = "/api/v1/compliance/gdpr/{id}"


def register() -> None:
    catalogue.register(
        [
            Kind("dnc.added", "Somebody must not be called or written to.", "dnc_entry", "", _EXAMPLE, lasting=True),
            Kind("dnc.removed", "An entry was taken off the list.", "dnc_entry", "", _EXAMPLE, lasting=True),
            Kind("gdpr.requested", "A person is to be exported or erased.", "gdpr_request", _PATH, _REQUEST),
            Kind("gdpr.completed", "Their export is ready, or they are erased.", "gdpr_request", _PATH, _REQUEST),
        ]
    )


def added(organization_id: UUID, entries: Iterable[DncEntry]) -> None:
    _tell(organization_id, "dnc.added", entries)


def removed(organization_id: UUID, entries: Iterable[DncEntry]) -> None:
    """Before they are deleted."""
    _tell(organization_id, "dnc.removed", entries)


def requested(request: PrivacyRequest) -> None:
    _tell_of(request, "gdpr.requested")


def completed(request: PrivacyRequest) -> None:
    _tell_of(request, "gdpr.completed")


def _tell_of(request: PrivacyRequest, kind: str) -> None:
    data = {"kind": str(request.kind), "dry_run": request.dry_run}
    outbox.record(organization_id=request.organization_id, kind=kind, subject=request, data=data)


def _tell(organization_id: UUID, kind: str, entries: Iterable[DncEntry]) -> None:
    told = ((entry, {"source": str(entry.source)}) for entry in entries)
    outbox.record_many(organization_id=organization_id, kind=kind, events=told)
