"""Figures of any range of time, exact at any moment, mostly read from what was counted before; see `ledgers`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import add

import orjson
from django.db import connection

from analytics.ledgers import FIGURES, QUARTER, TALLIES, VOLUME, WAYS, Of, Params, listed
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


#: What `volume` tells of each bucket.
VOLUME_FIELDS = ("calls", *WAYS, *list(FIGURES)[1:])


def volume(of: Of, edges: Sequence[datetime], *, many: int = 1_000) -> list[tuple[int, ...]]:
    """VOLUME_FIELDS of each two neighbours of `edges`. With more edges than `many`, buckets are found here."""
    sql, params = _pieces(of, edges)
    ways = [way for way in WAYS if of.keys.get("direction", way) == way]
    figures = {name: " + ".join(f"{way}_{name}" for way in ways) for name in FIGURES}
    figures |= {way: f"{way}_calls" if way in ways else "0" for way in WAYS}
    columns = [figures[name] for name in VOLUME_FIELDS]
    sums = _sums(columns)
    found = [(0,) * len(columns)] * (len(edges) - 1)
    with connection.cursor() as cursor:
        if len(edges) <= many:
            cursor.execute(f"{sql} SELECT {_PLACE}, {sums} FROM pieces GROUP BY 1", {**params, "edges": list(edges)})
            for number, *row in cursor.fetchall():
                found[number] = tuple(row)
            return found
        # Thousands of buckets: told apart here, by when their pieces begin, and sent as one text for each column.
        # Sending as many edges, and reading a hundred thousand numbers one by one, takes longer than all that
        # PostgreSQL does. Only of several queues or numbers there is more to an hour than a piece.
        if len(of.values) > 1:
            sql += f", piece AS (SELECT start, {sums} FROM pieces GROUP BY start)"
        else:
            sql += f", piece AS (SELECT start, {listed(f'{c} AS n{n}' for n, c in enumerate(columns))} FROM pieces)"
        told = ["floor(date_part('epoch', start))::bigint", *(f"n{number}" for number in range(len(columns)))]
        cursor.execute(f"{sql} SELECT {listed(f'array_agg({one})::text' for one in told)} FROM piece", params)
        texts = cursor.fetchone()  # "{1,2}"
    if texts[0] is None:
        return found
    starts, *rows = (orjson.loads(f"[{text[1:-1]}]") for text in texts)
    # Whole seconds tell them apart: a piece begins with a quarter or with the range.
    bounds = [int(edge.timestamp()) for edge in edges[:-1]]
    places = {bound: number for number, bound in enumerate(bounds)}
    nothing = found[0]
    for start, row in zip(starts, zip(*rows, strict=True), strict=True):
        number = places[start] if start in places else bisect_right(bounds, start) - 1
        found[number] = row if found[number] is nothing else tuple(map(add, found[number], row))
    return found


#: What there was of inbound and of outbound calls: `{"inbound": {"calls": 3, "answered": 2, ...}, "outbound": ...}`.
Ways = dict[str, dict[str, int]]


def volume_each_way(of: Of, stretches: Sequence[Sequence[datetime]]) -> list[list[Ways]]:
    """As `volume`, each way apart, for the edges of several stretches of time: in one statement, so of one moment."""
    columns = [f"{way}_{name}" for way in WAYS for name in FIGURES]
    statements: list[str] = []
    given: Params = {}
    for number, edges in enumerate(stretches):
        sql, params = _pieces(of, edges)
        statement = f"({sql} SELECT {number}, {_PLACE}, {_sums(columns)} FROM pieces GROUP BY 2)"
        statements.append(_PARAMETER.sub(rf"%({number}_\1)s", statement))
        given |= {f"{number}_{name}": value for name, value in {**params, "edges": list(edges)}.items()}
    found = [[_ways((0,) * len(columns)) for _ in edges[1:]] for edges in stretches]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), given)
        for number, place, *row in cursor.fetchall():
            found[number][place] = _ways(row)
    return found


def _ways(row: Sequence[int]) -> Ways:
    length = len(FIGURES)
    return {way: dict(zip(FIGURES, row[n * length : (n + 1) * length], strict=True)) for n, way in enumerate(WAYS)}


_PLACE = "width_bucket(start, %(edges)s::timestamptz[]) - 1"
_PARAMETER = re.compile(r"%\((\w+)\)s")


def _pieces(of: Of, edges: Sequence[datetime]) -> tuple[str, Params]:
    return VOLUME.pieces(of, edges[0], edges[-1], cuts=[edge for edge in edges[1:-1] if edge.minute])


def _sums(columns: Sequence[str]) -> str:
    """As doubles, which are added up faster than what is exact beyond 2⁵³."""
    return listed(f"sum(({column})::float8)::bigint AS n{number}" for number, column in enumerate(columns))
