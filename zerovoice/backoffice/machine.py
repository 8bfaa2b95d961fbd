"""Cards of what everything stands on: dependencies, workers and their queues, beat, the database, versions."""

from __future__ import annotations

import platform
from typing import Any, cast

import django
import redis
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zerovoice.api import health
from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card, Line
from zerovoice.lib import clock

TICK = "operations:tick"
#: Beat tells the time every five seconds.
_LATE_SECONDS, _DEAD_SECONDS = 15, 60
_ANSWER_SECONDS = 0.8
_LONG_QUEUE = 1000
_MOST_NAMED = 5
_LONG_TRANSACTION_SECONDS, _STUCK_TRANSACTION_SECONDS = 300, 3600
_NO_REDIS = "Redis does not answer. Work is kept in the database and goes on when Redis is back."


def register() -> None:
    operations.register("dependencies", "Dependencies", dependencies)
    operations.register("workers", "Workers and queues", workers, remembered=5)
    operations.register("beat", "Beat", beat)
    operations.register("database", "Database", database, remembered=5)
    operations.register("versions", "Versions", versions, remembered=60)


def dependencies() -> Card:
    """The readiness checks, as `/health/ready` tells them."""
    lines = [_dependency(name.capitalize(), outcome) for name, outcome in health.registry.outcomes().items()]
    failed = [line.label for line in lines if line.tone == "bad"]
    return Card(f"Not ready: {', '.join(failed)}." if failed else "Ready.", lines)


def _dependency(name: str, outcome: health.Outcome) -> Line:
    if outcome.status == "disabled":
        return Line(name, outcome.error, "off")
    took = f"{outcome.latency_ms:.0f} ms"
    if outcome.status == "healthy":
        return Line(name, f"healthy, {took}")
    return Line(name, f"{outcome.error}, after {took}", "bad")


def workers() -> Card:
    """Asked over Redis which queues they serve: who is silent for a moment counts as away."""
    try:
        with _redis() as client, client.pipeline(transaction=False) as pipe:
            for queue in _queues():
                pipe.llen(queue)
            lengths = dict(zip(_queues(), pipe.execute(), strict=True))
    except redis.RedisError:
        return Card(_NO_REDIS, tone="bad")
    served: dict[str, int] = {}
    answers = current_app.control.broadcast("active_queues", reply=True, timeout=_ANSWER_SECONDS) or []
    names = [(name, told) for answer in answers for name, told in answer.items()]
    for _, queues in names:
        for queue in queues:
            served[queue["name"]] = served.get(queue["name"], 0) + 1
    lines = [_queue(queue, length, served.get(queue, 0)) for queue, length in lengths.items()]
    lines += [Line(name, "answered") for name, _ in sorted(names, key=lambda row: row[0])]
    many = f"{len(names)} worker{'' if len(names) == 1 else 's'}"
    return Card(f"{many if names else 'No worker'} answered.", lines)


def _queue(queue: str, length: int, serving: int) -> Line:
    waiting = f"{length:,} waiting" if length else "nothing waits"
    if not serving:
        return Line(f"Queue {queue}", f"{waiting}, and no worker serves it", "bad")
    many = "1 worker" if serving == 1 else f"{serving} workers"
    return Line(f"Queue {queue}", f"{waiting}, {many}", "warning" if length > _LONG_QUEUE else "good")


def _queues() -> list[str]:
    routes = settings.CELERY_TASK_ROUTES.values()
    return sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in routes)})


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, retry=None, **settings.REDIS_SOCKET_OPTIONS)


def beat() -> Card:
    """The last tick that a worker has carried out."""
    try:
        at = cache.get(TICK)
    except redis.RedisError:
        return Card(_NO_REDIS, tone="bad")
    if at is None:
        return Card("No tick in the last day: beat does not run, or no worker serves the queue default.", tone="bad")
    age = (clock.machine_now() - at).total_seconds()
    tone = "good" if age < _LATE_SECONDS else "warning" if age < _DEAD_SECONDS else "bad"
    words = "" if tone == "good" else " Beat, or a worker of the queue default, is late."
    return Card(f"Last tick {max(age, 0):.0f} s ago.{words}", tone=tone)


_DATABASE = """
SELECT pg_database_size(current_database()),
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    current_setting('max_connections')::int,
    (SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend')
"""


def database() -> Card:
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        size, used, most, oldest = cursor.fetchone()
    pending = _pending_migrations()
    oldest = int(oldest or 0)
    tone = (
        "bad" if oldest >= _STUCK_TRANSACTION_SECONDS else "warning" if oldest >= _LONG_TRANSACTION_SECONDS else "good"
    )
    lines = [
        Line("Size", _size(size)),
        Line("Connections", f"{used} of {most}", "warning" if used > 0.8 * most else "good"),
        Line("Oldest transaction", f"{oldest} s" if oldest else "none", tone),
        Line("Migrations to be run", ", ".join(pending) or "none", "bad" if pending else "good"),
    ]
    return Card("The schema is not that of this version: run `migrate`." if pending else "It answers.", lines)


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label} {migration.name}" for migration, _ in plan[:_MOST_NAMED]]


def _size(size: int) -> str:
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1024:
            return f"{number:,.0f} {unit}"
        number /= 1024
    return f"{number:,.1f} TB"


def versions() -> Card:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    return Card(
        f"ZeroVoice {settings.VERSION}, {settings.ZEROVOICE_ENV}.",
        [
            Line("Django", django.get_version()),
            Line("Python", platform.python_version()),
            Line("PostgreSQL", postgresql),
            _redis_version(),
        ],
    )


def _redis_version() -> Line:
    try:
        with _redis() as client:
            told = cast(dict[str, Any], client.info("server"))
    except redis.RedisError:
        return Line("Redis", "does not answer", "bad")
    name = "Valkey" if "valkey_version" in told else "Redis"
    return Line(name, str(told.get("valkey_version") or told["redis_version"]))
