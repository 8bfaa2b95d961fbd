"""All that an organisation holds about a person, as one ZIP: JSON by kind, their files, and what is what."""

from __future__ import annotations

import tempfile
import zipfile
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core import signing
from django.core.files import File
from django.db import transaction
from django.urls import reverse

from compliance import events, removals
from compliance.models import PrivacyRequest
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock, personal
from zerovoice.lib.personal import Person

KEPT_FOR = timedelta(days=7)
LINK_SECONDS = 3600
_SALT = "compliance.privacy.export"
_TOLD_EVERY = 200

README = """# What is in here

All that {organization} holds about you in its telephone system, as of {at} (UTC).

- `data/`: one JSON file for each kind of record, with a list of records. Times are UTC, durations are in seconds,
  phone numbers are in the international format (E.164).
- `files/`: sound and attachments, in a folder for each kind. A file bears the `id` of its record.

| file | records |
| ---- | ------- |
{table}

Records are tied together by their ids: a recording's `call_id` is the `id` of a record in `data/calls.json`.
"""


def export(request: PrivacyRequest) -> None:
    """Write the archive anew and finish the request. The row is claimed by the caller. Raises LeaseLost."""
    person = request.person()
    kinds = [kind for kind in personal.kinds() if kind.export is not None]
    request.advance(counts={}, total=sum(_rows(kind, person).count() for kind in kinds))
    counts: dict[str, int] = {}
    if request.dry_run:
        counts = {kind.name: number for kind in kinds if (number := _rows(kind, person).count())}
        _finish(request, counts=counts)
        return
    with tempfile.TemporaryFile() as spool:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
            for kind in kinds:
                _write(archive, kind, person, counts, request)
            archive.writestr("README.md", _readme(request, counts))
        spool.seek(0)
        own = removals.own_folder(request.folder, request.pk)
        name = request.result.storage.save(f"{own}/{request.pk}.zip", File(spool))
    expires_at = clock.machine_now() + KEPT_FOR
    try:
        with transaction.atomic():
            _finish(request, result=name, expires_at=expires_at, counts=counts)
            what = removals.files_of(request.folder, request.pk, name)
            removals.later(request.organization_id, "files", what, request=request, at=expires_at)
    except LeaseLost:
        request.result.storage.delete(name)
        raise


@transaction.atomic
def _finish(request: PrivacyRequest, **fields: Any) -> None:
    request.succeed(**fields)
    events.completed(request)


def _rows(kind: personal.Kind, person: Person) -> Any:
    """What a hold keeps is handed out as well: it is the person's."""
    return kind.find(person).filter(kind.left(person)).order_by("pk")


def _write(
    archive: zipfile.ZipFile, kind: personal.Kind, person: Person, counts: dict[str, int], request: PrivacyRequest
) -> None:
    assert kind.export is not None
    files: list[tuple[UUID, Any]] = []
    with archive.open(f"data/{kind.name}.json", "w", force_zip64=True) as out:
        out.write(b"[")
        for number, row in enumerate(_rows(kind, person).iterator(chunk_size=500)):
            out.write((b",\n" if number else b"\n") + orjson.dumps(kind.export(row), option=orjson.OPT_UTC_Z))
            counts[kind.name] = number + 1
            if number % _TOLD_EVERY == 0:
                request.advance(counts=counts)
            files += [(row.pk, file) for name in kind.files if (file := getattr(row, name))]
        out.write(b"\n]\n")
    for pk, file in files:
        ending = PurePosixPath(file.name).suffix
        try:
            source: IO[bytes] = file.open("rb")
        except FileNotFoundError:
            continue  # the list says that it was there
        with source, archive.open(f"files/{kind.name}/{pk}{ending}", "w", force_zip64=True) as out:
            while piece := source.read(65_536):
                out.write(piece)
        request.advance(counts=counts)


def _readme(request: PrivacyRequest, counts: dict[str, int]) -> str:
    table = "\n".join(f"| `data/{name}.json` | {number} |" for name, number in counts.items())
    return README.format(organization=request.organization.name, at=f"{clock.now():%Y-%m-%d %H:%M}", table=table)


def link(request: PrivacyRequest) -> str | None:
    """Where the archive can be had for an hour, without a log-in; None where there is none, or none any more."""
    if not request.result:
        return None
    if request.expires_at is None or request.expires_at <= clock.machine_now():
        return None
    token = signing.dumps(request.pk.hex, salt=_SALT)
    return f"{settings.PUBLIC_URL}{reverse('privacy-export', kwargs={'token': token})}"


def named_by(token: str) -> PrivacyRequest | None:
    """The request of an address that `link` made within the last hour, if its file is still there."""
    try:
        pk = UUID(signing.loads(token, salt=_SALT, max_age=LINK_SECONDS))
    except (signing.BadSignature, ValueError):
        return None
    now = clock.machine_now()
    return PrivacyRequest.objects.filter(pk=pk, expires_at__gt=now).exclude(result="").first()
