"""Telling customers that they are recorded, or asking them first; and what they answered."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from calls import consent
from calls.actions import recordings
from calls.models import Call, CallLeg
from compliance.models import Settings
from zerovoice.lib import clock


def terms(organization_id: uuid.UUID, *, record: bool) -> dict[str, Any]:
    """What a new call says of its recording. The wording stands in the call: settings may change."""
    settings = Settings.objects.of(organization_id).first() if record else None
    if settings is None or settings.recording_consent == Settings.Consent.NONE:
        return {"record": record}
    asks = settings.recording_consent == Settings.Consent.REQUIRE
    ours = consent.QUESTION if asks else consent.ANNOUNCEMENT
    return {
        "record": record,
        "consent_mode": settings.recording_consent,
        "consent_text": settings.recording_consent_text or ours,
    }


def inbound_terms(organization_id: uuid.UUID) -> dict[str, Any]:
    """The same for a call that comes in: whether it is recorded is for the organisation to say."""
    record = Settings.objects.of(organization_id).filter(record_inbound=True).exists()
    return terms(organization_id, record=record)


@transaction.atomic
def answered(leg_id: uuid.UUID, *, digits: str, speech: str) -> None:
    """The customer has heard it, and was silent, pressed a key or said something. Said twice, the first counts."""
    call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
    if not call.asks_consent or call.is_over:
        return
    if call.consent_mode == Call.Consent.ANNOUNCE:
        call.consent_answer = Call.Answer.TOLD
    else:
        call.consent_answer = Call.Answer(consent.answer(digits=digits, speech=speech))
    call.consent_at = clock.now()
    call.save(update_fields=["consent_answer", "consent_at"])
    call.note_event("recording.consent", answer=str(call.consent_answer))
    if call.phase == Call.Phase.JOINED:
        recordings.follow(call, later=True)
