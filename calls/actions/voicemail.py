"""Messages that callers leave: when they have, and when the carrier's word of it was lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from calls import events
from calls.actions import legs, place, recordings
from calls.actions.measuring import measure
from calls.models import Agent, Call, CallLeg, Recording, Voicemail
from zerovoice.accounts import audit
from zerovoice.api.errors import ApiError, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import gateway
from zerovoice.carrier.results import CarrierRecording
from zerovoice.lib import clock, phone

#: So long after the end of a call the carrier is asked whether there is a message.
_ASKED_AFTER = timedelta(seconds=60)


@transaction.atomic
def finished(leg_id: uuid.UUID) -> None:
    """They pressed the key that ends the message, or fell silent: thanks and goodbye."""
    call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
    if call.is_ending or call.phase != Call.Phase.VOICEMAIL:
        return
    call.phase = Call.Phase.LEAVING
    call.save(update_fields=["phase"])
    legs.dismiss(call.customer_leg(), CallLeg.Farewell.MESSAGE, asks=True)


def note(call: Call, told: CarrierRecording) -> None:
    """The carrier tells of a recorded message. The caller is in a transaction. Silence is no message."""
    voicemail = Voicemail.objects.filter(call=call).first()
    if voicemail is None or told.status in ("in_progress", "processing"):
        return
    voicemail.checked_at = clock.now()
    if told.status == Recording.Status.COMPLETED and told.duration_seconds and not voicemail.recording_id:
        voicemail.recording = recordings.note(call, told, kind=Recording.Kind.VOICEMAIL)
        call.note_event("voicemail.left", recording_id=str(voicemail.recording.pk))
        events.voicemail_left(voicemail, voicemail.recording)
    voicemail.save(update_fields=["recording", "checked_at"])
    measure(call)


def unchecked() -> list[uuid.UUID]:
    """Boxes that a caller was led to, of whom the carrier told nothing since the call is over. Each is named once in a
    while: whoever moves the mark asks."""
    now = clock.now()
    empty = Voicemail.objects.filter(recording=None, checked_at=None, call__ended_at__lt=now - _ASKED_AFTER)
    due = empty.filter(Q(asked_at=None) | Q(asked_at__lt=now - _ASKED_AFTER)).order_by("created_at")
    found = due.values_list("pk", flat=True)[:200]
    return [pk for pk in found if due.order_by().filter(pk=pk).update(asked_at=now)]


def check(voicemail: Voicemail) -> None:
    """Ask the carrier whether there is a message. Network."""
    leg = voicemail.call.customer_leg()
    known = set(Recording.objects.filter(call=voicemail.call).values_list("sid", flat=True))
    found = gateway.for_organization(voicemail.organization_id).list_recordings(call_sid=leg.sid) if leg.sid else []
    with transaction.atomic():
        call = Call.objects.locked(voicemail.call_id)
        for told in found:
            if told.sid not in known and told.channels == 1:  # else it is of a conversation
                note(call, told)
        Voicemail.objects.filter(pk=voicemail.pk, checked_at=None).update(checked_at=clock.now())


def call_back(*, principal: Principal, voicemail: Voicemail, from_number: str = "", record: bool = False) -> Call:
    """Call who left it, from the number that they called unless another is named. See `place.place_call`.

    Raises Unprocessable as well when they left no number that can be called.
    """
    call = voicemail.call
    try:
        number = phone.parse_e164(voicemail.from_number)
    except phone.InvalidPhone as error:
        raise Unprocessable("The caller left no number") from error
    is_agent = principal.kind == "user" and Agent.objects.of(call.organization_id).filter(user_id=principal.id).exists()
    try:
        return place.place_call(
            principal=principal,
            from_number=from_number or call.our_number,
            to_number=number,
            record=record,
            queue_id=None if is_agent else voicemail.queue_id,
            original=call,
        )
    except ApiError as error:
        error.field = "" if error.field == "to_number" else error.field  # the request has no such field
        raise


@transaction.atomic
def set_status(*, principal: Principal, voicemail: Voicemail, status: str) -> Voicemail:
    """New, read or archived."""
    voicemail.status = status
    voicemail.save(update_fields=["status"])
    audit.record(
        organization_id=voicemail.organization_id,
        actor=principal,
        action="voicemail.status_set",
        target=voicemail,
        fields=["status"],
    )
    return voicemail
