"""What apps above know about a person, for the pages that show a contact. Each says it in lines of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from contacts.models import Contact
from zerovoice.accounts.admin import organizations_with, staff_user

#: Of calls, messages and so on, the newest.
MOST_LINES = 10


@dataclass(frozen=True)
class Line:
    at: str
    text: str
    url: str = ""
    state: str = ""
    tone: str = "plain"  # as of `bo-label`


@dataclass(frozen=True)
class Part:
    """A card of the page. `more`: where all of it is."""

    title: str
    lines: list[Line] = field(default_factory=list)
    empty: str = "Nothing"
    more: str = ""


#: (scope, tell): shown to whom may read that area.
_parts: list[tuple[str, Callable[[Contact], Part]]] = []
Last = Callable[[Collection[Contact]], dict[UUID, datetime]]
_lasts: list[tuple[str, Last]] = []


def register(scope: str, tell: Callable[[Contact], Part]) -> None:
    _parts.append((scope, tell))


def register_last(scope: str, when: Last) -> None:
    """`when(contacts)`: the last contact with each of them, of this app; few queries for all of them."""
    _lasts.append((scope, when))


def about(request: HttpRequest, contact: Contact) -> list[Part]:
    return [tell(contact) for scope, tell in _parts if _may(request, scope, contact)]


def last_contacts(request: HttpRequest, contacts: Collection[Contact]) -> dict[UUID, datetime]:
    """When each was last spoken or written with, as far as the person may know."""
    found: dict[UUID, datetime] = {}
    for scope, when in _lasts:
        known = [contact for contact in contacts if _may(request, scope, contact)]
        for pk, at in (when(known) if known else {}).items():
            found[pk] = max(at, found.get(pk, at))
    return found


def _may(request: HttpRequest, scope: str, contact: Contact) -> bool:
    user = staff_user(request)
    return user.is_superuser or contact.organization_id in organizations_with(request, f"{scope}:read")
