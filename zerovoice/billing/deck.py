"""Rate decks as CSV files: columns kind, direction, prefix, destination, amount, currency, effective_from, source."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from zerovoice.billing.models import Rate

COLUMNS = ("kind", "direction", "prefix", "destination", "amount", "currency", "effective_from", "source")
#: What a new instance begins with.
SHIPPED = Path(__file__).with_name("rates.csv")


@dataclass(frozen=True)
class Loaded:
    added: int
    ended: int
    unchanged: int


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a deck. Raises ValueError for a file that is none. Lines that begin with # are remarks."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"The columns must be {', '.join(COLUMNS)}")
        return list(reader)


@transaction.atomic
def load(rows: Iterable[dict[str, str]]) -> Loaded:
    """Add each price from its day on; the one that was in force until then ends. All or nothing. Raises ValueError."""
    added = ended = unchanged = 0
    for number, row in enumerate(rows, start=1):
        rate = Rate(**row)
        try:
            rate.clean_fields()
            rate.clean()
        except ValidationError as error:
            raise ValueError(f"Row {number}: {'; '.join(error.messages)}") from error
        alike = Rate.objects.filter(
            kind=rate.kind, direction=rate.direction, prefix=rate.prefix, currency=rate.currency
        )
        now = alike.filter(effective_from__lte=rate.effective_from).exclude(effective_until__lte=rate.effective_from)
        if now.filter(amount=rate.amount).exists():
            unchanged += 1
            continue
        if alike.filter(effective_from__gte=rate.effective_from).exists():
            raise ValueError(f"Row {number}: a price from {rate.effective_from} or later is there already")
        ended += now.update(effective_until=rate.effective_from)
        rate.save(force_insert=True)
        added += 1
    return Loaded(added, ended, unchanged)
