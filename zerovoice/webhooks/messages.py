"""What an event looks like to those who are told of it: the same in a webhook and in the feed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from zerovoice.webhooks import catalogue
from zerovoice.webhooks.models import Event


def told(event: Event) -> dict[str, Any]:
    return {
        "id": str(event.pk),
        "type": event.kind,
        "timestamp": moment(event.created_at),
        "position": event.position,
        "sequence": event.sequence,
        "object": {
            "type": event.subject_type,
            "id": str(event.subject_id),
            "url": catalogue.path_of(event.kind).format(**event.data, id=event.subject_id) or None,
        },
        "data": event.data,
    }


def body(event: Event) -> str:
    return orjson.dumps(told(event)).decode()


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


_MOST_LANES = 64


def lane_of(organization_id: UUID, url: str) -> UUID:
    """What the addresses of single requests at one host share; of an organisation at most so many, since it can name as
    many hosts as it likes and each lane is looked at."""
    host = hashlib.sha256(urlsplit(url).netloc.lower().encode()).digest()
    named = f"{organization_id} {host[0] % _MOST_LANES}"
    return UUID(bytes=hashlib.sha256(named.encode()).digest()[:16])
