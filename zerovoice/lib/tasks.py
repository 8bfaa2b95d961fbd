"""The one way to hand work to Celery.

A row in PostgreSQL is the work; the message in Redis only says "look now". So a message that cannot be published is no
error: the sweeper finds the row. After a failure this process does not try again for a moment, so that a dead Redis
does not cost every request its time-out.
"""

import functools
import time
from typing import Any

import redis
import structlog
from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

import zerovoice.celery

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 2.0
_silent_until = 0.0


def enqueue(task: "Task[..., Any]", *args: Any) -> None:
    """Publish `task(*args)` once the transaction at hand is committed (at once outside of one)."""
    transaction.on_commit(lambda: _publish(task, args))


def waiting(task: "Task[..., Any]") -> int:
    """How many messages wait in the task's queue for a worker; 0 when Redis does not say."""
    queue = zerovoice.celery.app.amqp.router.route({}, task.name)["queue"].name
    try:
        return int(_broker().llen(queue))
    except redis.RedisError:
        return 0


@functools.cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, **settings.REDIS_SOCKET_OPTIONS)


def _publish(task: "Task[..., Any]", args: tuple[Any, ...]) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(args, retry=False)
    except (OperationalError, ConnectionError, TimeoutError) as error:
        _silent_until = time.monotonic() + _PAUSE_SECONDS
        log.warning("task_not_published", task=task.name, error=str(error))
