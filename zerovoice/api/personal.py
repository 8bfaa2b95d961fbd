"""What stored answers know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from zerovoice.api.models import IdempotentAnswer
from zerovoice.lib import personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase

_EMPTY = "{}"


def register() -> None:
    personal.register(
        Kind(
            "stored_answers", IdempotentAnswer, ("key", "body", "headers"),
            find=_answers, left=lambda person: ~Q(body=_EMPTY), erase=_erase, phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.free("api.IdempotentAnswer", "fingerprint", because="a hash")


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


def _erase(answers: Sequence[IdempotentAnswer], erasing: Erasing) -> None:
    """That the request acted is still known, by a stand-in of its key: sent again, it acts no second time."""
    for answer in answers:
        answer.key, answer.body, answer.headers = personal.stand_in(answer.key), _EMPTY, {}
    IdempotentAnswer.objects.bulk_update(answers, ["key", "body", "headers"])
