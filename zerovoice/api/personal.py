"""What stored answers know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from django.db.models import Q, QuerySet

from zerovoice.api.models import IdempotentAnswer
from zerovoice.lib import personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase

_EMPTY = "{}"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def register() -> None:
    personal.register(
        Kind(
            "stored_answers", IdempotentAnswer, ("key", "body", "headers"),
            find=_answers, left=lambda person: ~Q(body__in=["", _EMPTY]), erase=_erase, phase=Phase.COPIES,
            reads=_is_about,
        )
    )  # fmt: skip
    personal.free("api.IdempotentAnswer", "fingerprint", because="a hash")


def _answers(person: Person) -> QuerySet[IdempotentAnswer]:
    return IdempotentAnswer.objects.filter(organization_id=person.organization_id)


def _is_about(person: Person) -> Callable[[IdempotentAnswer], bool]:
    """Those that name the person or a row about them."""
    ids = {str(pk) for pk in personal.ids(person)}
    words = person.words

    def is_about(answer: IdempotentAnswer) -> bool:
        text = answer.body.lower()
        return any(word in text for word in words) or not ids.isdisjoint(_ID.findall(text))

    return is_about


def _erase(answers: Sequence[IdempotentAnswer], erasing: Erasing) -> None:
    """That the request acted is still known, by a stand-in of its key: sent again, it acts no second time."""
    for answer in answers:
        answer.key, answer.body, answer.headers = personal.stand_in(answer.key), _EMPTY, {}
    IdempotentAnswer.objects.bulk_update(answers, ["key", "body", "headers"])
