"""Erasing a person, slice by slice (docs/decisions/0061-erasing-a-person.md).

It goes over all kinds of rows until a whole round finds nothing more, then waits for the removals elsewhere, and ends
with a certificate. A legal hold wins at any moment: each batch looks at those that stand, and none is placed while a
batch is under way.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from compliance import events, holds, people, removals
from compliance.models import PrivacyRequest, Removal
from compliance.models.privacy import KEPT
from compliance.personal import redacted
from zerovoice.accounts import audit
from zerovoice.carrier.work import State, first_id_at
from zerovoice.lib import clock, personal
from zerovoice.lib.ids import NIL
from zerovoice.lib.personal import Erasing, Kind, Person

BATCH = 200
#: Rows of which only reading tells whose they are, at a time.
PAGE = 500
#: How soon it is looked again whether a call is over, or a removal elsewhere has come about.
_LOOK_AGAIN_SECONDS = 5.0
#: A row that was there when it was read may have got its text since, but not later than that.
_STILL_WRITTEN = timedelta(minutes=10)


class _Held(Exception):
    """A hold keeps all that is about the person."""


def erase(request: PrivacyRequest, *, until: float) -> None:
    """One slice, until about `until` (monotonic). The row is claimed by the caller. Raises LeaseLost."""
    try:
        _erase(request, until)
    except _Held:
        _end(request, held=_all_of(request.person()), counts={} if request.dry_run else request.counts)


def _erase(request: PrivacyRequest, until: float) -> None:
    person = _person(request)
    held = {kind.name: number for kind in personal.kinds() if (number := personal.held_rows(kind, person).count())}
    if not request.dry_run and (waiting_for := personal.waits_for(person)):
        request.advance(waiting_for=waiting_for, held=held)
        request.postpone("", after=_LOOK_AGAIN_SECONDS)
        return
    left = {kind.name: number for kind in _found() if (number := personal.rows(kind, person).count())}
    before = sum(request.counts.values())
    if request.dry_run:
        if _read_all(request, until):
            found = Counter(left) + Counter(request.counts)
            _end(request, held=held, counts=dict(found), total=sum(found.values()))
            return
    else:
        request.advance(waiting_for="", held=held, total=before + sum(left.values()))
        if _read_all(request, until) and _erase_found(request, until) and sum(request.counts.values()) == before:
            _wait_or_end(request, held)
            return
    request.postpone("", after=0)  # once more: there is more, or something may have come in meanwhile
    request.enqueue()


def _wait_or_end(request: PrivacyRequest, held: dict[str, int]) -> None:
    if still := removals.still_to_go(request.pk):
        request.advance(waiting_for=f"{still} removals elsewhere")
        request.postpone("", after=_LOOK_AGAIN_SECONDS)
    else:
        _end(request, held=held)


# --- what a hold keeps ---


def _person(request: PrivacyRequest) -> Person:
    """As they are known by now: what was linked when it was asked for, and what a hold on a call keeps at this moment.
    Raises _Held."""
    known = request.person()
    contacts, calls = holds.standing(known.organization_id)
    if contacts and contacts & (known.contact_ids | people.contacts_of(known, by_email=request.given == "email")):
        raise _Held
    return replace(known, held_calls=frozenset(calls))


def _all_of(person: Person) -> dict[str, int]:
    """Of each kind, but for copies that go by themselves within a day."""
    left = {kind.name: personal.rows(kind, person).count() for kind in _found()}
    return {name: number for name, number in left.items() if number}


# --- batches ---


def _found() -> list[Kind]:
    """Kinds that the database finds."""
    return [kind for kind in personal.kinds() if kind.reads is None]


def _erase_found(request: PrivacyRequest, until: float) -> bool:
    """Whether all are done; False when the time is up. Raises _Held."""
    for kind in _found():
        while _erase_batch(request, kind):
            if time.monotonic() > until:
                return False
    return True


@transaction.atomic
def _erase_batch(request: PrivacyRequest, kind: Kind) -> int:
    holds.let_none_be_placed(request.organization_id)
    person = _person(request)
    rows = personal.rows(kind, person).order_by("pk").select_for_update(of=("self",))[:BATCH]
    batch = list(rows)
    if batch:
        _erase_rows(request, kind, person, batch)
        request.advance(counts=_more(request, kind, len(batch)))
    return len(batch)


def _erase_rows(request: PrivacyRequest, kind: Kind, person: Person, batch: list[Any]) -> None:
    kind.erase(batch, Erasing(person, removals.remover(request.organization_id, request=request)))


def _more(request: PrivacyRequest, kind: Kind, number: int) -> dict[str, int]:
    return dict(Counter(request.counts) + Counter({kind.name: number}))


# --- what has to be read ---


def _read_all(request: PrivacyRequest, until: float) -> bool:
    """Whether all is read and nothing more found; False when the time is up. Raises _Held."""
    return all(_Reading(request, kind).go_on(until) for kind in personal.kinds() if kind.reads is not None)


class _Reading:
    """Going through the rows of a kind of which only their text tells whose they are, by their keys. How far it is
    stands in the request, with each page: a slice that ends, or is killed, is gone on with.

    After the first time they are gone through again, from some minutes before the time before on (all that is older
    was whole when it was read), until nothing more is found.
    """

    def __init__(self, request: PrivacyRequest, kind: Kind) -> None:
        self._request, self._kind = request, kind
        self._person: Person | None = None
        self._is_about: Callable[[Any], bool] = lambda row: False

    def go_on(self, until: float) -> bool:
        """Whether nothing more was found; False when the time is up."""
        while not self._page():
            if time.monotonic() > until:
                return False
        return True

    @transaction.atomic
    def _page(self) -> bool:
        """Whether it was the last one, and nothing more was found."""
        request, kind = self._request, self._kind
        holds.let_none_be_placed(request.organization_id)
        self._know(_person(request))
        assert self._person is not None
        place = request.reading.get(kind.name) or {"after": str(NIL), "again": False}
        place = {"found": 0, "began": str(first_id_at(clock.machine_now() - _STILL_WRITTEN)), **place}
        rows = personal.rows(kind, self._person).filter(pk__gt=UUID(place["after"])).order_by("pk")
        page = list(rows[:PAGE])
        theirs = [row for row in page if self._is_about(row)]
        if theirs and not request.dry_run:
            theirs = list(rows.filter(pk__in=[row.pk for row in theirs]).select_for_update())
            _erase_rows(request, kind, self._person, theirs)
        found = place["found"] + len(theirs)
        is_last = len(page) < PAGE
        if is_last:
            place_now = {"after": place["began"], "again": True}
        else:
            place_now = {**place, "after": str(page[-1].pk), "found": found}
        counts = _more(request, kind, len(theirs))
        request.advance(counts=counts, reading={**request.reading, kind.name: place_now})
        return is_last and (request.dry_run or (place["again"] and not found))

    def _know(self, person: Person) -> None:
        """Whom it is about may change between two pages, by a hold."""
        if person != self._person:
            assert self._kind.reads is not None
            self._person, self._is_about = person, self._kind.reads(person)


# --- the end ---


def _end(request: PrivacyRequest, *, held: dict[str, int], **fields: Any) -> None:
    """The certificate; then the request itself forgets whom it was about, unless something of them was kept."""
    counts = fields.get("counts", request.counts)
    erased_nothing = request.dry_run or not counts
    forgotten: dict[str, Any] = {}
    if not request.dry_run and not (held and erased_nothing):
        forgotten = {"phones": [], "emails": [], "names": [], "reason": redacted(request.reason, request.person())}
    with transaction.atomic():
        request.succeed(
            held=held,
            waiting_for="",
            certificate={} if request.dry_run else _certificate(request, counts, held),
            **forgotten,
            **fields,
        )
        events.completed(request)
        if not request.dry_run:
            audit.record(
                organization_id=request.organization_id, actor=None, action="gdpr.delete_finished", target=request
            )


def _certificate(request: PrivacyRequest, counts: dict[str, int], held: dict[str, int]) -> dict[str, Any]:
    gone = Removal.objects.filter(request=request, state=State.DONE).order_by().values("place")
    return {
        "request_id": str(request.pk),
        "asked_at": f"{request.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "completed_at": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "erased": dict(sorted(counts.items())),
        "elsewhere": {row["place"]: row["number"] for row in gone.annotate(number=Count("pk")).order_by("place")},
        "held": dict(sorted(held.items())),
        "kept": KEPT,
    }
