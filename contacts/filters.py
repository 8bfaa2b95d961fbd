from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from contacts.models import Contact
from zerovoice.api.filters import SearchFilter, StrictFilterSet, WordFilter


class ContactFilterSet(StrictFilterSet):
    tag = WordFilter(method="has_tag", label="Contacts with this tag")
    # Last, for it ranks only as many as are counted of those that the others leave.
    search = SearchFilter(
        method="matches",
        max_length=200,
        label="Parts of name, company, e-mail or phone number; typing errors are forgiven. The best come first",
    )

    class Meta:
        model = Contact
        fields: list[str] = []

    def has_tag(self, contacts: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return contacts.filter(tags__contains=[value])

    def matches(self, contacts: Any, name: str, value: str) -> QuerySet[Contact]:
        return contacts.search(value)
