"""Ledgers: what is counted of the rows of a table, by the quarter of an hour and the long span.

A statement reads the long spans that nothing has touched, the quarters of those that something has, and the rows of
touched quarters and of the ends of the range that are no whole quarters. It is one statement, so it sees one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Model

from analytics.models import Dimension, Source, Tally, Volume
from calls.models import Call, Transcript
from messaging.models import Message
from zerovoice.lib.ids import NIL

QUARTER = timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NIL = f"'{NIL}'::uuid"

#: The spans that some quarters are in.
_SPANS = (
    "SELECT DISTINCT whose, date_bin('{minutes} minutes', at, 'epoch') AS start"
    " FROM unnest(%(organizations)s::uuid[], %(quarters)s::timestamptz[]) AS quarter (whose, at)"
)
#: Ends a lateral part: looked up span by span, whatever the planner thinks of joining all at once.
_EACH = "OFFSET 0"

Params = dict[str, Any]


@dataclass(frozen=True)
class Of:
    """Which rows are asked for: of an organisation, of some of its queues or numbers, with these `keys`.

    `values`: ids of queues or numbers, which have no rows in common.
    """

    organization_id: UUID
    dimension: Dimension = Dimension.ALL
    values: Sequence[UUID] = (NIL,)
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """What is counted of the rows of a table. All text in it is ours: nothing that a user sent is ever made SQL.

    `keys`: by what it tells rows apart, its columns and theirs. `measures`: its other columns, and what they are over
    the rows, of which they need the `columns`. `long`: the minutes of its long spans. `by_quarter`: what is kept of
    quarters too; of the other dimensions only long spans are, and the rows of shorter ones are counted.
    """

    table: str
    source: Source
    rows: str
    condition: str
    dimensions: Mapping[Dimension, str]
    keys: Mapping[str, str]
    measures: Mapping[str, str]
    columns: tuple[str, ...]
    long: int
    by_quarter: frozenset[Dimension]

    # --- reading ---

    def pieces(
        self, of: Of, start: datetime, end: datetime, *, long: bool = True, cuts: Sequence[datetime] = ()
    ) -> tuple[str, Params]:
        """The beginning of a statement, up to the table `pieces (start, until, <keys>, <measures>)`: together exactly
        the rows that were made from `start` on and before `end`. Without `long`, none is longer than a quarter. `cuts`:
        beginnings of quarters that none may lie across. Keys of `of` that are none of this ledger's are left to the
        reader, who knows them from the measures."""
        params: Params = {
            "organization": of.organization_id,
            "source": self.source,
            "dimension": of.dimension,
            "values": list(of.values),
            "minutes": self.long,
            "long": timedelta(minutes=self.long),
            "cuts": list(cuts),
            **{f"key_{name}": value for name, value in of.keys.items()},
            **_spans(start, end, timedelta(minutes=self.long) if long else None),
        }
        # Of spans that something touched: their quarters, and of touched quarters the rows; or the rows at once.
        short, touched, of_touched = "spoilt", "touched", "interval '15 minutes'"
        if of.dimension not in self.by_quarter:
            short, touched, of_touched = "(SELECT start FROM spoilt WHERE false) AS none", "spoilt", "%(long)s"
            for side in ("starts", "ends"):
                params[f"row_{side}"] += params[f"short_{side}"]
                params[f"short_{side}"] = []
        kept = ", ".join(f"kept.{name}" for name in (*self.keys, *self.measures))
        keys = [name for name in of.keys if name in self.keys]
        which_kept = "".join(f" AND kept.{name} = %(key_{name})s" for name in keys)
        which_rows = "".join(f" AND {self.keys[name]} = %(key_{name})s" for name in keys)
        if of.dimension != Dimension.ALL:
            which_rows += f" AND {self.dimensions[of.dimension]} = ANY(%(values)s)"
        which_kept = (
            "kept.organization_id = %(organization)s AND kept.source = %(source)s AND kept.dimension = %(dimension)s"
            f" AND kept.value = ANY(%(values)s){which_kept}"
        )
        sql = f"""
            WITH touched AS MATERIALIZED (
                SELECT DISTINCT quarter AS start FROM analytics_touch
                WHERE organization_id = %(organization)s AND source = %(source)s
                    AND quarter >= %(first)s AND quarter < %(last)s
            ), spoilt AS MATERIALIZED (
                SELECT DISTINCT date_bin(%(long)s, start, 'epoch') AS start
                FROM (SELECT start FROM touched UNION ALL SELECT unnest(%(cuts)s::timestamptz[])) AS quarter
                WHERE start >= %(long_first)s AND start < %(long_last)s
            ), short (start, until) AS (
                SELECT * FROM unnest(%(short_starts)s::timestamptz[], %(short_ends)s::timestamptz[])
                UNION ALL SELECT start, start + %(long)s FROM {short}
            ), unkept (start, until) AS (
                SELECT * FROM unnest(%(row_starts)s::timestamptz[], %(row_ends)s::timestamptz[])
                UNION ALL SELECT start, start + {of_touched} FROM {touched}
            ), pieces AS (
                SELECT kept.start, kept.start + %(long)s AS until, {kept} FROM {self.table} AS kept
                WHERE {which_kept} AND kept.minutes = %(minutes)s
                    AND kept.start >= %(long_first)s AND kept.start < %(long_last)s
                    AND kept.start NOT IN (SELECT start FROM spoilt)
                UNION ALL
                SELECT kept.start, kept.start + interval '15 minutes', {kept} FROM short CROSS JOIN LATERAL (
                    SELECT * FROM {self.table} AS kept
                    WHERE {which_kept} AND minutes = 15 AND kept.start >= short.start AND kept.start < short.until
                    {_EACH}
                ) AS kept WHERE kept.start NOT IN (SELECT start FROM touched)
                UNION ALL
                SELECT greatest(unkept.start, quarter), least(unkept.until, quarter + interval '15 minutes'),
                    {listed(self.keys.values(), self.measures.values())}
                FROM unkept CROSS JOIN LATERAL (
                    SELECT date_bin('15 minutes', created_at, 'epoch') AS quarter,
                        {listed(self.keys.values(), self.columns)}
                    FROM {self.rows} WHERE organization_id = %(organization)s AND {self.condition}{which_rows}
                        AND created_at >= unkept.start AND created_at < unkept.until
                    {_EACH}
                ) AS fact GROUP BY {listed(["unkept.start", "unkept.until", "quarter"], self.keys.values())}
            )
        """
        return sql, params

    # --- keeping ---

    def expected(self, *, long: bool) -> str:
        """A statement of what has to be kept of the quarters `%(quarters)s` of `%(organizations)s`, pair by pair; or of
        the long spans that they are in."""
        if not long:
            return self._counted(self.by_quarter, 15)
        parts = [self._summed()]
        if by_span := [dimension for dimension in self.all_dimensions if dimension not in self.by_quarter]:
            parts.append(self._counted(by_span, self.long))
        return " UNION ALL ".join(f"({part})" for part in parts)

    def _counted(self, dimensions: Iterable[Dimension], minutes: int) -> str:
        """From the rows."""
        columns = {dimension: self.dimensions.get(dimension, "") for dimension in dimensions}
        selects = [
            f"SELECT organization_id, '{self.source}', '{dimension}', {column or _NIL}, {minutes}, start,"
            f" {listed(self.keys.values(), self.measures.values())} FROM fact WHERE {column or _NIL} IS NOT NULL"
            f" GROUP BY {listed(['organization_id', 'start'], filter(None, [column]), self.keys.values())}"
            for dimension, column in columns.items()
        ]
        return f"""
            WITH span AS ({_SPANS.format(minutes=minutes)}), fact AS MATERIALIZED (
                SELECT start, fact.* FROM span CROSS JOIN LATERAL (
                    SELECT organization_id, {listed(self.keys.values(), self.dimensions.values(), self.columns)}
                    FROM {self.rows}
                    WHERE organization_id = whose AND {self.condition}
                        AND created_at >= start AND created_at < start + interval '{minutes} minutes'
                    {_EACH}
                ) AS fact
            ) {" UNION ALL ".join(selects)}
        """

    def _summed(self) -> str:
        """From the quarters that are kept."""
        return f"""
            SELECT organization_id, source, dimension, value, {self.long}, span.start,
                {listed(self.keys, (f"sum({name})::bigint" for name in self.measures))}
            FROM ({_SPANS.format(minutes=self.long)}) AS span CROSS JOIN LATERAL (
                SELECT organization_id, source, dimension, value, {listed(self.keys, self.measures)} FROM {self.table}
                WHERE organization_id = whose AND source = '{self.source}' AND minutes = 15
                    AND start >= span.start AND start < span.start + interval '{self.long} minutes'
                {_EACH}
            ) AS kept
            GROUP BY {listed(["organization_id", "source", "dimension", "value", "span.start"], self.keys)}
        """

    def stored(self, *, long: bool) -> str:
        """From where on that which is kept of them is found."""
        minutes = self.long if long else 15
        return f"""
            FROM {self.table} WHERE ctid = ANY(ARRAY(
                SELECT kept.ctid FROM ({_SPANS.format(minutes=minutes)}) AS span CROSS JOIN LATERAL (
                    SELECT ctid FROM {self.table} AS kept WHERE organization_id = whose
                        AND source = '{self.source}' AND minutes = {minutes} AND kept.start = span.start
                    {_EACH}
                ) AS kept
            ))
        """

    def recount(self, cursor: Any, quarters: Quarters) -> None:
        """Count these quarters again, and what is summed up of them."""
        params = self._params(quarters)
        for long in (False, True):
            cursor.execute(f"DELETE {self.stored(long=long)}", params)
            # In the order in which they are read: one span after the other.
            order = "ORDER BY organization_id, dimension, value, start"
            expected = f"SELECT * FROM ({self.expected(long=long)}) AS expected ({self._columns}) {order}"
            cursor.execute(f"INSERT INTO {self.table} ({self._columns}) {expected}", params)

    def differing(self, cursor: Any, quarters: Quarters) -> list[tuple[UUID, datetime]]:
        """Those of which something else is kept than should be: quarters, and first quarters of long spans."""
        found: set[tuple[UUID, datetime]] = set()
        for long in (False, True):
            cursor.execute(
                f"""
                WITH expected ({self._columns}) AS ({self.expected(long=long)}),
                stored AS (SELECT {self._columns} {self.stored(long=long)})
                SELECT DISTINCT organization_id, start FROM (
                    (SELECT * FROM expected EXCEPT SELECT * FROM stored)
                    UNION ALL (SELECT * FROM stored EXCEPT SELECT * FROM expected)
                ) AS different
                """,
                self._params(quarters),
            )
            found |= set(cursor.fetchall())
        return sorted(found)

    @property
    def all_dimensions(self) -> list[Dimension]:
        return [Dimension.ALL, *self.dimensions]

    @property
    def _columns(self) -> str:
        which = ("organization_id", "source", "dimension", "value", "minutes", "start")
        return listed(which, self.keys, self.measures)

    def _params(self, quarters: Quarters) -> Params:
        organizations, starts = zip(*quarters, strict=True)
        return {"organizations": list(organizations), "quarters": list(starts)}


Quarters = Sequence[tuple[UUID, datetime]]

WAYS = ("inbound", "outbound")
SECONDS = ("talk_seconds", "hold_seconds", "wait_seconds", "wrap_up_seconds", "duration_seconds")
#: What is kept of the calls of each way, in columns of its own: most who read want both, and so read half as many rows.
FIGURES = {
    "calls": "count(*) FILTER (WHERE {way})",
    "answered": "count(*) FILTER (WHERE {way} AND (talk_seconds > 0 OR disposition = 'answered'))",
    "abandoned": "count(*) FILTER (WHERE {way} AND disposition = 'abandoned')",
    "voicemail": "count(*) FILTER (WHERE {way} AND disposition = 'voicemail')",
    **{name: f"coalesce(sum({name}) FILTER (WHERE {{way}}), 0)::bigint" for name in SECONDS},
}
VOLUME = Ledger(
    table=Volume._meta.db_table,
    source=Source.CALLS,
    rows=Call._meta.db_table,
    condition="true",
    dimensions={Dimension.QUEUE: "queue_id", Dimension.NUMBER: "own_number_id"},
    keys={},
    measures={
        f"{way}_{name}": figure.format(way=f"direction = '{way}'") for way in WAYS for name, figure in FIGURES.items()
    },
    columns=("direction", "disposition", *SECONDS),
    long=60,
    by_quarter=frozenset([Dimension.ALL]),
)


def _tally(source: Source, model: type[Model], outcome: str, condition: str, *dimensions: Dimension) -> Ledger:
    return Ledger(
        table=Tally._meta.db_table,
        source=source,
        rows=model._meta.db_table,
        condition=condition,
        dimensions={dimension: VOLUME.dimensions[dimension] for dimension in dimensions},
        keys={"direction": "direction", "outcome": outcome},
        measures={"rows": "count(*)"},
        columns=(),
        long=24 * 60,
        by_quarter=frozenset([Dimension.ALL]),
    )


TALLIES = {
    Source.CALLS: _tally(Source.CALLS, Call, "disposition", "ended_at IS NOT NULL", Dimension.QUEUE, Dimension.NUMBER),
    Source.MESSAGES: _tally(Source.MESSAGES, Message, "status", "true"),
    Source.TRANSCRIPTS: _tally(Source.TRANSCRIPTS, Transcript, "status", "true", Dimension.QUEUE),
}
LEDGERS = {source: [tally] for source, tally in TALLIES.items()}
LEDGERS[Source.CALLS].append(VOLUME)


# --- parts ---


def _spans(start: datetime, end: datetime, long: timedelta | None) -> Params:
    """A range in long spans, quarters before and after these, and what is no whole quarter: its rows are counted."""
    first, last = up(start, QUARTER), down(end, QUARTER)
    if first > last:
        first = last = start  # within one quarter
        rows = [(start, end)]
    else:
        rows = [(start, first), (last, end)]
    long_first, long_last = (up(first, long), down(last, long)) if long else (first, first)
    if long_first < long_last:
        short = [(first, long_first), (long_last, last)]
    else:
        long_first = long_last = first
        short = [(first, last)]
    return {
        "first": first,
        "last": last,
        "long_first": long_first,
        "long_last": long_last,
        **{
            f"{name}_{end_of}s": [span[side] for span in spans if span[0] < span[1]]
            for name, spans in (("short", short), ("row", rows))
            for side, end_of in enumerate(("start", "end"))
        },
    }


def down(moment: datetime, span: timedelta) -> datetime:
    return moment - (moment - EPOCH) % span


def up(moment: datetime, span: timedelta) -> datetime:
    return moment + -(moment - EPOCH) % span


def listed(*names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name for some in names for name in some))
