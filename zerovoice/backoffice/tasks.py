"""That the clock of the system runs, for the operators' page."""

from celery import shared_task
from django.core.cache import cache

from zerovoice.backoffice.machine import TICK
from zerovoice.lib import clock


@shared_task
def tick() -> None:
    cache.set(TICK, clock.machine_now(), timeout=86_400)
