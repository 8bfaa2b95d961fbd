"""The audit cannot be changed or cut short without it being found. See docs/decisions/0063-sealed-audit.md.

Writing an entry takes no lock that others wait for: a trigger leaves a mark beside it. Once a minute the marks of an
organisation are made into a seal, which is chained to the one before by a key that the database does not know, and
whose number and digest are also kept in the file storage.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from functools import lru_cache
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from zerovoice.accounts.models import AuditMark, AuditSeal
from zerovoice.lib.turns import take_turns

log = structlog.get_logger(__name__)

BATCH = 1000
_PURPOSE = b"zerovoice audit seals"
_NEVER_SEALED = """
    SELECT entry.id FROM accounts_auditentry AS entry
    WHERE entry.organization_id = %(whose)s
        AND NOT EXISTS (SELECT FROM accounts_auditmark AS mark WHERE mark.entry_id = entry.id)
        AND entry.id NOT IN (
            SELECT (sealed ->> 0)::uuid FROM accounts_auditseal AS seal, jsonb_array_elements(seal.entries) AS sealed
            WHERE seal.organization_id = %(whose)s
        )
    ORDER BY entry.id
"""


def seal_all() -> int:
    """Seal every organisation's marks; how many entries."""
    organizations = AuditMark.objects.order_by().values_list("organization_id", flat=True).distinct()
    return sum(seal(organization_id) for organization_id in list(organizations))


def seal(organization_id: UUID) -> int:
    sealed = 0
    while made := _seal_batch(organization_id):
        sealed += len(made.entries)
        _keep_head(made)
        log.info("audit_sealed", organization=str(organization_id), number=made.number, digest=made.digest)
    return sealed


@transaction.atomic
def _seal_batch(organization_id: UUID) -> AuditSeal | None:
    take_turns(f"seal the audit of {organization_id}")
    marks = list(AuditMark.objects.filter(organization_id=organization_id).order_by("id")[:BATCH])
    if not marks:
        return None
    last = AuditSeal.objects.filter(organization=organization_id).order_by("-number").first()
    number = last.number + 1 if last else 1
    entries = [[str(mark.entry_id), mark.digest] for mark in marks]
    made = AuditSeal.objects.create(
        organization_id=organization_id,
        number=number,
        entries=entries,
        digest=_digest(settings.SECRET_KEY, organization_id, number, last.digest if last else "", entries),
    )
    AuditMark.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    return made


def _digest(secret: str, organization_id: UUID, number: int, before: str, entries: list[list[str]]) -> str:
    said = "\n".join([f"{organization_id} {number} {before}", *(" ".join(entry) for entry in entries)])
    return hmac.new(_key(secret), said.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())


# --- the head, kept apart from the database ---


def _folder(organization_id: UUID) -> str:
    return f"audit/{organization_id}"


def _keep_head(seal: AuditSeal) -> None:
    """The newest file is the head; those before go."""
    folder = _folder(seal.organization_id)
    default_storage.save(f"{folder}/{seal.number:012}", ContentFile(seal.digest.encode()))
    for name in default_storage.listdir(folder)[1]:
        if name[:12] < f"{seal.number:012}":
            default_storage.delete(f"{folder}/{name}")


def _head(organization_id: UUID) -> tuple[int, str] | None:
    try:
        names = default_storage.listdir(_folder(organization_id))[1]
    except FileNotFoundError:
        return None
    if not names:
        return None
    newest = max(names)
    with default_storage.open(f"{_folder(organization_id)}/{newest}") as file:
        return int(newest[:12]), file.read().decode()


# --- checking ---

#: What the database's own function makes of an entry, written out: whoever owns the database could change the function.
_DIGEST = """
encode(sha256(convert_to(jsonb_build_array(
    entry.id, entry.organization_id, extract(epoch FROM entry.created_at), entry.actor_kind, entry.actor_id,
    entry.action, entry.target_type, entry.target_id, to_jsonb(entry.fields), entry.request_id
)::text, 'UTF8')), 'hex')
"""


def problems(organization_id: UUID) -> Iterator[str]:
    """What is not as it was written, in sentences; nothing when all is."""
    before, number = "", 0
    head = _head(organization_id)
    for made in AuditSeal.objects.filter(organization=organization_id).order_by("number").iterator(chunk_size=50):
        if made.number != number + 1:
            yield f"Seals {number + 1} to {made.number - 1} are missing"
        number = made.number
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        if made.digest not in (_digest(key, organization_id, number, before, made.entries) for key in keys):
            yield f"Seal {number} was changed, or was made under a key that is not known"
        if head and head[0] == number and head[1] != made.digest:
            yield f"Seal {number} is not the one whose digest is in the storage"
        before = made.digest
        yield from _differing({entry[0]: entry[1] for entry in made.entries}, f"sealed in {number}")
    if number and head is None:
        yield f"There are {number} seals, and the storage knows of none: its end may be missing"
    if head and head[0] > number:
        yield f"The storage knows of {head[0]} seals, there are {number}: the end is missing"
    marks = AuditMark.objects.filter(organization_id=organization_id).values_list("entry_id", "digest")
    yield from _differing({str(entry_id): digest for entry_id, digest in marks}, "not yet sealed")
    with connection.cursor() as cursor:
        cursor.execute(_NEVER_SEALED, {"whose": organization_id})
        for (entry_id,) in cursor.fetchall():
            yield f"Entry {entry_id} was written past the database's triggers"


def _differing(digests: dict[str, str], where: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id::text, {_DIGEST} FROM accounts_auditentry AS entry WHERE id = ANY(%s::uuid[])",  # noqa: S608
            [list(digests)],
        )
        found = dict(cursor.fetchall())
    for entry_id, digest in digests.items():
        if entry_id not in found:
            yield f"Entry {entry_id}, {where}, is gone"
        elif found[entry_id] != digest:
            yield f"Entry {entry_id}, {where}, was changed"
