"""Having things gone from places outside of the database: our storage, the carrier, ZeroDB.

A removal is a row, written in the transaction that erases what it belongs to. What is gone already is removed; what
cannot be reached is tried again, for ever, and shown until then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from compliance.models import PrivacyRequest, Removal, RetentionRun
from compliance.models.privacy import NOT_DONE
from zerovoice.carrier import gateway
from zerovoice.carrier.errors import CarrierError
from zerovoice.carrier.work import LeaseLost, State
from zerovoice.lib import clock
from zerovoice.lib.personal import Remove
from zerovoice.zerodb import client as zerodb

log = structlog.get_logger(__name__)
Place = Removal.Place

#: What is wrong with credentials or a quota is mended by people, not within a minute.
_LONG_PAUSE_SECONDS = 60.0


def remover(organization_id: UUID, *, request: PrivacyRequest | None = None, run: RetentionRun | None = None) -> Remove:
    """Writes down what else has to go. Call it in the transaction that erases."""

    def remove(place: str, what: dict[str, str], *, at: datetime | None = None) -> None:
        later(organization_id, place, what, request=request, run=run)
        if at is not None:
            later(organization_id, place, what, request=request, run=run, at=at)

    return remove


def later(
    organization_id: UUID,
    place: str,
    what: dict[str, str],
    *,
    request: PrivacyRequest | None = None,
    run: RetentionRun | None = None,
    at: datetime | None = None,
) -> None:
    """`at` is machine time; at once if not given."""
    removal = Removal.objects.create(
        organization_id=organization_id,
        request=request,
        run=run,
        place=place,
        what=what,
        due_at=at or clock.machine_now(),
    )
    if at is None:
        removal.enqueue()


def carry_out(removal_id: str) -> None:
    removal = Removal.claim(removal_id)
    if removal is None:
        return
    try:
        _carry_out(removal)
    except LeaseLost:
        log.warning("removal_lease_lost", removal=removal_id)


def _carry_out(removal: Removal) -> None:
    try:
        _PLACES[Place(removal.place)](removal)
    except zerodb.ZeroDBError as error:
        removal.postpone(f"ZeroDB {error}", after=error.retry_after or None)
    except CarrierError as error:
        permanent = type(error).__name__ == "Refused"
        removal.postpone(f"The carrier: {type(error).__name__}", after=_LONG_PAUSE_SECONDS / 4 if permanent else None)
    except OSError as error:
        removal.postpone(f"The storage: {type(error).__name__}")
    else:
        with transaction.atomic():
            removal.succeed()
            _tell(removal)


def _tell(removal: Removal) -> None:
    """The request that waits for the last of its removals need not wait longer."""
    if removal.request_id is not None and not _left(removal.request_id).exclude(pk=removal.pk).exists():
        waiting = PrivacyRequest.objects.filter(pk=removal.request_id, state=State.PENDING)
        if waiting.update(due_at=clock.machine_now(), hinted_at=None):
            PrivacyRequest(pk=removal.request_id).enqueue()


def still_to_go(request_id: UUID) -> int:
    """How many of a request's removals are not done yet."""
    return _left(request_id).count()


def _left(request_id: UUID) -> QuerySet[Removal]:
    return Removal.objects.filter(request=request_id, state__in=NOT_DONE)


# --- places ---


def own_folder(folder: str, pk: UUID) -> str:
    """Where the files of one row are kept, and nobody else's: there they are found without looking at others."""
    return f"{folder}/{pk}"


def files_of(folder: str, pk: UUID, name: str) -> dict[str, str]:
    """What to have removed of a row whose files are in a folder of their own. `name` is that of the file it has; it
    may have been made before rows had folders."""
    own = own_folder(folder, pk)
    if name and not name.startswith(f"{own}/"):
        return {"folder": folder, "stem": str(pk)}
    return {"own_folder": own}


def _files(removal: Removal) -> None:
    """All files of a row: an attempt to write one that was interrupted may have left another of almost its name."""
    own = removal.what.get("own_folder", "")
    folder, stem = (own, "") if own else (removal.what["folder"], removal.what["stem"])
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(stem):
            default_storage.delete(f"{folder}/{name}")
    if own:
        default_storage.delete(own)


def _recording(removal: Removal) -> None:
    gateway.for_organization(removal.organization_id).delete_recording(sid=removal.what["sid"])


def _message(removal: Removal) -> None:
    gateway.for_organization(removal.organization_id).delete_message(sid=removal.what["sid"])


def _media(removal: Removal) -> None:
    what = removal.what
    gateway.for_organization(removal.organization_id).delete_media(message_sid=what["message_sid"], sid=what["sid"])


def _zerodb(removal: Removal) -> None:
    left = removal.what["vector_ids"].split()
    while left:
        zerodb.delete(left[0])
        left.pop(0)
        removal.advance(what={"vector_ids": " ".join(left)})


_PLACES: dict[Place, Callable[[Removal], None]] = {
    Place.FILES: _files,
    Place.RECORDING: _recording,
    Place.MESSAGE: _message,
    Place.MEDIA: _media,
    Place.ZERODB: _zerodb,
}
