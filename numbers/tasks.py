"""Work for numbers. Tasks take ids and may run twice; what they look for is in rows."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from celery import shared_task

from numbers import drift, settling
from numbers.models import PhoneNumber
from zerovoice.carrier.errors import CarrierError
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

log = structlog.get_logger(__name__)


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


@shared_task
def find_drift() -> None:
    """Compare our list of numbers with each carrier account's."""
    for account_sid in drift.accounts():
        enqueue(compare, account_sid)


@shared_task
def compare(account_sid: str) -> None:
    try:
        drift.compare(account_sid)
    except CarrierError as error:
        log.warning("numbers_not_compared", account_sid=account_sid, error=type(error).__name__)  # the next night again
