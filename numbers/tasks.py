"""Work for numbers. Tasks take ids and may run twice; what they look for is in rows."""

from __future__ import annotations

import uuid
from datetime import timedelta

from celery import shared_task

from numbers import settling
from numbers.models import PhoneNumber
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue


@shared_task
def reconcile() -> None:
    """Look after purchases and releases that nobody finished. Whoever moves a row's mark has it looked at."""
    now = clock.machine_now()
    due = PhoneNumber.objects.unsettled().filter(settle_at__lte=now)
    again = now + timedelta(seconds=settling.LOOK_AGAIN_SECONDS)
    for number_id in due.order_by("settle_at").values_list("pk", flat=True)[:200]:
        if due.filter(pk=number_id).update(settle_at=again):
            enqueue(settle, str(number_id))


@shared_task
def settle(number_id: str) -> None:
    settling.settle_quietly(uuid.UUID(number_id))
