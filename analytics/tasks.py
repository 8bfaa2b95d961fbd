"""Keeping what is counted beforehand true."""

from __future__ import annotations

import time

from celery import shared_task

from analytics import settling
from zerovoice.lib import clock

#: So long one run goes on while there is something to settle, machine seconds.
_AT_MOST = 20


@shared_task
def settle() -> int:
    """Count again what was touched; how many quarters. The one that lasts is left: it is touched all the time."""
    settled, until = 0, time.monotonic() + _AT_MOST
    while (more := settling.settle(before=clock.now())) and time.monotonic() < until:
        settled += more
    return settled
