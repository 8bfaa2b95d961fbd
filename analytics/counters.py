"""How many rows the long lists have, and where their pages begin, from the rollups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analytics import ledgers, rollups
from analytics.models import Dimension, Source
from zerovoice.api import counting
from zerovoice.api.dates import end_of, start_of
from zerovoice.api.filters import StrictFilterSet

#: What the rollups can tell apart, by the filter's name: which column of a tally it is.
_KEYS = {
    Source.CALLS: {"direction": "direction", "disposition": "outcome"},
    Source.MESSAGES: {"direction": "direction", "status": "outcome"},
    Source.TRANSCRIPTS: {"direction": "direction", "status": "outcome"},
}


@dataclass(frozen=True)
class RollupCounter:
    source: Source
    of: ledgers.Of
    start: datetime
    end: datetime

    def count(self) -> int:
        return rollups.count(self.source, self.of, self.start, self.end)

    def seek(self, number: int) -> tuple[int, counting.Place | None]:
        return rollups.seek(self.source, self.of, number, self.start, self.end)


@dataclass(frozen=True)
class IndexCounter:
    """Of one agent's rows: they have an index of their own, in which they are counted."""

    rows: QuerySet[Any]

    def count(self) -> int:
        return self.rows.order_by().count()

    def seek(self, number: int) -> tuple[int, counting.Place | None]:
        return self.count(), counting.Place(rollups.END, number)


def register() -> None:
    for source in Source:
        counting.register(source.value, lambda *given, source=source: _counter(source, *given))


def _counter(source: Source, organization_id: UUID, filterset: StrictFilterSet | None) -> counting.Counter | None:
    asked: dict[str, Any] = {}
    if filterset is not None:
        asked = {name: value for name, value in filterset.form.cleaned_data.items() if value not in (None, "")}
    start, end, queue = (asked.pop(name, None) for name in ("date_start", "date_end", "queue_id"))
    keys = {column: asked.pop(name) for name, column in _KEYS[source].items() if name in asked}
    if filterset and not queue and asked.keys() == {"agent_id"}:
        return IndexCounter(filterset.qs)
    if asked or (queue and Dimension.QUEUE not in ledgers.TALLIES[source].dimensions):
        return None
    of = (
        ledgers.Of(organization_id, Dimension.QUEUE, [queue], keys) if queue else ledgers.Of(organization_id, keys=keys)
    )
    timezone = filterset.timezone if filterset is not None else "UTC"
    return RollupCounter(
        source,
        of,
        start_of(start, timezone) if start else rollups.BEGINNING,
        end_of(end, timezone) if end else rollups.END,
    )
