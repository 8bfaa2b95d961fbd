"""Writing down what happened, so that others are told.

`record` is called in the transaction of the fact itself: rolled back together, kept together. It is one INSERT and
waits for nobody. What follows (a place in line, deliveries, attempts) is the workers' business, and needs nothing but
the row: that they are told at once is a courtesy.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from zerovoice.lib.tasks import enqueue
from zerovoice.webhooks import catalogue
from zerovoice.webhooks.models import Event

#: A worker that was told looks at everything there is, and ticks look every second: telling it more often is noise.
_TOLD_EVERY_SECONDS = 0.2
_told_at = 0.0


def record(
    *,
    organization_id: UUID,
    kind: str,
    subject: Model,
    data: Mapping[str, Any] | None = None,
    callback_url: str = "",
) -> Event:
    """Write an event of a registered kind, in the caller's transaction.

    `data` is JSON: ids, states, codes, figures; never a person's words, name or number. `callback_url` is told as well,
    whatever the organisation's endpoints want.
    """
    event = _event(organization_id, kind, subject.pk, data or {}, callback_url)
    event.save(force_insert=True)
    tell_a_worker()
    return event


def record_many(*, organization_id: UUID, kind: str, events: Iterable[tuple[Model, Mapping[str, Any]]]) -> None:
    """The same for many subjects at once, each with its data."""
    rows = [_event(organization_id, kind, subject.pk, data, "") for subject, data in events]
    if rows:
        Event.objects.bulk_create(rows, batch_size=500)
        tell_a_worker()


def is_written(subject: Model, kind: str) -> bool:
    """Whether such an event of it is there, as far as this transaction sees."""
    return Event.objects.filter(subject_id=subject.pk, kind=kind).exists()


def _event(organization_id: UUID, kind: str, subject_id: UUID, data: Mapping[str, Any], callback_url: str) -> Event:
    return Event(
        organization_id=organization_id,
        kind=kind,
        subject_type=catalogue.kind(kind).subject,
        subject_id=subject_id,
        data=dict(data),
        callback_url=callback_url,
    )


def tell_a_worker() -> None:
    """Once the transaction at hand is committed, and not again at once."""
    transaction.on_commit(_tell)


def _tell() -> None:
    from zerovoice.webhooks import tasks

    global _told_at
    if time.monotonic() - _told_at >= _TOLD_EVERY_SECONDS:
        _told_at = time.monotonic()
        enqueue(tasks.send)
