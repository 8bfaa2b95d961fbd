"""Who is meant: from one identifier to all that an organisation knows of the same person.

A person is: the phone, e-mail address or contact that was named; every contact with one of their phones; and every
other contact that has both their e-mail address and their name. An address alone makes nobody the same person (a
family or a company may share one), unless it was itself what was named. See docs/decisions/0061-erasing-a-person.md.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from compliance.models import LegalHold
from contacts.models import Contact
from numbers.models import PhoneNumber
from zerovoice.api.errors import Unprocessable
from zerovoice.lib.personal import Person


def person(organization_id: UUID, *, phone: str = "", email: str = "", contact_id: UUID | None = None) -> Person:
    """All of one person, by exactly one of these. Raises Unprocessable for a contact that is not there, and for a
    number of the organisation's own: whoever called it would be taken for one person."""
    if phone and _ours(organization_id, {phone}):
        raise Unprocessable("This is a number of your own, not a person's", field="phone")
    contacts = Contact.objects.of(organization_id).defer("search_text").annotate(
        small_email=Lower("email"), small_name=Lower("name")
    )  # fmt: skip
    if contact_id is not None:
        found = list(contacts.filter(pk=contact_id))
        if not found:
            raise Unprocessable("There is no such contact", field="contact_id")
    else:
        found = list(contacts.filter(Q(phone=phone) if phone else Q(small_email=email.lower())))
    phones, emails = ({phone} if phone else set()), ({email.lower()} if email else set())
    known: dict[UUID, Contact] = {}
    while found:
        known |= {contact.pk: contact for contact in found}
        theirs = {contact.phone for contact in found}
        phones |= theirs - _ours(organization_id, theirs)
        emails |= {contact.email.lower() for contact in found if contact.email}
        same = Q(phone__in=phones)
        for contact in known.values():
            if contact.email:
                same |= Q(small_email=contact.email.lower(), small_name=contact.name.lower())
        found = list(contacts.filter(same).exclude(pk__in=known))
    return Person(
        organization_id,
        phones=frozenset(phones),
        emails=frozenset(emails),
        contact_ids=frozenset(known),
        names=frozenset(contact.name for contact in known.values()),
        held_calls=frozenset(LegalHold.objects.call_ids(organization_id)),
    )


def _ours(organization_id: UUID, phones: set[str]) -> set[str]:
    """Those of them that are the organisation's own numbers, or were."""
    own = PhoneNumber.objects.of(organization_id).filter(number__in=phones)
    return set(own.values_list("number", flat=True))
