"""What contacts know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from contacts.models import Contact
from contacts.transfers import EXPORT, IMPORT
from zerovoice.bulk.models import Job
from zerovoice.lib import personal
from zerovoice.lib.personal import Kind, Person, Phase

_TEXT = (
    *("name", "phone", "email", "company", "tags", "street", "city", "region", "postal_code", "country", "timezone"),
    "search_text",
)


def register() -> None:
    personal.register(
        Kind(
            "contacts", Contact, _TEXT, find=_contacts, erase=personal.delete, export=_exported,
            phase=Phase.PERSON, named=True,
        )
    )  # fmt: skip
    personal.register_wait("an import of contacts", lambda person: _running(person).exists())


def _contacts(person: Person) -> QuerySet[Contact]:
    known = Contact.objects.of(person.organization_id)
    return known.filter(pk__in=person.contact_ids) | known.filter(phone__in=person.phones)


def _exported(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        **{name: getattr(contact, name) for name in _TEXT if name not in ("search_text", *contact.address)},
        "address": contact.address,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }


def _running(person: Person) -> QuerySet[Job]:
    jobs = Job.objects.of(person.organization_id).filter(kind__in=[IMPORT, EXPORT])
    return jobs.filter(state__in=["pending", "processing"])
