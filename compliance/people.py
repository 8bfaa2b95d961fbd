"""Who is meant: from one identifier to all that an organisation knows of the same person.

A person is: the phone, e-mail address or contact that was named; every contact with one of their phones; and every
other contact that has both their e-mail address and their name. An address alone makes nobody the same person (a
family or a company may share one), unless it was itself what was named. See docs/decisions/0061-erasing-a-person.md.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from contacts.models import Contact
from numbers.models import PhoneNumber
from zerovoice.api.errors import Unprocessable
from zerovoice.lib.personal import Person


def person(organization_id: UUID, *, phone: str = "", email: str = "", contact_id: UUID | None = None) -> Person:
    """All of one person, by exactly one of these. Raises Unprocessable for a contact that is not there, and for a
    number of the organisation's own: whoever called it would be taken for one person."""
    if phone and _ours(organization_id, {phone}):
        raise Unprocessable("This is a number of your own, not a person's", field="phone")
    contacts = _contacts(organization_id)
    if contact_id is not None:
        found = list(contacts.filter(pk=contact_id))
        if not found:
            raise Unprocessable("There is no such contact", field="contact_id")
    else:
        found = list(contacts.filter(Q(phone=phone) if phone else Q(small_email=email.lower())))
    phones, emails = ({phone} if phone else set()), ({email.lower()} if email else set())
    known = _linked(organization_id, found, phones)
    return Person(
        organization_id,
        phones=frozenset(phones),
        emails=frozenset(emails | {contact.email.lower() for contact in known.values() if contact.email}),
        contact_ids=frozenset(known),
        names=frozenset(contact.name for contact in known.values()),
    )


def contacts_of(person: Person, *, by_email: bool) -> frozenset[UUID]:
    """The contacts that are theirs by now, those included that were made after the person had been looked up.
    `by_email`: their address was what was named."""
    contacts = _contacts(person.organization_id)
    theirs = Q(pk__in=person.contact_ids) | Q(phone__in=person.phones)
    if by_email:
        theirs |= Q(small_email__in=person.emails)
    return frozenset(_linked(person.organization_id, list(contacts.filter(theirs)), set(person.phones)))


def _contacts(organization_id: UUID) -> QuerySet[Contact, Contact]:
    named = Contact.objects.of(organization_id).defer("search_text")
    return named.annotate(small_email=Lower("email"), small_name=Lower("name"))


def _linked(organization_id: UUID, found: list[Contact], phones: set[str]) -> dict[UUID, Contact]:
    """All contacts of one person, from some of them on. Adds their phones."""
    contacts = _contacts(organization_id)
    known: dict[UUID, Contact] = {}
    while found:
        known |= {contact.pk: contact for contact in found}
        theirs = {contact.phone for contact in found}
        phones |= theirs - _ours(organization_id, theirs)
        same = Q(phone__in=phones)
        for contact in known.values():
            if contact.email:
                same |= Q(small_email=contact.email.lower(), small_name=contact.name.lower())
        found = list(contacts.filter(same).exclude(pk__in=known))
    return known


def _ours(organization_id: UUID, phones: set[str]) -> set[str]:
    """Those of them that are the organisation's own numbers, or were."""
    own = PhoneNumber.objects.of(organization_id).filter(number__in=phones)
    return set(own.values_list("number", flat=True))
