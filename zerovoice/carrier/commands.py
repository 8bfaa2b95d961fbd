"""Giving the carrier commands, outside of the request that decided them.

`submit` writes a row in the caller's transaction; a worker executes it after the commit, and the sweeper sees to it
that one does. What may happen to a command and what is done about it:

    executed                    on_done(command, result)
    Refused                     on_refused(command, error); failed, never again
    Unavailable                 again with back-off until `give_up_at`, then on_given_up
    Ambiguous, worker died      a command that may be repeated: as Unavailable;
                                one that may not (`at_most_once`): on_uncertain(command); failed, never again

Hooks run in the transaction that settles the row. `execute` runs in none: it waits for the network.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from zerovoice.carrier.errors import CarrierError, Refused, Unavailable
from zerovoice.carrier.models import Command
from zerovoice.carrier.work import LeaseLost, State, backoff
from zerovoice.lib import clock

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(minutes=10)
_LONGEST_WAIT_SECONDS = 10  # an open breaker says when to come back; another process may have closed it before

Execute = Callable[[Command], Any]
OnDone = Callable[[Command, Any], None]
OnRefused = Callable[[Command, Refused], None]
OnUncertain = Callable[[Command], None]
OnGivenUp = Callable[[Command, Exception | None], None]


@dataclass(frozen=True)
class Kind:
    execute: Execute
    on_done: OnDone | None
    on_refused: OnRefused | None
    on_uncertain: OnUncertain | None
    on_given_up: OnGivenUp | None


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    execute: Execute,
    *,
    on_done: OnDone | None = None,
    on_refused: OnRefused | None = None,
    on_uncertain: OnUncertain | None = None,
    on_given_up: OnGivenUp | None = None,
) -> None:
    """Say how commands of this kind are executed. A hook that is not given leaves only the row's own state."""
    _kinds[kind] = Kind(execute, on_done, on_refused, on_uncertain, on_given_up)


def submit(
    kind: str,
    *,
    organization_id: UUID,
    target_id: UUID,
    payload: dict[str, Any] | None = None,
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
    unique_key: str = "",
    at_most_once: bool = False,
) -> Command:
    """Have a command executed once the caller's transaction is committed; the row is returned.

    `due_at` and `give_up_at` (default: ten minutes after it is due) are machine time. With a `unique_key`, a second
    command of the same organisation, kind and key is not made; the first is returned.
    """
    if kind not in _kinds:
        raise LookupError(f"No command of the kind {kind!r} is registered")
    now = clock.machine_now()
    command = Command(
        organization_id=organization_id,
        kind=kind,
        target_id=target_id,
        payload=payload or {},
        due_at=due_at or now,
        give_up_at=give_up_at or (due_at or now) + GIVE_UP_AFTER,
        unique_key=unique_key,
        at_most_once=at_most_once,
        hinted_at=None if due_at else now,
    )
    Command.objects.bulk_create([command], ignore_conflicts=bool(unique_key))
    if unique_key:
        kept = Command.objects.get(organization_id=organization_id, kind=kind, unique_key=unique_key)
        if kept.pk != command.pk:
            return kept
    if not due_at or due_at <= now:
        command.enqueue()
    return command


def withdraw(kind: str, target_id: UUID) -> bool:
    """Take back commands that are no longer wanted and that no worker has begun; whether there were any."""
    waiting = Command.objects.filter(target_id=target_id, kind=kind, state=State.PENDING)
    return waiting.update(state=State.DONE, finished_at=clock.machine_now()) > 0


def execute(command_id: str) -> None:
    """Execute one command, if it is ours to execute, and settle it."""
    command = Command.claim(command_id)
    if command is None:
        return
    try:
        _execute(command, _kinds[command.kind])
    except LeaseLost:
        log.warning("command_lease_lost", command=command_id, kind=command.kind)


def _execute(command: Command, kind: Kind) -> None:
    if command.interrupted and command.at_most_once:
        _uncertain(command, kind, "The worker was interrupted")
        return
    if clock.machine_now() >= command.give_up_at:
        _given_up(command, kind, None)
        return
    try:
        result = kind.execute(command)
    except Refused as refused:
        log.warning("command_refused", command=str(command.pk), kind=command.kind, code=refused.code)
        with transaction.atomic():
            command.fail(refused)
            if kind.on_refused:
                kind.on_refused(command, refused)
    except Unavailable as error:
        _again(command, kind, error, at_least=min(error.retry_after, _LONGEST_WAIT_SECONDS))
    except Exception as error:  # Ambiguous, or something nobody thought of: it may have been processed
        if not isinstance(error, CarrierError):
            log.exception("command_failed", command=str(command.pk), kind=command.kind, attempt=command.attempts)
        if command.at_most_once:
            _uncertain(command, kind, error)
        else:
            _again(command, kind, error)
    else:
        with transaction.atomic():
            command.succeed()
            if kind.on_done:
                kind.on_done(command, result)


def _again(command: Command, kind: Kind, error: Exception, *, at_least: float = 0.0) -> None:
    """Postpone, unless the next attempt would come too late."""
    pause = max(at_least * random.uniform(1.0, 1.5), backoff(command.attempts))  # noqa: S311
    if clock.machine_now() + timedelta(seconds=pause) >= command.give_up_at:
        _given_up(command, kind, error)
    else:
        command.postpone(error, after=pause)


def _given_up(command: Command, kind: Kind, error: Exception | None) -> None:
    with transaction.atomic():
        command.fail(error or command.last_error or "Not executed in time")
        if kind.on_given_up:
            kind.on_given_up(command, error)


def _uncertain(command: Command, kind: Kind, error: object) -> None:
    log.warning("command_uncertain", command=str(command.pk), kind=command.kind)
    with transaction.atomic():
        command.fail(error)
        if kind.on_uncertain:
            kind.on_uncertain(command)


def replay(command: Command) -> bool:
    """Execute a finished command once more; False when it is not finished. An uncertain one is the caller's risk."""
    return command.replay(give_up_at=clock.machine_now() + GIVE_UP_AFTER)
