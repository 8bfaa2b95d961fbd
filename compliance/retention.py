"""Nothing is kept for longer than the organisation wants it kept, unless a legal hold says otherwise.

Every night of the organisation there is a run for each sort that has a limit: a work row, and the report of what went.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from compliance import holds, removals
from compliance.models import RetentionRun, Settings
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.personal import Remove

log = structlog.get_logger(__name__)
Kind = RetentionRun.Kind

BATCH = 200
SLICE_SECONDS = 15.0
#: The hour of the organisation's night from which on it is done.
_HOUR = 2
_COLUMN = {
    Kind.RECORDINGS: "keep_recordings_days",
    Kind.TRANSCRIPTS: "keep_transcripts_days",
    Kind.MESSAGES: "keep_messages_days",
}


@dataclass(frozen=True)
class Sort:
    """`find(organization_id, before)`: what is older and still there; `held(held)`: which of it is kept by a hold;
    `erase(rows, remove)` gets a batch, locked, in a transaction."""

    find: Callable[[UUID, datetime], QuerySet[Any]]
    held: Callable[[holds.Held], Q]
    erase: Callable[[Sequence[Any], Remove], None]


_sorts: dict[Kind, Sort] = {}


def register(kind: Kind, sort: Sort) -> None:
    _sorts[kind] = sort


def begin_runs() -> None:
    """The runs of nights that have come. Asked twice, they are begun once."""
    limited = Q()
    for column in _COLUMN.values():
        limited |= Q(**{f"{column}__isnull": False})
    for settings in Settings.objects.filter(limited).select_related("organization").iterator():
        there = clock.now().astimezone(ZoneInfo(settings.organization.timezone))
        if there.hour < _HOUR:
            continue
        for kind, column in _COLUMN.items():
            if days := getattr(settings, column):
                begin(settings.organization_id, kind, days, there)


def begin(organization_id: UUID, kind: Kind, days: int, there: datetime) -> None:
    """`there` is now, in the organisation's zone."""
    with transaction.atomic():
        run, created = RetentionRun.objects.get_or_create(
            organization_id=organization_id,
            kind=kind,
            day=there.date(),
            defaults={"days": days, "before": clock.now() - timedelta(days=days)},
        )
        if created:
            run.enqueue()


def work_on(run_id: str) -> None:
    run = RetentionRun.claim(run_id)
    if run is None:
        return
    try:
        _work_on(run, until=time.monotonic() + SLICE_SECONDS)
    except LeaseLost:
        log.warning("retention_run_lease_lost", run=run_id)
    except Exception as error:
        log.error("retention_run_failed", run=run_id, error=type(error).__name__)
        run.postpone(type(error).__name__)


def _work_on(run: RetentionRun, *, until: float) -> None:
    sort = _sorts[Kind(run.kind)]
    kept = _Kept(run.organization_id)
    while _batch(run, sort, kept):
        if time.monotonic() > until:
            run.postpone("", after=0)
            run.enqueue()
            return
    run.succeed(held=sort.find(run.organization_id, run.before).count())


class _Kept:
    """What the holds keep, at each moment: worked out anew when one was placed or released."""

    def __init__(self, organization_id: UUID) -> None:
        self._organization_id = organization_id
        self._known: tuple[frozenset[UUID], frozenset[UUID]] | None = None
        self._held = holds.Held(frozenset(), frozenset())

    def now(self) -> holds.Held:
        """For the transaction at hand: none is placed meanwhile."""
        holds.let_none_be_placed(self._organization_id)
        standing = holds.standing(self._organization_id)
        if standing != self._known:
            self._held, self._known = holds.held(self._organization_id), standing
        return self._held


@transaction.atomic
def _batch(run: RetentionRun, sort: Sort, kept: _Kept) -> int:
    held = kept.now()
    old = sort.find(run.organization_id, run.before)
    # By keys: a look-up through another table could be null, and then `exclude` is not the contrary of `filter`.
    free = old.exclude(pk__in=old.filter(sort.held(held)).values("pk")) if held else old
    rows = list(free.order_by("pk").select_for_update(of=("self",))[:BATCH])
    if rows:
        sort.erase(rows, removals.remover(run.organization_id, run=run))
        run.advance(removed=run.removed + len(rows))
    return len(rows)
