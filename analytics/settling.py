"""Counting again what was touched. See docs/decisions/0044-rollups.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import SerializationFailure

from analytics.ledgers import LEDGERS, QUARTER
from analytics.models import Source
from analytics.rollups import END

_LOCK = 4_405_217_001  # of who settles: any number that nothing else uses


def settle(most: int = 500, *, before: datetime = END) -> int:
    """Count touched quarters again, at most so many, and those alone that are over `before`; how many it were. Nobody
    else may be doing it: then none."""
    try:
        with alone() as cursor:
            if cursor is None:
                return 0
            cursor.execute(_TAKE, {"most": most, "before": before - QUARTER})
            taken: dict[str, set[tuple[UUID, datetime]]] = defaultdict(set)
            for source, organization_id, quarter in cursor.fetchall():
                taken[source].add((organization_id, quarter))
            for source, quarters in taken.items():
                for ledger in LEDGERS[Source(source)]:
                    ledger.recount(cursor, sorted(quarters))
            return sum(len(quarters) for quarters in taken.values())
    except OperationalError as error:
        if isinstance(error.__cause__, SerializationFailure):
            return 0  # somebody settled between our first look and our lock
        raise


_TAKE = """
WITH chosen AS (
    SELECT DISTINCT organization_id, source, quarter FROM analytics_touch WHERE quarter <= %(before)s LIMIT %(most)s
)
DELETE FROM analytics_touch AS touch USING chosen
WHERE touch.organization_id = chosen.organization_id AND touch.source = chosen.source AND touch.quarter = chosen.quarter
RETURNING touch.source, touch.organization_id, touch.quarter
"""


@contextmanager
def alone() -> Iterator[Any]:
    """A transaction that sees one moment, of the only one who settles; None when another does."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        yield cursor if cursor.fetchone()[0] else None
