"""What imports and exports know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from zerovoice.bulk.models import Job, RowError
from zerovoice.carrier.work import State
from zerovoice.lib import personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase


def register() -> None:
    personal.register(
        Kind(
            "import_errors", RowError, ("row", "reason"), find=_row_errors, erase=personal.delete, export=_row_error,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "import_and_export_files", Job, ("source", "result", "last_error", "options"),
            find=_jobs, left=lambda person: ~Q(source="", result="", last_error="", options={}),
            erase=_erase_files, phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.free("bulk.Job", "kind", "author_kind", "author_name", because="whose work it was, of our own people")


def _row_errors(person: Person) -> QuerySet[RowError]:
    errors = RowError.objects.filter(job__organization=person.organization_id)
    found = person.mentioned_in("row", "reason")
    # A namesake's row tells itself by another address or number.
    nobody_else = ~Q(row__contains="@") & ~Q(row__regex=r"\+[1-9][0-9]{6}")
    for name in person.names:
        found |= Q(row__icontains=name) & nobody_else
    return errors.filter(found)


def _row_error(error: RowError) -> dict[str, Any]:
    return {"job_id": error.job_id, "line": error.line, "row": error.row, "reason": error.reason}


def _jobs(person: Person) -> QuerySet[Job]:
    """All that are over: any file may have the person in it, and every one can be made again."""
    return Job.objects.of(person.organization_id).filter(state__in=[State.DONE, State.FAILED])


def _erase_files(jobs: Sequence[Job], erasing: Erasing) -> None:
    for job in jobs:
        erasing.remove("files", {"folder": f"bulk/{job.organization_id}", "stem": str(job.pk)})
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(source="", result="", last_error="", options={})
