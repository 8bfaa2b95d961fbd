"""Bringing what came with a message into our storage."""

from __future__ import annotations

import hashlib
import mimetypes
import tempfile

from django.core.files import File
from django.db import transaction
from django.http import FileResponse

from compliance import removals
from messaging.models import MessageMedia
from zerovoice.carrier import gateway
from zerovoice.carrier.work import LeaseLost

MOST_BYTES = 20 * 1024 * 1024  # the carrier takes 5 MB a message; what is far beyond is no attachment


class TooLarge(Exception):
    """More than an attachment may have."""


#: What a browser may show by itself; everything else that strangers send is only for saving.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/ogg", "video/mp4"})


def as_response(medium: MessageMedia) -> FileResponse:
    """The file, for whoever may see its message."""
    shown = medium.content_type in SHOWN
    return FileResponse(
        medium.file.open("rb"),
        content_type=medium.content_type if shown else "application/octet-stream",
        as_attachment=not shown,
        filename=str(medium.file.name).rsplit("/", 1)[-1],
    )


def fetch(medium: MessageMedia) -> None:
    """The row is claimed by the caller. Raises TooLarge and the gateway's errors. Network."""
    assert medium.message.sid is not None
    carrier = gateway.for_organization(medium.organization_id)
    with tempfile.TemporaryFile() as spool:
        digest = hashlib.sha256()
        for chunk in carrier.download_media(message_sid=medium.message.sid, sid=medium.sid):
            spool.write(chunk)
            digest.update(chunk)
            if spool.tell() > MOST_BYTES:
                raise TooLarge(f"More than {MOST_BYTES} bytes")
        size = spool.tell()
        spool.seek(0)
        ending = mimetypes.guess_extension(medium.content_type) or ".bin"
        name = medium.file.storage.save(
            f"{removals.own_folder(medium.folder, medium.pk)}/{medium.pk}{ending}", File(spool)
        )
    try:
        with transaction.atomic():
            medium.succeed(file=name, size=size, sha256=digest.hexdigest())
    except LeaseLost:
        medium.file.storage.delete(name)
        raise
