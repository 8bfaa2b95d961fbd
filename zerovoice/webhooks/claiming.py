"""Which deliveries are attempted next: fairly between organisations, and few at a time of one lane.

A lane is an endpoint, or a host of single requests' addresses. What a lane or an organisation has under way is counted
against what it may have, so that one that hangs holds its own share and nothing else.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from zerovoice.lib import clock

MOST_OF_LANE = 8
MOST_OF_ORGANIZATION = 24
#: What has just been slow shows first that it is quick again.
MOST_OF_SLOW_LANE = 1
MOST_OF_SLOW_ORGANIZATION = 4
#: Longer than an attempt takes: by then its process is dead.
_LEASE_MARGIN = timedelta(seconds=10)

# The lanes that have something due, one look into the index for each lane.
_LANES = """
WITH RECURSIVE lanes AS (
    (SELECT organization_id, lane FROM webhooks_delivery WHERE state = 'pending'
     ORDER BY organization_id, lane LIMIT 1)
    UNION ALL
    SELECT following.organization_id, following.lane FROM lanes, LATERAL (
        SELECT organization_id, lane FROM webhooks_delivery
        WHERE state = 'pending' AND (organization_id, lane) > (lanes.organization_id, lanes.lane)
        ORDER BY organization_id, lane LIMIT 1
    ) AS following
)
SELECT lanes.organization_id, lanes.lane, due.number FROM lanes, LATERAL (
    SELECT count(*) AS number, min(due_at) AS first FROM (
        SELECT due_at FROM webhooks_delivery
        WHERE state = 'pending' AND organization_id = lanes.organization_id AND lane = lanes.lane AND due_at <= %s
        ORDER BY due_at LIMIT %s
    ) AS soonest
) AS due
WHERE due.number > 0 ORDER BY due.first
"""
_UNDER_WAY = "SELECT organization_id, lane, count(*) FROM webhooks_delivery WHERE state = 'processing' GROUP BY 1, 2"
_CLAIM = """
UPDATE webhooks_delivery SET state = 'processing', attempts = attempts + 1, round_attempts = round_attempts + 1,
    lease_expires_at = %s
WHERE id IN (
    SELECT chosen.id FROM unnest(%s::uuid[], %s::uuid[], %s::int[]) AS quota(organization_id, lane, number), LATERAL (
        SELECT id FROM webhooks_delivery
        WHERE state = 'pending' AND organization_id = quota.organization_id AND lane = quota.lane AND due_at <= %s
        ORDER BY due_at LIMIT quota.number FOR UPDATE SKIP LOCKED
    ) AS chosen
)
RETURNING id, organization_id, endpoint_id, event_id, url, lane, body, attempts, round_attempts
"""
_GIVE_BACK = """
UPDATE webhooks_delivery SET state = 'pending', due_at = %s, lease_expires_at = NULL
WHERE id IN (
    SELECT id FROM webhooks_delivery WHERE state = 'processing' AND lease_expires_at <= %s
    LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""

Lane = tuple[UUID, UUID]  # organisation, lane


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours to attempt, until its lease runs out."""

    id: UUID
    organization_id: UUID
    endpoint_id: UUID | None
    event_id: UUID
    url: str
    lane: UUID
    body: str
    attempts: int
    round_attempts: int


def claim(room: int, slow: set[UUID]) -> list[Claimed]:
    """At most `room` deliveries that are due. `slow` has the lanes and organisations that lately took long."""
    now = clock.machine_now()
    with connection.cursor() as cursor:
        cursor.execute(_LANES, [now, MOST_OF_LANE])
        due = {(organization, lane): number for organization, lane, number in cursor.fetchall()}
        if not due:
            return []
        cursor.execute(_UNDER_WAY)
        under_way = {(organization, lane): number for organization, lane, number in cursor.fetchall()}
        quotas = share(due, under_way, room, slow)
        if not quotas:
            return []
        organizations, lanes = zip(*quotas, strict=True)
        lease = now + timedelta(seconds=settings.WEBHOOK_TIMEOUT_SECONDS) + _LEASE_MARGIN
        cursor.execute(_CLAIM, [lease, list(organizations), list(lanes), list(quotas.values()), now])
        return [Claimed(*row) for row in cursor.fetchall()]


def share(due: Mapping[Lane, int], under_way: Mapping[Lane, int], room: int, slow: set[UUID]) -> dict[Lane, int]:
    """How many of each lane. In turns: every organisation gets one before any gets another, and so do its lanes."""
    of_organization: Counter[UUID] = Counter()
    for (organization, _), number in under_way.items():
        of_organization[organization] += number
    queues: dict[UUID, deque[Lane]] = {}
    for lane in due:
        queues.setdefault(lane[0], deque()).append(lane)
    quotas: Counter[Lane] = Counter()
    turns = deque(queues)
    while room > 0 and turns:
        organization = turns.popleft()
        following = _next_lane(queues[organization], due, under_way, quotas, slow)
        if following is None or of_organization[organization] >= _most_of(organization, slow):
            continue
        quotas[following] += 1
        of_organization[organization] += 1
        room -= 1
        turns.append(organization)
    return dict(quotas)


def _next_lane(
    lanes: deque[Lane], due: Mapping[Lane, int], under_way: Mapping[Lane, int], quotas: Counter[Lane], slow: set[UUID]
) -> Lane | None:
    """The lane whose turn it is, put behind the others; what has enough is left out from now on."""
    while lanes:
        lane = lanes.popleft()
        most = MOST_OF_SLOW_LANE if lane[1] in slow else MOST_OF_LANE
        if quotas[lane] < due[lane] and under_way.get(lane, 0) + quotas[lane] < most:
            lanes.append(lane)
            return lane
    return None


def _most_of(organization: UUID, slow: set[UUID]) -> int:
    return MOST_OF_SLOW_ORGANIZATION if organization in slow else MOST_OF_ORGANIZATION


@transaction.atomic
def give_back() -> None:
    """What a process that died had claimed is due again."""
    now = clock.machine_now()
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [now, now])
