"""The Do-Not-Call list as CSV, both ways. What was exported can be imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compliance import actions
from compliance.models import DncEntry
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job
from zerovoice.lib import phone

IMPORT, EXPORT = "compliance.dnc_import", "compliance.dnc_export"  # the scope comes first
COLUMNS = ("phone", "reason", "source", "added_by", "created_at")
MOST_IN_REASON = 200
_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")


def register() -> None:
    # The other columns are an export's: who imports is now the one who says so.
    jobs.register_import(IMPORT, columns=COLUMNS, required=("phone",), take=_take)
    jobs.register_export(EXPORT, columns=COLUMNS, rows_of=_rows)


def _take(job: Job, rows: Sequence[jobs.Given]) -> list[str]:
    outcomes: dict[int, str] = {}
    entries: list[tuple[str, str]] = []
    lines: list[int] = []
    for row in rows:
        reason = row.values.get("reason", "")
        try:
            number = phone.parse_e164(_BETWEEN_DIGITS.sub("", row.values["phone"]))
        except phone.InvalidPhone as error:
            outcomes[row.line] = f"!phone: {error}"
            continue
        if len(reason) > MOST_IN_REASON:
            outcomes[row.line] = f"!reason: Ensure this field has no more than {MOST_IN_REASON} characters."
            continue
        entries.append((number, reason))
        lines.append(row.line)
    author = actions.Author(job.author_kind, job.author_id, job.author_name)
    new = actions.add_many(organization_id=job.organization_id, author=author, entries=entries)
    outcomes |= {line: "created" if is_new else "skipped" for line, is_new in zip(lines, new, strict=True)}
    return [outcomes[row.line] for row in rows]


def _rows(job: Job) -> tuple[int, Iterator[list[str]]]:
    """Without those who were erased: there is no number to write down."""
    entries = DncEntry.objects.of(job.organization_id).exclude(number="")
    if source := job.options.get("source"):
        entries = entries.filter(source=source)
    return entries.count(), (_row(entry) for entry in entries.iterator(chunk_size=500))


def _row(entry: DncEntry) -> list[str]:
    at = entry.created_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return [entry.number, entry.reason, entry.source, entry.author_name, at]
