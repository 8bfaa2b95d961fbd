"""Figures of any range of time, exact at any moment, mostly read from what was counted before; see `ledgers`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import add

import orjson
from django.db import connection

from analytics.ledgers import QUARTER, TALLIES, VOLUME, Of, listed
from analytics.models import Source
from zerovoice.api.counting import Place

#: Before and after everything.
BEGINNING, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def count(source: Source, of: Of, start: datetime = BEGINNING, end: datetime = END) -> int:
    sql, params = TALLIES[source].pieces(of, start, end)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} SELECT coalesce(sum(rows), 0)::bigint FROM pieces", params)
        return int(cursor.fetchone()[0])


def seek(
    source: Source, of: Of, number: int, start: datetime = BEGINNING, end: datetime = END
) -> tuple[int, Place | None]:
    """How many there are, and where the row is that `number` others are newer than; None when there are no more than
    that. First in which long span, then in which quarter of it."""
    total, place, before = None, None, 0
    for long in (True, False):
        sql, params = TALLIES[source].pieces(of, start, end, long=long)
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} {_SEEK}", {**params, "number": number - before})
            whole, begin, until, newer = cursor.fetchone()
        total = whole if total is None else total
        if begin is None:
            break
        place = Place(until, number - before - newer)
        if until - begin <= QUARTER:
            break
        start, end, before = max(start, begin), min(end, until), before + newer
    return total or 0, place


_SEEK = """
, piece AS MATERIALIZED (SELECT start, until, sum(rows) AS rows FROM pieces GROUP BY start, until)
SELECT whole, start, until, (so_far - rows)::bigint
FROM (SELECT coalesce(sum(rows), 0)::bigint AS whole FROM piece) AS every
LEFT JOIN LATERAL (
    SELECT * FROM (SELECT *, sum(rows) OVER (ORDER BY start DESC) AS so_far FROM piece) AS summed
    WHERE so_far > %(number)s ORDER BY start DESC LIMIT 1
) AS sought ON true
"""


def dispositions(of: Of, start: datetime, end: datetime) -> list[tuple[str, int]]:
    """How many calls are over with which, the most frequent first."""
    sql, params = TALLIES[Source.CALLS].pieces(of, start, end)
    with connection.cursor() as cursor:
        of_each = "SELECT outcome, sum(rows)::bigint AS rows FROM pieces GROUP BY outcome ORDER BY rows DESC, outcome"
        cursor.execute(f"{sql} {of_each}", params)
        return list(cursor.fetchall())


#: With more edges than these, buckets are found here.
_MANY = 1_000
#: What `volume` tells of each bucket.
VOLUME_FIELDS = ("calls", "inbound", "outbound", *list(VOLUME.measures)[1:])


def volume(of: Of, edges: Sequence[datetime]) -> dict[int, tuple[int, ...]]:
    """VOLUME_FIELDS by the number of the bucket, from 1; without those in which there was nothing."""
    sql, params = VOLUME.pieces(of, edges[0], edges[-1], cuts=[edge for edge in edges[1:-1] if edge.minute])
    # As doubles, which are added up faster than what is exact beyond 2⁵³.
    of_each_way = (
        f"coalesce(sum(calls::float8) FILTER (WHERE direction = '{way}'), 0)" for way in ("inbound", "outbound")
    )
    sums = ["sum(calls::float8)", *of_each_way, *(f"sum({name}::float8)" for name in list(VOLUME.measures)[1:])]
    # Thousands of buckets: told apart by when their pieces begin, and sent as one text for each column. Sending as many
    # edges, and reading a hundred thousand numbers one by one, takes longer than all that PostgreSQL does.
    many = len(edges) > _MANY
    bucket = "start" if many else "width_bucket(start, %(edges)s::timestamptz[])"
    summed = f"SELECT {bucket} AS bucket, {listed(f'{one}::bigint' for one in sums)} FROM pieces GROUP BY bucket"
    with connection.cursor() as cursor:
        if not many:
            cursor.execute(f"{sql} {summed}", {**params, "edges": list(edges)})
            return {row[0]: row[1:] for row in cursor.fetchall()}
        names = [f"n{number}" for number in range(len(sums))]
        columns = ["floor(extract(epoch FROM bucket))::bigint", *names]
        arrays = listed(f"array_agg({column})::text" for column in columns)  # "{1,2}"
        cursor.execute(f"{sql}, summed (bucket, {listed(names)}) AS ({summed}) SELECT {arrays} FROM summed", params)
        texts = cursor.fetchone()
    if texts[0] is None:
        return {}
    starts, *told = (orjson.loads(f"[{text[1:-1]}]") for text in texts)
    # Whole seconds tell them apart: a piece begins with a quarter or with the range.
    numbers = {int(edge.timestamp()): number for number, edge in enumerate(edges, start=1)}
    bounds = list(numbers)
    found: dict[int, tuple[int, ...]] = {}
    for start, row in zip(starts, zip(*told, strict=True), strict=True):
        number = numbers.get(start) or bisect_right(bounds, start)
        found[number] = tuple(map(add, found[number], row)) if number in found else row
    return found
