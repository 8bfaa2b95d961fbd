"""Committed events are put in line, one process at a time, and their deliveries are made in the same transaction.

The order of ids or of a database sequence is that in which rows were written. A reader who goes by it and has read 7
never sees the 6 that was written first and committed last. Here events get their positions after they were committed,
under a lock that is held until the positions are committed themselves: nothing can appear behind what was read.

Events of one subject are written under that subject's lock, one transaction after the other, so `number` has them in
the order in which they happened, and nobody sees the second without the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from zerovoice.lib.turns import try_turn
from zerovoice.webhooks import catalogue, messages
from zerovoice.webhooks.models import Delivery, Endpoint, Event
from zerovoice.webhooks.own_events import TEST

BATCH = 500


@transaction.atomic
def line_up() -> int:
    """One batch; how many events it had. None while another process does it."""
    if not try_turn("webhooks.line"):
        return 0
    events = list(Event.objects.filter(position=None).order_by("number")[:BATCH])
    if events:
        _place(events)
        Delivery.objects.bulk_create(_deliveries(events), batch_size=500)
    return len(events)


def _place(events: Sequence[Event]) -> None:
    counted = Counter(event.organization_id for event in events)
    following = {organization: last - counted[organization] for organization, last in _move_feeds(counted)}
    subjects = {event.subject_id for event in events}
    known = Event.objects.filter(subject_id__in=subjects, sequence__isnull=False)
    sequences: dict[UUID, int] = defaultdict(
        int, known.order_by().values("subject_id").annotate(last=Max("sequence")).values_list("subject_id", "last")
    )
    for event in events:
        following[event.organization_id] += 1
        sequences[event.subject_id] += 1
        event.position, event.sequence = following[event.organization_id], sequences[event.subject_id]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhooks_event SET position = placed.position, sequence = placed.sequence"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::int[]) AS placed(id, position, sequence)"
            " WHERE webhooks_event.id = placed.id",
            [[e.pk for e in events], [e.position for e in events], [e.sequence for e in events]],
        )


def _move_feeds(counted: Counter[UUID]) -> list[tuple[UUID, int]]:
    """(organisation, its last position by now)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_feed AS feed (organization_id, last_position)"
            " SELECT * FROM unnest(%s::uuid[], %s::bigint[])"
            " ON CONFLICT (organization_id) DO UPDATE SET last_position = feed.last_position + excluded.last_position"
            " RETURNING organization_id, last_position",
            [list(counted), list(counted.values())],
        )
        return cursor.fetchall()


def _deliveries(events: Sequence[Event]) -> Iterable[Delivery]:
    wanted: dict[UUID, list[Endpoint]] = defaultdict(list)
    organizations = {event.organization_id for event in events}
    # Without the secrets: one that cannot be read must not keep everybody's events.
    enabled = Endpoint.objects.kept().filter(organization__in=organizations, enabled=True)
    for endpoint in enabled.defer("secret", "previous_secret").order_by("id"):
        wanted[endpoint.organization_id].append(endpoint)
    for event in events:
        for endpoint in wanted[event.organization_id]:
            if wants(endpoint, event):
                yield delivery_to(endpoint, event)
        if event.callback_url:
            yield Delivery(
                **_about(event),
                url=event.callback_url,
                lane=messages.lane_of(event.organization_id, event.callback_url),
            )


def wants(endpoint: Endpoint, event: Event) -> bool:
    if event.kind == TEST:
        return event.subject_id == endpoint.pk
    return any(catalogue.matches(pattern, event.kind) for pattern in endpoint.types)


def delivery_to(endpoint: Endpoint, event: Event) -> Delivery:
    return Delivery(**_about(event), endpoint_id=endpoint.pk, lane=endpoint.pk)


def _about(event: Event) -> dict[str, object]:
    return {
        "organization_id": event.organization_id,
        "event": event,
        "kind": event.kind,
        "body": messages.body(event),
    }
