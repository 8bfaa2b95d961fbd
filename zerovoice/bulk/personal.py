"""What imports and exports know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from zerovoice.bulk.models import Job, RowError
from zerovoice.carrier.work import State
from zerovoice.lib import mentions, personal
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
    """Refused rows are as they were written: numbers in any spelling, names, addresses. The database finds what may be
    the person's; whether it is, is told by whole numbers and addresses."""
    errors = RowError.objects.filter(job__organization=person.organization_id)
    text = Concat("row", Value(" "), "reason", output_field=TextField())
    only_digits = Func(
        text, Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=TextField()
    )
    maybe = Q(pk__in=[])
    for number in person.phones:
        maybe |= Q(digits__contains=mentions.national(number))
    for word in [*person.emails, *person.names]:
        maybe |= Q(text__icontains=word)
    rows = errors.annotate(text=text, digits=only_digits).filter(maybe).values_list("pk", "text")
    theirs = frozenset().union(*map(mentions.spellings, person.phones))
    return errors.filter(pk__in=[pk for pk, text in rows.iterator() if _is_about(text, person, theirs)])


def _is_about(text: str, person: Person, theirs: frozenset[str]) -> bool:
    addresses = mentions.addresses_in(text)
    if addresses & person.emails or mentions.numbers_in(text) & theirs:
        return True
    # A namesake's row tells itself by another address or number. One without its country's may be theirs, mistyped.
    told = bool(addresses) or mentions.has_international(text)
    return not told and any(mentions.names_whole(text, name) for name in person.names)


def _row_error(error: RowError) -> dict[str, Any]:
    return {"job_id": error.job_id, "line": error.line, "row": error.row, "reason": error.reason}


def _jobs(person: Person) -> QuerySet[Job]:
    """All that are over: any file may have the person in it, and every one can be made again."""
    return Job.objects.of(person.organization_id).filter(state__in=[State.DONE, State.FAILED])


def _erase_files(jobs: Sequence[Job], erasing: Erasing) -> None:
    for job in jobs:
        erasing.remove("files", {"folder": f"bulk/{job.organization_id}", "stem": str(job.pk)})
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(source="", result="", last_error="", options={})
