"""What calls cost: facts for the usage ledger.

Paid for are the legs with people outside: customers, transfer targets, and supervisors on a telephone that is no
agent's. What rings agents is in the price of the call that they take.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from calls.models import Call, CallLeg, Transcript
from zerovoice.billing import ledger, rating, spending
from zerovoice.billing.models import Kind, LedgerEntry
from zerovoice.carrier.work import first_id_at

Role = CallLeg.Role
_OUTSIDE = (Role.CUSTOMER, Role.TARGET, Role.SUPERVISOR)


def register() -> None:
    ledger.register(_missing_legs)
    ledger.register(_missing_transcripts)


def is_paid_for(leg: CallLeg) -> bool:
    return leg.role in _OUTSIDE and not leg.to_agent


def reserve(leg: CallLeg, *, field: str) -> None:
    """Set money aside for a leg that is about to be dialled: the last step of a transaction. Raises Forbidden."""
    if not is_paid_for(leg):
        return
    seconds = spending.reserve_call(
        organization_id=leg.organization_id, leg_id=leg.pk, number=leg.to_number, at=leg.created_at, field=field
    )
    if seconds is not None:
        leg.time_limit = seconds
        leg.save(update_fields=["time_limit"])


def settle(call: Call, leg: CallLeg) -> None:
    """A leg is over: enter what it cost, and let go of what was reserved for it. In the transaction that ends it."""
    if leg.billed_seconds and is_paid_for(leg):
        ledger.post([_fact(call, leg)])
    elif leg.time_limit is not None:
        spending.release([leg.pk])


def let_go(leg: CallLeg) -> None:
    """It was not dialled now; when it is, money is reserved anew."""
    if leg.time_limit is not None:
        spending.release([leg.pk])
        leg.time_limit = None
        leg.save(update_fields=["time_limit"])


def transcribed(transcript: Transcript) -> None:
    """In the transaction that completes the transcript."""
    if fact := _of_transcript(transcript):
        ledger.post([fact])


def _fact(call: Call, leg: CallLeg) -> ledger.Fact:
    """Legs that came in are priced by our number, all others by whom we dialled."""
    came_in = leg.role == Role.CUSTOMER and call.direction == Call.Direction.INBOUND
    assert leg.ended_at is not None
    return ledger.Fact(
        organization_id=leg.organization_id,
        kind=Kind.CALL_MINUTE,
        object_id=leg.pk,
        occurred_at=leg.ended_at,
        quantity=rating.started_minutes(leg.billed_seconds or 0),
        direction=Call.Direction.INBOUND if came_in else Call.Direction.OUTBOUND,
        number=leg.to_number if leg.to_number.startswith("+") else "",
        begun_at=leg.created_at,
    )


def _of_transcript(transcript: Transcript) -> ledger.Fact | None:
    minutes = rating.started_minutes(transcript.recording.duration_seconds or 0)
    if not minutes or transcript.completed_at is None:
        return None
    return ledger.Fact(
        organization_id=transcript.organization_id,
        kind=Kind.TRANSCRIPTION_MINUTE,
        object_id=transcript.pk,
        occurred_at=transcript.completed_at,
        quantity=minutes,
    )


def _missing_legs(since: datetime) -> Iterator[ledger.Fact]:
    """Ids grow with time: those of that time lie together."""
    legs = CallLeg.objects.filter(
        Q(role__in=_OUTSIDE, to_agent=False),
        ~Exists(LedgerEntry.objects.filter(kind=Kind.CALL_MINUTE, object_id=OuterRef("pk"), period="")),
        pk__gte=first_id_at(since),
        ended_at__isnull=False,
        billed_seconds__gt=0,
    )
    for leg in legs.select_related("call").order_by("pk").iterator(1000):
        yield _fact(leg.call, leg)


def _missing_transcripts(since: datetime) -> Iterator[ledger.Fact]:
    done = Transcript.objects.filter(
        ~Exists(LedgerEntry.objects.filter(kind=Kind.TRANSCRIPTION_MINUTE, object_id=OuterRef("pk"), period="")),
        pk__gte=first_id_at(since),
        status=Transcript.Status.COMPLETED,
    )
    for transcript in done.select_related("recording").order_by("pk").iterator(1000):
        if fact := _of_transcript(transcript):
            yield fact
