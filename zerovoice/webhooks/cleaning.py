"""What is old goes, and what is about a person who is to be forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from zerovoice.lib import clock
from zerovoice.webhooks import catalogue
from zerovoice.webhooks.models import Delivery, Endpoint, Event, Replay

_BATCH = 1000
_FINISHED = [Delivery.State.DELIVERED, Delivery.State.FAILED]
_ERASED = "Erased"


def purge() -> int:
    """Clear old bodies, delete old events with their deliveries; how many events went."""
    now = clock.machine_now()
    _clear_bodies(now - timedelta(days=settings.WEBHOOK_BODY_DAYS))
    before = now - timedelta(days=settings.WEBHOOK_EVENT_DAYS)
    Replay.objects.filter(pk__lt=_first_id_at(before), finished_at__isnull=False).delete()
    Endpoint.objects.filter(deleted_at__isnull=False, deliveries=None).delete()
    # In line, and so with all its deliveries made. Ids are UUIDv7: the primary key has them by age.
    old = Event.objects.filter(pk__lt=_first_id_at(before), position__isnull=False).order_by("pk")
    gone, after = 0, UUID(int=0)
    while rows := list(old.filter(pk__gt=after).values_list("pk", "kind", "subject_id", "sequence")[:_BATCH]):
        after = rows[-1][0]
        gone += _delete([pk for pk, kind, subject, sequence in rows if not _counts_on(kind, subject, sequence)])
    return gone


def _clear_bodies(before: datetime) -> None:
    """The log says until the event goes that it was told, and how."""
    old = Delivery.objects.filter(pk__lt=_first_id_at(before), state__in=_FINISHED).exclude(body="")
    while batch := list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        Delivery.objects.filter(pk__in=batch).update(body="")


def _counts_on(kind: str, subject_id: UUID, sequence: int | None) -> bool:
    """Whether it is the last event of something that may have more, whose numbers go on from this one's."""
    if not catalogue.is_lasting(kind):
        return False
    return not Event.objects.filter(subject_id=subject_id, sequence__gt=sequence).exists()


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
