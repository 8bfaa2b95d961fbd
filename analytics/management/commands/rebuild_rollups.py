"""Whether what is counted beforehand agrees with the rows, and that it does."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from psycopg.errors import SerializationFailure

from analytics import ledgers, settling
from analytics.models import Source, Touch
from zerovoice.accounts.models import Organization

#: So many quarters are looked at in one transaction.
BATCH = 1000
_TRIES, _PAUSE = 100, 0.2


class Command(BaseCommand):
    help = (
        "Counts the quarters of an hour again that the analytics and the lists are read from. It may run while the "
        "system works, and be stopped: what it has done is done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="compare with the rows, repair only what differs, and exit with 1 if anything did",
        )
        parser.add_argument("--organization", help="of this one only: its id")

    def handle(self, *args: Any, check: bool, organization: str | None, **options: Any) -> None:
        organizations = Organization.objects.order_by("name", "id")
        if organization:
            try:
                organizations = organizations.filter(pk=UUID(organization))
            except ValueError as error:
                raise CommandError(f"{organization} is no id of an organisation") from error
            if not organizations:
                raise CommandError(f"There is no organisation {organization}")
        differing = quarters = 0
        for place, one in enumerate(organizations, start=1):
            for source in Source:
                whole = _quarters(one.pk, source)
                for begin in range(0, len(whole), BATCH):
                    batch = whole[begin : begin + BATCH]
                    differing += self._work(source, [(one.pk, quarter) for quarter in batch], check=check)
                    done = begin + len(batch)
                    self.stdout.write(
                        f"{one.name} ({place} of {len(organizations)}): {source.label.lower()}, "
                        f"{done:,} of {len(whole):,} quarters ({100 * done // len(whole)} %)"
                    )
                quarters += len(whole)
        if not check:
            self.stdout.write(f"Counted {quarters:,} quarters of an hour again.")
        elif differing:
            raise CommandError(f"{differing:,} of {quarters:,} quarters of an hour differed from the rows. Repaired.")
        else:
            self.stdout.write(f"All {quarters:,} quarters of an hour agree with the rows.")

    def _work(self, source: Source, batch: list[tuple[UUID, datetime]], *, check: bool) -> int:
        """How many differed."""
        for _ in range(_TRIES):
            try:
                with settling.alone() as cursor:
                    if cursor is not None:
                        return _recount(cursor, source, batch, check=check)
            except OperationalError as error:
                if not isinstance(error.__cause__, SerializationFailure):
                    raise
            time.sleep(_PAUSE)  # the settler is at work
        raise CommandError("Others settle all the time: try again later")


def _recount(cursor: Any, source: Source, batch: list[tuple[UUID, datetime]], *, check: bool) -> int:
    different: set[tuple[UUID, datetime]] = set()
    for ledger in ledgers.LEDGERS[source]:
        # What is touched is known not to be true, and nobody reads it: neither here nor in what is summed up of it.
        asked = _untouched(source, batch, timedelta(minutes=ledger.long)) if check else batch
        wrong = ledger.differing(cursor, asked) if check and asked else asked
        if wrong:
            ledger.recount(cursor, wrong)
        different |= set(wrong)
    return len(different)


def _untouched(source: Source, batch: list[tuple[UUID, datetime]], long: timedelta) -> list[tuple[UUID, datetime]]:
    """Those in whose long span no quarter is touched."""
    organization_id = batch[0][0]
    touched = Touch.objects.filter(
        organization_id=organization_id, source=source,
        quarter__gte=batch[0][1] - long, quarter__lt=batch[-1][1] + long,
    ).values_list("quarter", flat=True).distinct()  # fmt: skip
    spoilt = {(quarter - ledgers.EPOCH) // long for quarter in touched}
    return [one for one in batch if (one[1] - ledgers.EPOCH) // long not in spoilt]


def _quarters(organization_id: UUID, source: Source) -> list[datetime]:
    """Those in which the organisation has rows, or in which some are counted."""
    tally = ledgers.TALLIES[source]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch') FROM {tally.rows}
            WHERE organization_id = %(whose)s
            {"".join(_COUNTED.format(table=ledger.table) for ledger in ledgers.LEDGERS[source])} ORDER BY 1
            """,
            {"whose": organization_id, "source": source},
        )
        return [row[0] for row in cursor.fetchall()]


_COUNTED = """
UNION SELECT start FROM {table} WHERE organization_id = %(whose)s AND source = %(source)s
"""
