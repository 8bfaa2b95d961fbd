"""Telling an endpoint a stretch of events again, batch by batch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Min, QuerySet

from zerovoice.lib import clock
from zerovoice.webhooks import line
from zerovoice.webhooks.models import Delivery, Event, Replay
from zerovoice.webhooks.own_events import TEST

BATCH = 200


@transaction.atomic
def go_on() -> bool:
    """One batch of the oldest replay that nobody works on; whether there was one."""
    waiting = Replay.objects.filter(finished_at=None).order_by("id").select_related("endpoint")
    waiting = waiting.defer("endpoint__secret", "endpoint__previous_secret")  # one that cannot be read stops nobody
    replay = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if replay is None:
        return False
    events = list(
        Event.objects.filter(
            organization_id=replay.organization_id,
            position__gt=replay.position,
            position__lte=replay.until_position,
        ).order_by("position")[:BATCH]
    )
    in_time = [event for event in events if replay.since <= event.created_at < replay.until]
    wanted = [event for event in in_time if event.kind != TEST and line.wants(replay.endpoint, event)]
    replay.event_count += tell_again(replay, wanted)
    if events:
        replay.position = events[-1].position or 0
    if len(events) < BATCH or not replay.endpoint.enabled:
        replay.finished_at = clock.now()
    replay.save(update_fields=["position", "event_count", "finished_at"])
    return True


def tell_again(replay: Replay, events: list[Event]) -> int:
    """How many of them are told (again)."""
    known = {
        delivery.event_id: delivery
        for delivery in Delivery.objects.filter(endpoint=replay.endpoint, event__in=events).only("event_id", "state")
    }
    missing = [event for event in events if event.pk not in known]
    Delivery.objects.bulk_create(line.delivery_to(replay.endpoint, event) for event in missing)
    states = [Delivery.State.FAILED, *([Delivery.State.DELIVERED] if replay.delivered_too else [])]
    again = [delivery.pk for delivery in known.values() if delivery.state in states]
    return len(missing) + begin_anew(again)


def finished(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Those of them that can be attempted once more."""
    return rows.filter(state__in=[Delivery.State.DELIVERED, Delivery.State.FAILED]).exclude(body="")


def begin_anew(delivery_ids: Collection[UUID]) -> int:
    """Attempt finished deliveries once more, as often as new ones. What was cleared of its body stays as it is."""
    return finished(Delivery.objects.filter(pk__in=delivery_ids)).update(
        state=Delivery.State.PENDING,
        round_attempts=0,
        due_at=clock.machine_now(),
        finished_at=None,
        lease_expires_at=None,
    )


def bounds(organization_id: UUID, since: datetime, until: datetime) -> tuple[int, int] | None:
    """The first and the last position of that time's events; None when there are none."""
    events = Event.objects.filter(organization_id=organization_id, position__isnull=False)
    # An expression: for the column itself PostgreSQL would go through all positions until one is of that time.
    place = F("position") + 0
    found = events.filter(created_at__gte=since, created_at__lt=until).aggregate(first=Min(place), last=Max(place))
    return (found["first"], found["last"]) if found["first"] else None
