"""Writing down whom the organisation knows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from contacts.models import Contact
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import clock, personal

#: By these a contact's calls and messages are found: of one whom a legal hold keeps they stay as they are.
NAMING = ("phone", "email", "name")
HELD = "A legal hold keeps this contact"


@transaction.atomic
def create_contact(*, principal: Principal, address: Mapping[str, str] | None = None, **fields: Any) -> Contact:
    """Raises Unprocessable for a phone that another contact of the organisation has, naming that contact."""
    contact = Contact(organization_id=principal.organization_id, **fields, **(address or {}))
    _save(contact, force_insert=True)
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action="contact.created",
        target=contact,
        fields=[*fields, *(address or {})],
    )
    return contact


@transaction.atomic
def change_contact(
    *, principal: Principal, contact: Contact, address: Mapping[str, str] | None = None, **fields: Any
) -> Contact:
    """Change what is given; of an address, the parts that are given. Raises Unprocessable as `create_contact`, and for
    another phone, name or address of one whom a legal hold keeps."""
    changed = {**fields, **(address or {})}
    naming = [name for name in NAMING if name in changed]
    if naming and personal.is_held(contact.organization_id, contact.pk):
        stored = Contact.objects.get(pk=contact.pk)  # the admin site has set the new values already
        for field in naming:
            if changed[field] != getattr(stored, field):
                raise Unprocessable(HELD, field=field)
    for name, value in changed.items():
        setattr(contact, name, value)
    contact.updated_at = clock.now()
    _save(contact, update_fields=[*changed, "updated_at"])
    audit.record(
        organization_id=contact.organization_id,
        actor=principal,
        action="contact.updated",
        target=contact,
        fields=list(changed),
    )
    return contact


@transaction.atomic
def delete_contact(*, principal: Principal, contact: Contact) -> None:
    """Forget the contact. Calls and messages with their number stay: they are the organisation's books.

    Raises Unprocessable for one that a legal hold keeps.
    """
    if personal.is_held(contact.organization_id, contact.pk):
        raise Unprocessable(HELD)
    audit.record(organization_id=contact.organization_id, actor=principal, action="contact.deleted", target=contact)
    contact.delete()


def _save(contact: Contact, **options: Any) -> None:
    try:
        with transaction.atomic():
            contact.save(**options)
    except IntegrityError as error:
        raise Unprocessable(_taken(contact.organization_id, contact.phone), field="phone") from error


def _taken(organization_id: uuid.UUID, phone: str) -> str:
    other = Contact.objects.of(organization_id).filter(phone=phone).values_list("pk", flat=True).first()
    return f"Contact {other} has this phone number already" if other else "Another contact had this phone number"
