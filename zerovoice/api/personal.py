"""What stored answers know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from zerovoice.api.models import IdempotentAnswer
from zerovoice.lib import personal
from zerovoice.lib.personal import Kind, Person, Phase

_EMPTY = "{}"


def register() -> None:
    personal.register(
        Kind(
            "stored_answers", IdempotentAnswer, ("body", "headers"),
            find=_answers, left=lambda person: ~Q(body=_EMPTY), erase=personal.blank(body=_EMPTY, headers={}),
            phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.free("api.IdempotentAnswer", "key", "fingerprint", because="the client's own name for a request, a hash")


def _answers(person: Person) -> QuerySet[IdempotentAnswer]:
    """Those that name the person or a row about them. They are kept for a day, so they are few."""
    answers = IdempotentAnswer.objects.filter(organization_id=person.organization_id)
    wanted = [*person.words, *(str(pk) for pk in personal.ids(person))]
    about = [
        pk
        for pk, body in answers.exclude(body__in=["", _EMPTY]).values_list("pk", "body").iterator()
        if any(word in body for word in wanted)
    ]
    return answers.filter(pk__in=about)
