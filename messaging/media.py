"""Bringing what came with a message into our storage."""

from __future__ import annotations

import hashlib
import mimetypes
import tempfile

from django.core.files import File
from django.db import transaction

from messaging.models import MessageMedia
from zerovoice.carrier import gateway
from zerovoice.carrier.work import LeaseLost

MOST_BYTES = 20 * 1024 * 1024  # the carrier takes 5 MB a message; what is far beyond is no attachment


class TooLarge(Exception):
    """More than an attachment may have."""


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
            f"messages/{medium.organization_id}/{medium.created_at:%Y/%m}/{medium.pk}{ending}", File(spool)
        )
    try:
        with transaction.atomic():
            medium.succeed(file=name, size=size, sha256=digest.hexdigest())
    except LeaseLost:
        medium.file.storage.delete(name)
        raise
