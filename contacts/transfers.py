"""Contacts as CSV, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from contacts.actions import HELD, NAMING
from contacts.models import ADDRESS, Contact
from contacts.serializers import WriteContactSerializer
from zerovoice.api.errors import problems_of
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job
from zerovoice.lib import clock, personal

IMPORT, EXPORT = "contacts.import", "contacts.export"
_PLAIN = ("name", "phone", "email", "company", "timezone")
COLUMNS = ("name", "phone", "email", "company", "tags", *ADDRESS, "timezone")


def register() -> None:
    jobs.register_import(IMPORT, columns=COLUMNS, required=("name", "phone"), take=_take)
    jobs.register_export(EXPORT, columns=COLUMNS, rows_of=_rows)


def _take(job: Job, rows: Sequence[jobs.Given]) -> list[str]:
    update = job.options.get("on_duplicate") == "update"
    outcomes: dict[int, str] = {}
    wanted: dict[str, tuple[int, dict[str, Any]]] = {}
    for row in rows:
        fields, problem = _check(row.values)
        if problem:
            outcomes[row.line] = f"!{problem}"
        elif fields["phone"] in wanted:
            outcomes[row.line] = "skipped"
        else:
            wanted[fields["phone"]] = (row.line, fields)
    known = {
        contact.phone: contact
        for contact in Contact.objects.of(job.organization_id).filter(phone__in=wanted).defer("search_text")
    }
    new, changed = [], []
    renamed = {contact.pk for phone, contact in known.items() if update and _renames(contact, wanted[phone][1])}
    held = personal.held_among(job.organization_id, renamed) if renamed else set()
    for phone, (line, fields) in wanted.items():
        if phone not in known:
            new.append(Contact(organization_id=job.organization_id, **fields))
            continue
        if known[phone].pk in held:
            outcomes[line] = f"!{_renames(known[phone], fields)}: {HELD}"
            continue
        outcomes[line] = "updated" if update else "skipped"
        if update:
            for name, value in fields.items():
                setattr(known[phone], name, value)
            known[phone].updated_at = clock.now()
            changed.append(known[phone])
    Contact.objects.bulk_create(new, ignore_conflicts=True)
    written = set(Contact.objects.filter(pk__in=[contact.pk for contact in new]).values_list("phone", flat=True))
    for contact in new:  # one that somebody else added in this very moment is there already
        outcomes[wanted[contact.phone][0]] = "created" if contact.phone in written else "skipped"
    if changed:
        fields_of_file = [name for name in COLUMNS if name in job.options["header"]]
        Contact.objects.bulk_update(changed, [*fields_of_file, "updated_at"])
    return [outcomes[row.line] for row in rows]


def _renames(contact: Contact, fields: dict[str, Any]) -> str:
    """The first of the fields by which they are found that would be another; none: empty."""
    return next((name for name in NAMING if name in fields and fields[name] != getattr(contact, name)), "")


def _check(values: dict[str, str]) -> tuple[dict[str, Any], str]:
    """(the contact's columns, "") or ({}, why not)."""
    body: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    if "tags" in values:
        body["tags"] = [tag.strip() for tag in re.split(r"[|;]", values["tags"]) if tag.strip()]
    if address := {name: values[name] for name in ADDRESS if name in values}:
        body["address"] = address
    serializer = WriteContactSerializer(data=body)
    if not serializer.is_valid():
        field, message = next(iter(problems_of(serializer.errors)))
        return {}, f"{field}: {message}"
    checked = dict(serializer.validated_data)
    return {**{name: value for name, value in checked.items() if name != "address"}, **checked.get("address", {})}, ""


def _rows(job: Job) -> tuple[int, Iterator[list[str]]]:
    contacts: Any = Contact.objects.of(job.organization_id)
    if tag := job.options.get("tag"):
        contacts = contacts.filter(tags__contains=[tag])
    if text := job.options.get("search"):
        contacts = contacts.search(text)
    return contacts.count(), (_row(contact) for contact in contacts.defer("search_text").iterator(chunk_size=500))


def _row(contact: Contact) -> list[str]:
    return ["|".join(contact.tags) if name == "tags" else str(getattr(contact, name)) for name in COLUMNS]
