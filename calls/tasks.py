"""Work for calls. Tasks take ids and may run twice; what they look for is in rows, so a lost message loses nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import Q

from calls import carrier_work
from calls.actions import agents, limits, queueing, recordings, voicemail, waiting
from calls.models import Agent, CallLeg, QueueEntry, Recording, TranscriptStep, VectorRemoval, Voicemail
from zerovoice.carrier.errors import CarrierError, Unavailable
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

log = structlog.get_logger(__name__)

#: A leg of which the carrier said nothing for so long (business seconds) is asked about.
SILENT_SECONDS = 60


@shared_task
def assign(organization_id: str) -> None:
    queueing.assign(uuid.UUID(organization_id))


@shared_task
def tick() -> None:
    """Deadlines that have come: wrap-up ends, waits that are too long, callers whom no message announced."""
    now = clock.now()
    over = Agent.objects.filter(state=Agent.State.WRAP_UP, wrap_up_until__lte=now)
    for agent_id in over.order_by("wrap_up_until").values_list("pk", flat=True)[:500]:
        _each(agents.end_wrap_up, agent_id)
    for entry_id in queueing.overdue(now):
        _each(waiting.time_out, entry_id)
    entries = QueueEntry.objects.filter(state=QueueEntry.State.WAITING)
    for organization_id in entries.values_list("organization_id", flat=True).distinct():
        enqueue(assign, str(organization_id))  # each by itself: one that fails holds up no other
    for organization_id in limits.organizations(now):
        enqueue(extend_calls, str(organization_id))


def _each(act: Callable[[uuid.UUID], None], pk: uuid.UUID) -> None:
    """One that fails holds up no other; it is tried again at the next tick."""
    try:
        act(pk)
    except Exception:
        log.exception("tick_failed", act=act.__name__, id=str(pk))


@shared_task
def extend_calls(organization_id: str) -> None:
    """More minutes for an organisation's calls that are near their end, as far as its money goes."""
    for leg_id in limits.near_their_end(uuid.UUID(organization_id), clock.now()):
        _each(limits.extend, leg_id)


@shared_task
def give_up_callback(entry_id: str) -> None:
    waiting.give_up_callback(uuid.UUID(entry_id))


@shared_task
def reconcile() -> None:
    """Ask the carrier about legs and recordings that fell silent.

    Whoever moves a row's mark asks, and a second reconciler finds nothing. When the question gets lost, it is put
    again once the row has been silent for as long again.
    """
    now = clock.now()
    silence = timedelta(seconds=SILENT_SECONDS)
    silent = CallLeg.objects.active().filter(
        Q(sid__isnull=False) | Q(unbound_until__lt=now), checked_at__lt=now - silence
    )
    for leg_id in silent.order_by("checked_at").values_list("pk", flat=True)[:200]:
        if silent.filter(pk=leg_id).update(checked_at=now):
            enqueue(check_leg, str(leg_id))
    machine_now = clock.machine_now()
    recording = Recording.objects.running().filter(
        Q(hinted_at=None) | Q(hinted_at__lt=machine_now - silence), call__ended_at__lt=now - silence
    )
    for recording_id in recording.values_list("pk", flat=True)[:200]:
        if recording.filter(pk=recording_id).update(hinted_at=machine_now):
            enqueue(check_recording, str(recording_id))
    for voicemail_id in voicemail.unchecked():
        enqueue(check_voicemail, str(voicemail_id))


@shared_task
def check_leg(leg_id: str) -> None:
    try:
        carrier_work.check_leg(CallLeg.objects.get(pk=leg_id))
    except CarrierError as error:
        log.warning("leg_not_checked", leg_id=leg_id, error=type(error).__name__)  # asked again in time


@shared_task
def check_recording(recording_id: str) -> None:
    try:
        recordings.check(Recording.objects.get(pk=recording_id))
    except CarrierError as error:
        log.warning("recording_not_checked", recording_id=recording_id, error=type(error).__name__)


@shared_task
def check_voicemail(voicemail_id: str) -> None:
    try:
        voicemail.check(Voicemail.objects.select_related("call").get(pk=voicemail_id))
    except CarrierError as error:
        log.warning("voicemail_not_checked", voicemail_id=voicemail_id, error=type(error).__name__)


@shared_task
def fetch_recording(recording_id: str) -> None:
    """Bring a finished recording's media into our storage."""
    recording = Recording.claim(recording_id)
    if recording is None:
        return
    try:
        if recording.interrupted and recording.exhausted:
            recording.fail(recording.last_error or "Every attempt was interrupted")
        else:
            _fetch(recording)
    except LeaseLost:
        log.warning("recording_lease_lost", recording_id=recording_id)


def _fetch(recording: Recording) -> None:
    try:
        recordings.fetch(recording)
    except Unavailable as error:  # the media will be there when the carrier is
        recording.postpone(error)
    except (CarrierError, recordings.NotWhole, OSError) as error:
        recording.retry(error)


@shared_task(time_limit=4 * 3600)
def work_on_transcript(step_id: str) -> None:
    """One step on the way from a recording's sound to a transcript that can be searched."""
    from calls import transcript_work  # loads numpy and models: only where they are needed

    step = TranscriptStep.claim(step_id)
    if step is None:
        return
    try:
        transcript_work.work_on(step)
    except LeaseLost:
        log.warning("transcript_step_lease_lost", step_id=step_id)


@shared_task
def forget_vectors(removal_id: str) -> None:
    """Have ZeroDB forget what is gone."""
    from calls import transcript_work

    removal = VectorRemoval.claim(removal_id)
    if removal is None:
        return
    try:
        transcript_work.forget(removal)
    except LeaseLost:
        log.warning("vector_removal_lease_lost", removal_id=removal_id)
