"""Handing a person what an organisation holds about them, and erasing it.

A request is a work row: it is worked on in batches, each in a transaction with its count, so that a killed worker
neither loses nor doubles anything. See exporting.py and erasing.py.
"""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from compliance import erasing, events, exporting, people
from compliance.models import PrivacyRequest
from compliance.models.privacy import stand_ins_of
from zerovoice.accounts import audit
from zerovoice.api.principal import Principal
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.personal import Person

log = structlog.get_logger(__name__)
Kind = PrivacyRequest.Kind

SLICE_SECONDS = 15.0


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
            exporting.export(request)
        else:
            erasing.erase(request, until=time.monotonic() + seconds)
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
