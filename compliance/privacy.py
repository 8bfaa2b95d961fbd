"""Handing a person what an organisation holds about them, and erasing it.

A request is a work row: it is worked on in batches, each in a transaction with its count, so that a killed worker
neither loses nor doubles anything. Erasing goes over all kinds of rows until a whole round finds nothing more, then
waits for the removals elsewhere, and ends with a certificate.
"""

from __future__ import annotations

import time
from calendar import monthrange
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Count

from compliance import events, exporting, people, removals
from compliance.models import LegalHold, PrivacyRequest, Removal
from compliance.models.privacy import KEPT, stand_ins_of
from compliance.personal import redacted
from zerovoice.accounts import audit
from zerovoice.api.principal import Principal
from zerovoice.carrier.work import LeaseLost, State
from zerovoice.lib import clock, personal
from zerovoice.lib.personal import Erasing, Person

log = structlog.get_logger(__name__)
Kind = PrivacyRequest.Kind

BATCH = 200
SLICE_SECONDS = 15.0
#: How soon it is looked again whether a call is over, or a removal elsewhere has come about.
_LOOK_AGAIN_SECONDS = 5.0


@transaction.atomic
def ask(
    *,
    principal: Principal,
    kind: str,
    reason: str,
    phone: str = "",
    email: str = "",
    contact_id: UUID | None = None,
    dry_run: bool = False,
) -> PrivacyRequest:
    """Have a worker export or erase a person, named by exactly one identifier. Raises Unprocessable for a contact that
    is not there."""
    person = people.person(principal.organization_id, phone=phone, email=email, contact_id=contact_id)
    request = PrivacyRequest.objects.create(
        organization_id=principal.organization_id,
        kind=kind,
        dry_run=dry_run,
        given="phone" if phone else "email" if email else "contact_id",
        reason=reason,
        author_kind=principal.kind,
        author_id=principal.id,
        author_name=principal.name,
        due_date=a_month_after(clock.now().astimezone(ZoneInfo(principal.organization.timezone)).date()),
        **_naming(person),
    )
    action = f"gdpr.{kind}_asked" + ("_dry_run" if dry_run else "")
    audit.record(
        organization_id=principal.organization_id, actor=principal, action=action, target=request, fields=["reason"]
    )
    events.requested(request)
    request.enqueue()
    return request


def a_month_after(day: date) -> date:
    """The same day of the next month; where that has none, its last. GDPR article 12(3), and Regulation 1182/71."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _naming(person: Person) -> dict[str, Any]:
    return {
        "phones": sorted(person.phones),
        "emails": sorted(person.emails),
        "contact_ids": sorted(person.contact_ids),
        "names": sorted(person.names),
        "stand_ins": stand_ins_of(person),
    }


def work_on(request_id: str, *, seconds: float = SLICE_SECONDS) -> None:
    """One slice of a request, if it is ours to work on."""
    request = PrivacyRequest.claim(request_id)
    if request is None:
        return
    try:
        if request.kind == Kind.EXPORT:
            exporting.export(request, _person(request))
        else:
            _erase(request, until=time.monotonic() + seconds)
    except LeaseLost:
        log.warning("privacy_request_lease_lost", request=request_id)
    except Exception as error:
        # Never the message: it may quote the rows at hand.
        log.error("privacy_request_failed", request=request_id, error=type(error).__name__)
        _postpone(request, type(error).__name__)


def _postpone(request: PrivacyRequest, error: str) -> None:
    try:
        request.postpone(error)
    except LeaseLost:
        log.warning("privacy_request_lease_lost", request=str(request.pk))


def _person(request: PrivacyRequest) -> Person:
    """As they are known by now: what was linked when it was asked for, and what a hold keeps at this moment."""
    known = request.person()
    return Person(
        known.organization_id,
        phones=known.phones,
        emails=known.emails,
        contact_ids=known.contact_ids,
        names=known.names,
        held_calls=frozenset(LegalHold.objects.call_ids(known.organization_id)),
    )


# --- erasing ---


def _erase(request: PrivacyRequest, *, until: float) -> None:
    person = _person(request)
    if LegalHold.objects.of(person.organization_id).standing().filter(contact_id__in=person.contact_ids).exists():
        left = {kind.name: personal.rows(kind, person).count() for kind in personal.kinds()}
        held = {kind.name: personal.held_rows(kind, person).count() for kind in personal.kinds()}
        _end(request, person, held=dict(+(Counter(left) + Counter(held))))
        return
    held = {kind.name: number for kind in personal.kinds() if (number := personal.held_rows(kind, person).count())}
    if request.dry_run:
        found = {kind.name: number for kind in personal.kinds() if (number := personal.rows(kind, person).count())}
        _end(request, person, held=held, counts=found, total=sum(found.values()))
        return
    waiting_for = personal.waits_for(person)
    if waiting_for:
        request.advance(waiting_for=waiting_for, held=held)
        request.postpone("", after=_LOOK_AGAIN_SECONDS)
        return
    left_now = sum(personal.rows(kind, person).count() for kind in personal.kinds())
    request.advance(waiting_for="", held=held, total=sum(request.counts.values()) + left_now)
    if not _erase_rows(request, person, until):
        request.postpone("", after=0)
        request.enqueue()
    elif left_now:
        request.postpone("", after=0)  # once more: something may have come in meanwhile
        request.enqueue()
    elif still := removals.still_to_go(request.pk):
        request.advance(waiting_for=f"{still} removals elsewhere")
        request.postpone("", after=_LOOK_AGAIN_SECONDS)
    else:
        _end(request, person, held=held)


def _erase_rows(request: PrivacyRequest, person: Person, until: float) -> bool:
    """Whether all are done; False when the time is up."""
    for kind in personal.kinds():
        while _erase_batch(request, kind, person):
            if time.monotonic() > until:
                return False
    return True


@transaction.atomic
def _erase_batch(request: PrivacyRequest, kind: personal.Kind, person: Person) -> int:
    rows = personal.rows(kind, person).order_by("pk").select_for_update(of=("self",))[:BATCH]
    batch = list(rows)
    if batch:
        remove = removals.remover(request.organization_id, request=request)
        kind.erase(batch, Erasing(person, remove))
        done = Counter(request.counts) + Counter({kind.name: len(batch)})
        request.advance(counts=dict(done))
    return len(batch)


def _end(request: PrivacyRequest, person: Person, *, held: dict[str, int], **fields: Any) -> None:
    """The certificate; then the request itself forgets whom it was about, unless something of them was kept."""
    counts = fields.get("counts", request.counts)
    erased_nothing = request.dry_run or not counts
    forgotten: dict[str, Any] = {}
    if not request.dry_run and not (held and erased_nothing):
        forgotten = {"phones": [], "emails": [], "names": [], "reason": redacted(request.reason, person)}
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
