"""Starting jobs and working on them.

An app registers what it imports and exports. A worker takes a job in slices: batches of rows, each in a transaction
with the job's cursor and counts, until the slice's time is up; then whoever is free goes on.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO, Any, cast
from uuid import UUID

import structlog
from django.core.files import File
from django.db import transaction
from django.db.models import F

from zerovoice.accounts import audit
from zerovoice.api.errors import BadRequest
from zerovoice.api.principal import Principal
from zerovoice.bulk.models import Job, RowError
from zerovoice.bulk.rows import Row, Unreadable, header, rows
from zerovoice.carrier.work import LeaseLost

log = structlog.get_logger(__name__)

BATCH = 500
SLICE_SECONDS = 15.0
MOST_STALLED = 5

Outcome = str  # created | updated | skipped, or, for a bad row, the reason after "!"


@dataclass(frozen=True)
class Given:
    """A row by its columns, blanks around the values gone."""

    line: int
    values: dict[str, str]


Take = Callable[[Job, Sequence[Given]], Sequence[Outcome]]
RowsOf = Callable[[Job], tuple[int, Iterator[Sequence[str]]]]


@dataclass(frozen=True)
class Import:
    columns: frozenset[str]
    required: frozenset[str]
    take: Take


@dataclass(frozen=True)
class Export:
    columns: Sequence[str]
    rows: RowsOf


_imports: dict[str, Import] = {}
_exports: dict[str, Export] = {}


def register_import(kind: str, *, columns: Iterable[str], required: Iterable[str], take: Take) -> None:
    """`take(job, rows)` writes a batch and says what became of each row, in the batch's transaction: `created`,
    `updated`, `skipped`, or `!` and the reason why it is bad."""
    _imports[kind] = Import(frozenset(columns), frozenset(required), take)


def register_export(kind: str, *, columns: Sequence[str], rows_of: RowsOf) -> None:
    """`rows_of(job)` gives how many rows there are, about, and the rows, a few in memory at a time."""
    _exports[kind] = Export(columns, rows_of)


def imports() -> frozenset[str]:
    """The kinds of jobs that take something in."""
    return frozenset(_imports)


def start_import(
    *, principal: Principal, kind: str, file: IO[bytes], dry_run: bool = False, options: dict[str, Any] | None = None
) -> Job:
    """Keep the file and have a worker import it. Raises BadRequest for a file whose first line is no proper header."""
    known = _imports[kind]
    try:
        names, delimiter, end, lines = header(file)
    except Unreadable as error:
        raise BadRequest(str(error), "file") from error
    if problem := _header_problem(names, known):
        raise BadRequest(problem, "file")
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    job = _job(principal, kind, {**(options or {}), "header": names, "delimiter": delimiter}, dry_run=dry_run)
    job.bytes_total, job.bytes_done, job.lines_done = size, end, lines
    job.source.save(f"{job.organization_id}/{job.pk}.csv", File(file), save=False)
    return _begin(principal, job)


def start_export(*, principal: Principal, kind: str, options: dict[str, Any] | None = None) -> Job:
    return _begin(principal, _job(principal, kind, options or {}))


def _job(principal: Principal, kind: str, options: dict[str, Any], *, dry_run: bool = False) -> Job:
    return Job(
        organization_id=principal.organization_id,
        kind=kind,
        options=options,
        dry_run=dry_run,
        author_kind=principal.kind,
        author_id=principal.id,
        author_name=principal.name,
    )


@transaction.atomic
def _begin(principal: Principal, job: Job) -> Job:
    job.save(force_insert=True)
    audit.record(organization_id=job.organization_id, actor=principal, action=f"{job.kind}_started", target=job)
    job.enqueue()
    return job


def _header_problem(names: list[str], known: Import) -> str:
    if unknown := [name for name in names if name not in known.columns]:
        return f"Unknown column {unknown[0]!r}; known are {', '.join(sorted(known.columns))}"
    if len(set(names)) < len(names):
        return f"Column {next(name for name in names if names.count(name) > 1)!r} is there twice"
    if missing := sorted(known.required - set(names)):
        return f"Column {missing[0]!r} is missing"
    return ""


def work_on(job_id: str, *, seconds: float = SLICE_SECONDS) -> None:
    """One slice of a job, if it is ours to work on; the next is told to a worker."""
    job = Job.claim(job_id)
    if job is None:
        return
    try:
        if job.interrupted and _is_stuck(job):
            job.fail(job.last_error or "Workers died over it again and again")
            return
        if job.kind in _imports:
            _import(job, _imports[job.kind], until=time.monotonic() + seconds)
        else:
            _export(job, _exports[job.kind])
    except LeaseLost:
        log.warning("job_lease_lost", job=job_id, kind=job.kind)
    except Unreadable as error:
        job.fail(error)
    except Exception as error:
        log.exception("job_failed", job=job_id, kind=job.kind)
        if _is_stuck(job):
            job.fail(error)
        else:
            job.postpone(error)


def _is_stuck(job: Job) -> bool:
    """Another time without getting any further; whether it was one too many."""
    Job.objects.filter(pk=job.pk).update(stalled=F("stalled") + 1)
    return job.stalled + 1 >= MOST_STALLED


def _import(job: Job, known: Import, *, until: float) -> None:
    with job.source.open("rb") as file:
        following = rows(file, delimiter=job.options["delimiter"], start=job.bytes_done, line=job.lines_done)
        while batch := list(islice(following, BATCH)):
            _take(job, known, batch)
            if time.monotonic() > until:
                job.postpone("", after=0)
                job.enqueue()
                return
    job.succeed(bytes_done=job.bytes_total)


def _take(job: Job, known: Import, batch: list[Row]) -> None:
    """A batch and the cursor behind it, together or not at all."""
    names: list[str] = job.options["header"]
    good: list[Given] = []
    outcomes: dict[int, Outcome] = {}
    shown = [row for row in batch if not row.blank]
    for row in shown:
        if row.problem:
            outcomes[row.line] = f"!{row.problem}"
        elif len(row.values) != len(names):
            outcomes[row.line] = f"!{len(row.values)} values for {len(names)} columns"
        else:
            good.append(Given(row.line, dict(zip(names, (value.strip() for value in row.values), strict=True))))
    with transaction.atomic():
        with transaction.atomic():
            outcomes |= {row.line: told for row, told in zip(good, known.take(job, good), strict=True)}
            transaction.set_rollback(job.dry_run)
        bad = [row for row in shown if outcomes[row.line].startswith("!")]
        RowError.objects.bulk_create(
            RowError(job=job, line=row.line, reason=outcomes[row.line][1:][:300], row=_as_text(row)) for row in bad
        )
        told = list(outcomes.values())
        job.advance(
            bytes_done=batch[-1].end,
            lines_done=batch[-1].end_line,
            rows_done=job.rows_done + len(shown),
            created_count=job.created_count + told.count("created"),
            updated_count=job.updated_count + told.count("updated"),
            skipped_count=job.skipped_count + told.count("skipped"),
            failed_count=job.failed_count + len(bad),
            stalled=0,
        )


def _as_text(row: Row) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(row.values)
    return text.getvalue().strip().encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:2000]


def _export(job: Job, known: Export) -> None:
    total, found = known.rows(job)
    job.advance(rows_total=total, rows_done=0)
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as spool:
        writer = csv.writer(spool)
        writer.writerow(known.columns)
        done = 0
        while batch := list(islice(found, BATCH)):
            writer.writerows([safe_cell(value) for value in row] for row in batch)
            done += len(batch)
            job.advance(rows_done=done, stalled=0)
        spool.seek(0)
        name = job.result.storage.save(
            f"bulk/{job.organization_id}/{job.pk}.csv", File(cast("IO[bytes]", spool.buffer))
        )
    try:
        job.succeed(result=name, rows_total=done)
    except LeaseLost:
        job.result.storage.delete(name)
        raise


def safe_cell(value: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe in front makes it text. Numbers with a plus are
    left alone: they are phone numbers."""
    if value[:1] in ("=", "@", "\t", "\r") or (value[:1] in ("+", "-") and not value[1:].isdigit()):
        return f"'{value}"
    return value


def report(job: Job) -> Iterator[str]:
    """The rows that were not taken, as CSV, piece by piece."""
    yield "line,reason,row\r\n"
    for error in job.row_errors.order_by("line").iterator(chunk_size=1000):
        text = io.StringIO()
        csv.writer(text).writerow([error.line, error.reason, safe_cell(error.row)])
        yield text.getvalue()


def wait_for(job_id: UUID, *, told: Callable[[Job], None], every: timedelta = timedelta(seconds=1)) -> Job:
    """Work on a job in this process until it is over, telling how far it is. For management commands."""
    while True:
        work_on(str(job_id), seconds=every.total_seconds())
        job = Job.objects.get(pk=job_id)
        told(job)
        if job.finished_at is not None:
            return job
        time.sleep(0.05)
