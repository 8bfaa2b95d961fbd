"""The one way to hand work to Celery.

A row in PostgreSQL is the work; the message in Redis only says "look now". So a message that cannot be published is no
error: the sweeper finds the row. After a failure this process does not try again for a moment, so that a dead Redis
does not cost every request its time-out.
"""

import time
from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

import zerovoice.celery  # noqa: F401 – whoever enqueues needs the app configured

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 2.0
_silent_until = 0.0


def enqueue(task: "Task[..., Any]", *args: Any) -> None:
    """Publish `task(*args)` once the transaction at hand is committed (at once outside of one)."""
    transaction.on_commit(lambda: _publish(task, args))


def _publish(task: "Task[..., Any]", args: tuple[Any, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(args, retry=False)
    except (OperationalError, ConnectionError, TimeoutError) as error:
        _silent_until = time.monotonic() + _PAUSE_SECONDS
        log.warning("task_not_published", task=task.name, error=str(error))
