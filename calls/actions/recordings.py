"""Recordings: run while two people talk, pause while the customer is on hold, are fetched when they are whole."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
import wave
from datetime import UTC, datetime, timedelta
from typing import IO

from django.core.files import File
from django.db import transaction

from calls import events
from calls.actions import transcripts
from calls.models import Call, Recording, Voicemail
from compliance import removals
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import commands, gateway, webhooks
from zerovoice.carrier.errors import RefusalMeaning, Refused
from zerovoice.carrier.results import CarrierRecording
from zerovoice.carrier.work import LeaseLost, State
from zerovoice.lib import clock

#: Of a dual-channel recording of a customer's leg: what comes from the customer's phone, and what goes to it.
CHANNELS = ["customer", "agent"]
#: When the media of a recording that still runs is due: not before the carrier says that it is whole.
_NOT_YET = datetime(9999, 1, 1, tzinfo=UTC)
_FINAL = (Recording.Status.COMPLETED, Recording.Status.ABSENT, Recording.Status.FAILED)


#: How long two people who are to be joined take at most to be together.
_JOINED_BY = timedelta(seconds=10)


def pause(*, principal: Principal, call: Call) -> Call:
    """Silence is recorded from now on. Raises Unprocessable for a call that is over or not recorded."""
    return _set_paused(principal, call, True)


def resume(*, principal: Principal, call: Call) -> Call:
    """Record again. Raises Unprocessable for a call that is over or not recorded."""
    return _set_paused(principal, call, False)


def _set_paused(principal: Principal, call: Call, paused: bool) -> Call:
    with transaction.atomic():
        call = Call.objects.locked(call.pk)
        if call.is_ending or not call.record:
            raise Unprocessable("The call is over" if call.is_ending else "The call is not recorded")
        if call.recording_paused != paused:
            call.recording_paused = paused
            call.save(update_fields=["recording_paused"])
            call.note_event("recording.pause_wanted" if paused else "recording.resume_wanted")
            action = "call.recording_paused" if paused else "call.recording_resumed"
            audit.record(organization_id=call.organization_id, actor=principal, action=action, target=call)
            follow(call)
    return call


#: Phases in which a recording that runs at the carrier is not ours to start or pause.
_RECORDS_ITSELF = (Call.Phase.VOICEMAIL, Call.Phase.LEAVING)


def follow(call: Call, *, later: bool = False) -> None:
    """Have the recording follow the call's phase. The caller holds the call's lock.

    `later`: the two are only on their way into the conference. The carrier will say when they are there; when its word
    is lost, they are by then.
    """
    if call.may_be_recorded:
        due_at = clock.machine_now() + _JOINED_BY if later else None
        commands.submit("calls.record", organization_id=call.organization_id, target_id=call.pk, due_at=due_at)


def carry_out(call_id: uuid.UUID) -> CarrierRecording | None:
    """Start, pause or resume at the carrier, whichever the call's phase asks for. Network; idempotent.

    The phase may change while the carrier is asked, so it is looked at again until it did not.
    """
    done: CarrierRecording | None = None
    for _ in range(5):
        call = Call.objects.get(pk=call_id)
        wanted = _wanted(call)
        leg = call.customer_leg()
        if call.is_over or leg.is_over or not leg.sid or wanted in _RECORDS_ITSELF or not call.may_be_recorded:
            return done
        done = _bring_into(wanted, gateway.for_organization(call.organization_id), leg.pk, leg.sid) or done
        if _wanted(Call.objects.get(pk=call_id)) == wanted:
            return done
    return done


def _wanted(call: Call) -> str:
    """The phase, as far as it matters here: a recording that somebody paused waits as if they were on hold."""
    return Call.Phase.HELD if call.recording_paused and call.phase == Call.Phase.JOINED else call.phase


def _bring_into(phase: str, carrier: gateway.Gateway, leg_id: uuid.UUID, call_sid: str) -> CarrierRecording | None:
    known = {told.status: told for told in carrier.list_recordings(call_sid=call_sid)}
    running, paused = known.get("in_progress"), known.get("paused")
    if phase == Call.Phase.JOINED:
        if paused:
            return carrier.resume_recording(call_sid=call_sid, sid=paused.sid)
        return running or carrier.start_recording(
            call_sid=call_sid, status_callback=webhooks.notice_url("recording", leg_id)
        )
    return carrier.pause_recording(call_sid=call_sid, sid=running.sid) if running else paused


def note(call: Call, told: CarrierRecording, *, kind: str = Recording.Kind.CONVERSATION) -> Recording:
    """Write down what the carrier says of a recording of this call; when it is whole, have it fetched."""
    status = {"stopped": "completed", "processing": "in_progress", "unknown": "in_progress"}.get(
        told.status, told.status
    )
    recording, created = Recording.objects.select_for_update(no_key=True).get_or_create(
        sid=told.sid,
        defaults={
            "organization_id": call.organization_id,
            "call": call,
            "leg": call.customer_leg(),
            "kind": kind,
            "status": status,
            "channels": _channels(kind, told.channels),
            "started_at": told.started_at,
            "due_at": _NOT_YET,
        },
    )
    was_final = recording.status in _FINAL and not created
    if was_final:
        return recording
    if call.erased_at or recording.erased_at:
        return _forget(recording, told, status)
    recording.status = status
    recording.started_at = recording.started_at or told.started_at
    if told.duration_seconds is not None and told.duration_seconds >= 0:
        recording.duration_seconds = told.duration_seconds
    if status == Recording.Status.COMPLETED:
        recording.due_at = clock.machine_now()
        recording.enqueue()
    elif status in _FINAL:
        recording.state, recording.last_error = State.FAILED, f"The carrier has no sound of it: {status}"
        recording.finished_at = clock.machine_now()
    recording.save(
        update_fields=[
            "status",
            "started_at",
            "duration_seconds",
            "due_at",
            "state",
            "last_error",
            "finished_at",
        ]
    )
    call.note_event(f"recording.{status}", recording_id=str(recording.pk))
    return recording


def _forget(recording: Recording, told: CarrierRecording, status: str) -> Recording:
    """The carrier tells late of a recording of somebody who was erased: it goes there too, and never comes here."""
    recording.status, recording.state = status, State.DONE
    recording.erased_at, recording.finished_at = clock.now(), clock.machine_now()
    recording.save(update_fields=["status", "state", "erased_at", "finished_at"])
    removals.later(recording.organization_id, "carrier_recording", {"sid": told.sid})
    return recording


def _channels(kind: str, number: int) -> list[str]:
    if kind == Recording.Kind.VOICEMAIL:
        return CHANNELS[:1]
    return CHANNELS[:number] if number > 1 else ["mixed"]


class NotWhole(Exception):
    """The file that came is not the recording the carrier announced."""


def fetch(recording: Recording) -> None:
    """Bring the media into our storage. The row is claimed by the caller. Raises NotWhole and the gateway's errors."""
    carrier = gateway.for_organization(recording.organization_id)
    with tempfile.TemporaryFile() as spool:
        digest = hashlib.sha256()
        for chunk in carrier.download_recording(sid=recording.sid, channels=len(recording.channels)):
            spool.write(chunk)
            digest.update(chunk)
        size = spool.tell()
        duration = _wave_seconds(spool)
        if abs(duration - recording.duration_seconds) > max(2.0, recording.duration_seconds * 0.05):
            raise NotWhole(f"{duration:.1f} s came, {recording.duration_seconds} s were announced")
        spool.seek(0)
        name = recording.file.storage.save(
            f"{removals.own_folder(recording.folder, recording.pk)}/{recording.pk}.wav", File(spool)
        )
    try:
        with transaction.atomic():
            recording.succeed(file=name, size=size, sha256=digest.hexdigest())
            transcripts.begin(recording)
            events.recording_ready(recording, Voicemail.objects.filter(recording=recording).first())
    except LeaseLost:
        recording.file.storage.delete(name)
        raise


@transaction.atomic
def fetch_again(*, principal: Principal, recording: Recording) -> bool:
    """Have a worker fetch media that could not be fetched; False when that has not failed."""
    if recording.state != State.FAILED or not recording.replay():
        return False
    audit.record(
        organization_id=recording.organization_id,
        actor=principal,
        action="recording.fetched_again",
        target=recording,
        fields=["state"],
    )
    return True


def _wave_seconds(file: IO[bytes]) -> float:
    file.seek(0)
    try:
        with wave.open(file, "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError) as error:
        raise NotWhole(f"not a WAV file: {error}") from error


def check(recording: Recording) -> None:
    """Ask the carrier about a recording that fell silent. Network."""
    try:
        told = gateway.for_organization(recording.organization_id).fetch_recording(sid=recording.sid)
    except Refused as error:
        if error.meaning != RefusalMeaning.NOT_FOUND:
            raise
        told = CarrierRecording(recording.sid, "", "absent", 0, None, None)
    with transaction.atomic():
        note(Call.objects.locked(recording.call_id), told)
