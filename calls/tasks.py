"""Work for calls. Tasks take ids and may run twice; what they look for is in rows, so a lost message loses nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta

from celery import shared_task
from django.db.models import Q

from calls import carrier_work
from calls.actions import agents, queueing, recordings
from calls.models import Agent, CallLeg, QueueEntry, Recording
from zerovoice.carrier.errors import CarrierError
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

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
    for agent_id in over.values_list("pk", flat=True)[:500]:
        agents.end_wrap_up(agent_id)
    for entry_id in queueing.overdue(now):
        queueing.time_out(entry_id)
    waiting = QueueEntry.objects.filter(state=QueueEntry.State.WAITING)
    for organization_id in waiting.values_list("organization_id", flat=True).distinct():
        queueing.assign(organization_id)


@shared_task
def reconcile() -> None:
    """Ask the carrier about legs and recordings that fell silent."""
    now = clock.now()
    silent = CallLeg.objects.active().filter(
        Q(sid__isnull=False, checked_at__lt=now - timedelta(seconds=SILENT_SECONDS))
        | Q(sid=None, unbound_until__lt=now)
    )
    for leg_id in silent.order_by("checked_at").values_list("pk", flat=True)[:200]:
        # Whoever moves the mark asks; a second reconciler finds nothing.
        if silent.filter(pk=leg_id).update(checked_at=now, unbound_until=None):
            enqueue(check_leg, str(leg_id))
    recording = Recording.objects.filter(
        status__in=[Recording.Status.IN_PROGRESS, Recording.Status.PAUSED],
        call__ended_at__lt=now - timedelta(seconds=SILENT_SECONDS),
    )
    for recording_id in recording.values_list("pk", flat=True)[:200]:
        enqueue(check_recording, str(recording_id))


@shared_task
def check_leg(leg_id: str) -> None:
    leg = CallLeg.objects.get(pk=leg_id)
    try:
        carrier_work.check_leg(leg)
    except CarrierError:
        if not leg.sid:  # look again, rather than take an unreachable carrier for a no
            CallLeg.objects.filter(pk=leg_id, sid=None, ended_at=None).update(unbound_until=clock.now())


@shared_task
def check_recording(recording_id: str) -> None:
    recordings.check(Recording.objects.get(pk=recording_id))


@shared_task
def fetch_recording(recording_id: str) -> None:
    """Bring a finished recording's media into our storage."""
    recording = Recording.claim(recording_id)
    if recording is None:
        return
    try:
        recordings.fetch(recording)
    except (CarrierError, recordings.NotWhole, OSError) as error:
        recording.retry(str(error))
