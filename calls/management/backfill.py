"""Work for what came before something was switched on: in batches, saying how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import transaction
from django.db.models import QuerySet

BATCH = 500


def each(rows: QuerySet[Any], act: Callable[[Any], object], *, what: str, out: OutputWrapper) -> int:
    """`act` on every row, each batch in a transaction; how many. Stopped, it goes on where it was when run again, if
    what is done is no longer among the rows."""
    total, done = rows.count(), 0
    after = None
    while batch := list((rows if after is None else rows.filter(pk__gt=after)).order_by("pk")[:BATCH]):
        with transaction.atomic():
            for row in batch:
                act(row)
        after, done = batch[-1].pk, done + len(batch)
        out.write(f"{done:,} of {max(total, done):,} {what} ({100 * done // max(total, done)} %)")
    return done
