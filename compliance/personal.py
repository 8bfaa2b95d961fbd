"""What compliance knows of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from compliance import removals
from compliance.models import CarrierBlock, Decision, DncEntry, LegalHold, PrivacyRequest
from compliance.models.privacy import stand_ins_of
from compliance.transfers import EXPORT, IMPORT
from zerovoice.bulk.models import Job
from zerovoice.carrier.work import State
from zerovoice.lib import personal
from zerovoice.lib.personal import Erasing, Kind, Person

_STAFF = "who of the organisation's own people it was"
_OURS = "the organisation's own words"


def register() -> None:
    # The numbers go, their stand-ins stay: whoever asked not to be called stays uncalled.
    for name, model, columns, texts in (
        ("do_not_call_entries", DncEntry, ("number", "reason"), {"number": "", "reason": ""}),
        ("carrier_blocks", CarrierBlock, ("number",), {"number": ""}),
        ("refused_contacts", Decision, ("number", "detail"), {"number": "", "detail": ""}),
    ):
        personal.register(
            Kind(
                name, model, columns,
                find=_about(model), left=lambda person: ~Q(number=""), erase=personal.blank(**texts),
                export=_exported, named=True,
            )
        )  # fmt: skip
    personal.register(
        Kind(
            "legal_holds", LegalHold, ("reason",),
            find=_holds, left=lambda person: ~Q(reason="") & Q(released_at__isnull=False),
            erase=personal.blank(reason=""), export=_hold,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "privacy_requests", PrivacyRequest, ("phones", "emails", "names", "reason", "result", "last_error"),
            find=_requests, left=lambda person: ~Q(phones=[], emails=[], names=[], result=""),
            erase=_erase_requests, export=_request,
        )
    )  # fmt: skip
    personal.register_wait("an import of the Do-Not-Call list", _is_importing)
    personal.register_wait("an export of their data", _is_exporting)
    free = personal.free
    for label in ("compliance.DncEntry", "compliance.CarrierBlock", "compliance.Decision"):
        free(label, "number_hash", because="a stand-in: it keeps people uncalled who asked for it")
    free("compliance.DncEntry", "author_kind", "author_name", because=_STAFF)
    free("compliance.CarrierBlock", "sender", because="the organisation's own number")
    free("compliance.Decision", "sender", "actor_kind", "actor_name", because=_STAFF)
    free("compliance.Settings", "quiet_hours_channels", "recording_consent_text", because=_OURS)
    free("compliance.QuietHourRule", "country", "region", "source", because="the law")
    free("compliance.PrivacyRequest", "given", "contact_ids", "stand_ins", "author_kind", "author_name", "waiting_for",
         "counts", "held", "reading", "certificate", because="ids, stand-ins and figures")  # fmt: skip
    free("compliance.RetentionRun", "last_error", because="names of errors")
    free("compliance.LegalHold", "author_kind", "author_name", because=_STAFF)
    free("compliance.Removal", "what", "last_error", because="ids, and errors without what was sent")


def _about(model: Any) -> personal.Find:
    def find(person: Person) -> QuerySet[Any]:
        rows = model.objects.of(person.organization_id)
        found = rows.none()
        for phone in person.phones:
            found = found | rows.about(phone)
        return found

    return find


def _exported(row: Any) -> dict[str, Any]:
    told = {"id": row.pk, "phone": row.number, "created_at": row.created_at}
    return told | {
        name: getattr(row, name) for name in ("source", "reason", "channel", "detail", "sender") if hasattr(row, name)
    }


def _holds(person: Person) -> QuerySet[LegalHold]:
    return LegalHold.objects.of(person.organization_id).filter(contact_id__in=person.contact_ids)


def _hold(hold: LegalHold) -> dict[str, Any]:
    return {"id": hold.pk, "contact_id": hold.contact_id, "created_at": hold.created_at}


def _requests(person: Person) -> QuerySet[PrivacyRequest]:
    """Earlier ones that are over; the one at hand forgets them itself, last of all."""
    requests = PrivacyRequest.objects.of(person.organization_id).filter(state__in=[State.DONE, State.FAILED])
    return requests.filter(stand_ins__overlap=stand_ins_of(person))


def _is_exporting(person: Person) -> bool:
    """What it makes goes with it when it is over."""
    requests = PrivacyRequest.objects.of(person.organization_id).filter(kind=PrivacyRequest.Kind.EXPORT)
    return (
        requests.exclude(state__in=[State.DONE, State.FAILED]).filter(stand_ins__overlap=stand_ins_of(person)).exists()
    )


def _request(request: PrivacyRequest) -> dict[str, Any]:
    return {
        "id": request.pk, "kind": request.kind, "reason": request.reason, "state": request.state,
        "created_at": request.created_at,
    }  # fmt: skip


def _erase_requests(requests: Sequence[PrivacyRequest], erasing: Erasing) -> None:
    for request in requests:
        if request.result:
            erasing.remove("files", removals.files_of(request.folder, request.pk, request.result.name or ""))
        request.reason = redacted(request.reason, erasing.person)
        request.phones, request.emails, request.names, request.result = [], [], [], ""
    PrivacyRequest.objects.bulk_update(requests, ["reason", "phones", "emails", "names", "result"])


def redacted(text: str, person: Person) -> str:
    """The text without the person's numbers, addresses and names."""
    for word in sorted([*person.words, *person.names], key=len, reverse=True):
        text = text.replace(word, "[erased]")
    return text


def _is_importing(person: Person) -> bool:
    jobs = Job.objects.of(person.organization_id).filter(kind__in=[IMPORT, EXPORT])
    return jobs.filter(state__in=[State.PENDING, State.PROCESSING]).exists()
