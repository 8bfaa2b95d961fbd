"""What is old goes, and what is about a person who is to be forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from zerovoice.lib import clock
from zerovoice.webhooks import catalogue
from zerovoice.webhooks.models import Delivery, Endpoint, Event, PurgedUntil, Replay

_BATCH = 1000
#: Less than a worker may take for a task. What is left is the next run's.
_SECONDS = 120.0
_FINISHED = [Delivery.State.DELIVERED, Delivery.State.FAILED]
_ERASED = "Erased"


def purge(*, seconds: float = _SECONDS) -> tuple[int, bool]:
    """Clear old bodies, delete old events with their deliveries. Returns how many events went, and whether all that is
    old has gone: it stops when its time is up."""
    until, now = time.monotonic() + seconds, clock.machine_now()
    bodies = _clear_bodies(now - timedelta(days=settings.WEBHOOK_BODY_DAYS), until)
    before = now - timedelta(days=settings.WEBHOOK_EVENT_DAYS)
    Replay.objects.filter(pk__lt=_first_id_at(before), finished_at__isnull=False).delete()
    Endpoint.objects.filter(deleted_at__isnull=False, deliveries=None).delete()
    PurgedUntil.objects.bulk_create([PurgedUntil()], ignore_conflicts=True)
    gone = 0
    while (deleted := _purge_batch(_first_id_at(before))) is not None:
        gone += deleted
        if time.monotonic() > until:
            return gone, False
    return gone, bodies


def _clear_bodies(before: datetime, until: float) -> bool:
    """The log says until the event goes that it was told, and how. Whether all are cleared."""
    old = Delivery.objects.filter(pk__lt=_first_id_at(before), state__in=_FINISHED).exclude(body="")
    while batch := list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        Delivery.objects.filter(pk__in=batch).update(body="")
        if time.monotonic() > until:
            return False
    return True


@transaction.atomic
def _purge_batch(before: UUID) -> int | None:
    """How many events of the next batch went; None when there is no other. No event is looked at in two batches, so
    what stays costs nothing the next time. Ids are UUIDv7: the primary key has them by age."""
    cursor = PurgedUntil.objects.select_for_update().get()
    rows = Event.objects.filter(pk__gt=cursor.event_id, pk__lt=before).order_by("pk")
    events = list(rows.values_list("pk", "kind", "subject_id", "position")[:_BATCH])
    # Not beyond one that is not in line yet: its deliveries are still to be made.
    unplaced = next((number for number, event in enumerate(events) if event[3] is None), len(events))
    events = events[:unplaced]
    if not events:
        return None
    gone = _delete([pk for pk, kind, _, _ in events if not catalogue.is_lasting(kind)])
    gone += _delete(_overtaken({subject for _, kind, subject, _ in events if catalogue.is_lasting(kind)}, before))
    cursor.event_id = events[-1][0]
    cursor.save(update_fields=["event_id"])
    return gone


def _overtaken(subject_ids: Iterable[UUID], before: UUID) -> list[UUID]:
    """Old events of these, which may have more, without the last of each: its number is what theirs go on from."""
    events = Event.objects.filter(subject_id__in=list(subject_ids), sequence__isnull=False)
    last = dict(events.order_by().values("subject_id").annotate(last=Max("sequence")).values_list("subject_id", "last"))
    old = events.filter(pk__lt=before).values_list("pk", "subject_id", "sequence")
    return [pk for pk, subject_id, sequence in old if sequence < last[subject_id]]


@transaction.atomic
def _delete(event_ids: list[UUID]) -> int:
    if not event_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL zerovoice.purge_events = 'on'")  # else the table refuses
        cursor.execute("DELETE FROM webhooks_delivery WHERE event_id = ANY(%s)", [event_ids])
        cursor.execute("DELETE FROM webhooks_event WHERE id = ANY(%s)", [event_ids])
        return cursor.rowcount


def _first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 (RFC 9562: 48 bits of Unix milliseconds first) of this moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def forget(organization_id: UUID, subject_ids: Iterable[UUID]) -> int:
    """Clear what was, or is to be, sent of events about these: bodies, and addresses that came with requests.

    The events stay: they hold no person's data. What was still to be sent is not sent any more. Returns how many
    deliveries and events were changed; none the second time.
    """
    events = Event.objects.filter(organization_id=organization_id, subject_id__in=list(subject_ids))
    deliveries = Delivery.objects.filter(organization_id=organization_id, event__in=events)
    with transaction.atomic():
        changed = _end(deliveries.exclude(state__in=_FINISHED))
        changed += deliveries.filter(~Q(body="") | ~Q(url="")).update(body="", url="")
        changed += events.exclude(callback_url="").update(callback_url="")
    return changed


def _end(unfinished: QuerySet[Delivery]) -> int:
    # One that is under way loses its claim by it: its fence is the state.
    return unfinished.update(
        state=Delivery.State.FAILED,
        last_error=_ERASED,
        body="",
        url="",
        lease_expires_at=None,
        finished_at=clock.machine_now(),
    )
