"""The usage ledger: one row for each fact that is paid for.

Apps above write theirs with `post`, in the transaction of the fact. What nobody wrote, for want of a price perhaps, is
found by the sweep: each app registers how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

import structlog
from django.db import connection, transaction

from zerovoice.billing.models import LedgerEntry, SpentDay
from zerovoice.lib import clock, phone
from zerovoice.lib.ids import new_id

log = structlog.get_logger(__name__)

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is paid for. `number` says by which prefix; it is not kept. `begun_at`: whose day's price counts,
    where that is not when it was over."""

    organization_id: UUID
    kind: str
    object_id: UUID
    occurred_at: datetime
    quantity: int
    direction: str = ""
    number: str = ""
    period: str = ""
    begun_at: datetime | None = None


#: Facts that happened since then and that the ledger does not have.
Missing = Callable[[datetime], Iterable[Fact]]
_sources: list[Missing] = []


def register(missing: Missing) -> None:
    """Let the sweep find facts. Call it in `apps.py`."""
    if missing not in _sources:
        _sources.append(missing)


def post(facts: Sequence[Fact]) -> None:
    """Enter facts at the price of their day, and let go of the money that was reserved for them. In one statement, in
    the caller's transaction. A fact that is there already stays as it is; one without a price is left to the sweep.
    """
    if not facts:
        return
    rows = [
        (
            new_id(), fact.organization_id, fact.kind, fact.object_id, fact.period, fact.occurred_at,
            (fact.begun_at or fact.occurred_at).astimezone(UTC).date(), fact.direction,
            phone.country_of(fact.number) if fact.number else "",
            fact.number.removeprefix("+"), fact.quantity,
        )
        for fact in sorted(facts, key=lambda fact: (fact.organization_id, fact.occurred_at))
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_POST, [*map(list, zip(*rows, strict=True)), clock.now()])


_POST = f"""
WITH fact AS (
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::timestamptz[], %s::date[], %s::text[],
        %s::text[], %s::text[], %s::int[]
    ) AS fact(
        id, organization_id, kind, object_id, period, occurred_at, priced_on, direction, country, digits, quantity
    )
), posted AS (
    INSERT INTO {LedgerEntry._meta.db_table} (
        id, organization_id, created_at, kind, object_id, period, occurred_at, day, direction, country, prefix,
        quantity, unit_amount, amount, currency
    )
    SELECT fact.id, fact.organization_id, %s, fact.kind, fact.object_id, fact.period, fact.occurred_at,
        (fact.occurred_at AT TIME ZONE organization.timezone)::date, fact.direction, fact.country, rate.prefix,
        fact.quantity, rate.amount, rate.amount * fact.quantity, rate.currency
    FROM fact
    JOIN accounts_organization AS organization ON organization.id = fact.organization_id
    JOIN billing_account AS account ON account.organization_id = fact.organization_id
    CROSS JOIN LATERAL (
        SELECT candidate.prefix, candidate.amount, candidate.currency
        FROM billing_rate AS candidate
        WHERE candidate.kind = fact.kind AND candidate.direction = fact.direction
            AND candidate.currency = account.currency
            AND candidate.prefix IN (SELECT left(fact.digits, length) FROM generate_series(0, 15) AS length)
            AND candidate.effective_from <= fact.priced_on
            AND (candidate.effective_until IS NULL OR candidate.effective_until > fact.priced_on)
        ORDER BY length(candidate.prefix) DESC, candidate.effective_from DESC
        LIMIT 1
    ) AS rate
    ON CONFLICT (kind, object_id, period) DO NOTHING
    RETURNING organization_id, day, kind, direction, quantity, amount
), settled AS (
    DELETE FROM billing_reservation WHERE object_id IN (SELECT object_id FROM fact)
)
INSERT INTO billing_spentday (organization_id, day, kind, direction, part, quantity, amount)
SELECT organization_id, day, kind, direction, pg_backend_pid() %% {SpentDay.PARTS}, sum(quantity), sum(amount)
FROM posted GROUP BY organization_id, day, kind, direction ORDER BY organization_id, day, kind, direction
ON CONFLICT (organization_id, day, kind, direction, part) DO UPDATE SET
    quantity = billing_spentday.quantity + EXCLUDED.quantity, amount = billing_spentday.amount + EXCLUDED.amount
"""  # noqa: S608 - a statement of its own words


def sweep(since: datetime) -> int:
    """Enter what happened since then and is not in the ledger; how many facts were found. Those without a price are
    found again, until there is one."""
    found = 0
    for facts in _batches(since):
        with transaction.atomic():
            post(facts)
        found += len(facts)
    if found:
        log.info("usage_swept", facts=found)
    return found


def _batches(since: datetime) -> Iterator[Sequence[Fact]]:
    for missing in _sources:
        facts = iter(missing(since))
        while batch := list(islice(facts, _BATCH)):
            yield batch
