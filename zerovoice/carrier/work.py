"""Work that must not get lost: a row with a state and a lease.

The row in PostgreSQL is the work; a Celery message only says "look now". Whoever works on a row claims it with a
conditional UPDATE and holds a lease. A worker that dies leaves a lease that expires; a message that got lost leaves a
row that is due; the sweeper finds both within five seconds.

`attempts` is also the fence: finishing is a conditional UPDATE on the attempt that was claimed, so that a worker which
was slower than its lease cannot finish what another has taken over, and its transaction rolls back.

Leases and back-off run on machine time.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from celery import Task
from django.db import models, transaction
from django.db.models import F, Q

from zerovoice.accounts.models import TenantQuerySet
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue, waiting

HINT_AGAIN_AFTER = timedelta(seconds=2)
#: While messages still wait for a worker, a row's is probably among them: telling it again would only add to the pile.
HINT_AGAIN_IN_A_BACKLOG_AFTER = timedelta(seconds=30)
_BACKOFF_BASE_SECONDS = 0.5
_BACKOFF_LIMIT_SECONDS = 60.0
_ERROR_LENGTH = 2000


class State(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


class LeaseLost(Exception):
    """Another worker has taken the row over. Whatever was done in this transaction must roll back."""


@dataclass(frozen=True)
class Registered:
    task: "Task[..., Any]"
    keep: timedelta | None


_registry: dict[type["WorkRow"], Registered] = {}


def register(model: type["WorkRow"], task: "Task[..., Any]", *, keep_days: int | None = None) -> None:
    """Put `model` under the sweeper: `task(str(pk))` works on one row; done rows are deleted after `keep_days`."""
    _registry[model] = Registered(task, timedelta(days=keep_days) if keep_days is not None else None)


def registered() -> dict[type["WorkRow"], Registered]:
    return dict(_registry)


class WorkQuerySet(TenantQuerySet):
    def ready(self, now: datetime | None = None) -> Self:
        """Rows that someone should be working on: due, or with a lease that has run out."""
        now = now or clock.machine_now()
        return self.filter(
            Q(state=State.PENDING, due_at__lte=now) | Q(state=State.PROCESSING, lease_expires_at__lte=now)
        )


class WorkRow(models.Model):
    """Base of every row that a worker works on. Override LEASE (longer than one attempt takes) and MAX_ATTEMPTS."""

    LEASE: ClassVar[timedelta] = timedelta(seconds=15)
    MAX_ATTEMPTS: ClassVar[int] = 10

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.machine_now)
    hinted_at = models.DateTimeField(null=True, editable=False)  # when a worker was last told
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=clock.machine_now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = WorkQuerySet.as_manager()

    interrupted: bool = False  # set by claim(): the worker before us died, or was slower than its lease

    class Meta:
        abstract = True

    @staticmethod
    def indexes(name: str) -> list[models.Index]:
        """For `Meta.indexes`: what is unfinished, and only that, by due date."""
        unfinished = Q(state__in=[State.PENDING, State.PROCESSING])
        return [models.Index(fields=["due_at"], name=f"{name}_unfinished", condition=unfinished)]

    @classmethod
    def claim(cls, pk: uuid.UUID | str) -> Self | None:
        """The row, now ours for LEASE; None when it is not due, in other hands, or finished."""
        now = clock.machine_now()
        mine: dict[str, Any] = {
            "state": State.PROCESSING,
            "attempts": F("attempts") + 1,
            "lease_expires_at": now + cls.LEASE,
        }
        rows: models.QuerySet[Any] = cls._default_manager.filter(pk=pk)
        interrupted = False
        if not rows.filter(state=State.PENDING, due_at__lte=now).update(**mine):
            if not rows.filter(state=State.PROCESSING, lease_expires_at__lte=now).update(**mine):
                return None
            interrupted = True
        row: Self = rows.get()
        row.interrupted = interrupted
        return row

    @property
    def exhausted(self) -> bool:
        """Claimed once more than it may be tried: every attempt so far ended without a word."""
        return self.attempts > self.MAX_ATTEMPTS

    def advance(self, **fields: Any) -> None:
        """Write down how far the work is; it stays ours for another LEASE. Raises LeaseLost."""
        self._move(lease_expires_at=clock.machine_now() + self.LEASE, **fields)

    def succeed(self, **fields: Any) -> None:
        """Done. Raises LeaseLost when the row is no longer ours."""
        self._finish(state=State.DONE, last_error="", **fields)

    def fail(self, error: object) -> None:
        """Failed for good; it can be replayed. Raises LeaseLost."""
        self._finish(state=State.FAILED, last_error=_text(error))

    def retry(self, error: object, *, after: float | None = None) -> bool:
        """Try again after a jittered back-off, or after `after` seconds; False (and failed) when attempts are used up.

        Raises LeaseLost.
        """
        if self.attempts >= self.MAX_ATTEMPTS:
            self.fail(error)
            return False
        self.postpone(error, after=after)
        return True

    def postpone(self, error: object, *, after: float | None = None) -> None:
        """As `retry`, without a limit. Raises LeaseLost."""
        pause = after if after is not None else backoff(self.attempts)
        self._move(
            state=State.PENDING,
            due_at=clock.machine_now() + timedelta(seconds=pause),
            hinted_at=None,
            lease_expires_at=None,
            last_error=_text(error),
        )

    def replay(self, **fields: Any) -> bool:
        """Make a finished row pending again (with `fields` changed) and tell a worker; False when not finished."""
        fresh: dict[str, Any] = {
            "state": State.PENDING,
            "attempts": 0,
            "due_at": clock.machine_now(),
            "finished_at": None,
            "lease_expires_at": None,
            **fields,
        }
        done = self._rows().filter(state__in=[State.DONE, State.FAILED]).update(**fresh)
        if done:
            self._assign(fresh)
            self.enqueue()
        return bool(done)

    def enqueue(self) -> None:
        """Tell a worker, once the transaction at hand is committed. Losing the message loses nothing."""
        enqueue(_registry[type(self)].task, str(self.pk))

    def _rows(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)

    def _finish(self, **fields: Any) -> None:
        self._move(finished_at=clock.machine_now(), lease_expires_at=None, **fields)

    def _move(self, **fields: Any) -> None:
        ours = self._rows().filter(state=State.PROCESSING, attempts=self.attempts)
        if not ours.update(**fields):
            raise LeaseLost(f"{type(self).__name__} {self.pk}")
        self._assign(fields)

    def _assign(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)


def sweep(model: type[WorkRow], *, batch: int = 500, batches: int = 20) -> int:
    """Tell workers about rows of `model` that are ready and that nobody was told about just now; how many."""
    told = 0
    backlog = waiting(_registry[model].task) > 0
    for _ in range(batches):
        found = _sweep_batch(model, batch, backlog=backlog)
        told += found
        if found < batch:
            break
    return told


def _sweep_batch(model: type[WorkRow], batch: int, *, backlog: bool) -> int:
    task = _registry[model].task
    now = clock.machine_now()
    with transaction.atomic():
        patience = HINT_AGAIN_IN_A_BACKLOG_AFTER if backlog else HINT_AGAIN_AFTER
        untold = Q(hinted_at=None) | Q(hinted_at__lte=now - patience)
        rows = model.objects.ready(now).filter(untold).order_by("due_at")
        found = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:batch])
        model._default_manager.filter(pk__in=found).update(hinted_at=now)
        for pk in found:
            enqueue(task, str(pk))
    return len(found)


def purge(model: type[WorkRow], *, batch: int = 2000) -> int:
    """Delete rows of `model` that were done longer ago than they are kept, in batches; how many."""
    keep = _registry[model].keep
    if keep is None:
        return 0
    # Ids are UUIDv7, so old rows are found in the primary key without an index for this purpose.
    before = clock.machine_now() - keep
    old = model._default_manager.filter(pk__lt=first_id_at(before), state=State.DONE, finished_at__lt=before)
    deleted = 0
    while batch_ids := list(old.order_by("pk").values_list("pk", flat=True)[:batch]):
        deleted += model._default_manager.filter(pk__in=batch_ids).delete()[0]
    return deleted


def first_id_at(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 (RFC 9562: 48 bits of Unix milliseconds first) of this moment."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: exponential, jittered so that what failed together does not return together."""
    longest = min(_BACKOFF_LIMIT_SECONDS, _BACKOFF_BASE_SECONDS * 2 ** min(attempts, 20))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311


def _text(error: object) -> str:
    text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
    return text.replace("\x00", "")[:_ERROR_LENGTH]
