"""The sender: puts events in line, attempts what is due, writes down what became of it, until nothing is left.

One worker process sends at a time (`WEBHOOK_SENDERS`), with many attempts at once in threads that do nothing but HTTP;
all rows are read and written by the main thread, many at a time. So an endpoint that hangs holds a thread, and no
worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from zerovoice.lib import clock, guarded
from zerovoice.lib.encryption import UnreadableSecret
from zerovoice.lib.ids import new_id
from zerovoice.webhooks import actions, claiming, line, replaying, retry, signing
from zerovoice.webhooks.claiming import Claimed
from zerovoice.webhooks.messages import moment
from zerovoice.webhooks.models import Delivery, Endpoint, Sender
from zerovoice.webhooks.retry import Outcome

log = structlog.get_logger(__name__)

SLICE_SECONDS = 30.0
_LEASE = timedelta(seconds=8)
#: How often who sends says that it lives, and looks for what the dead had.
_ROUND_SECONDS = 1.0
_LINE_EVERY_SECONDS = 0.1
#: An attempt that takes longer makes its lane, and its organisation, a slow one for a while.
_SLOW_SECONDS = 3.0
_SLOW_FOR_SECONDS = 60.0
#: Lanes and organisations, by the monotonic clock: longer than one slice, which each begins anew.
_slow_until: dict[UUID, float] = {}
_MOST_LOGGED = 50
_USER_AGENT = f"ZeroVoice-Webhooks/{settings.VERSION}"


def send(seconds: float = SLICE_SECONDS) -> bool:
    """Be the sender for a while, if nobody is; whether there is more to do than time allowed."""
    slot = _Slot.take()
    if slot is None:
        return False
    sender = _Sender()
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(settings.WEBHOOK_CONCURRENCY, thread_name_prefix="webhook") as threads:
        try:
            while time.monotonic() < until and slot.keep():
                if not sender.turn(threads):
                    return False
        finally:
            slot.leave()  # before the last answers are here: somebody else goes on meanwhile
        sender.drain()
    return True


@dataclass
class _Slot:
    """The right to send. Whoever dies with it loses it soon."""

    slot: int
    holder: UUID
    told_at: float

    @classmethod
    def take(cls) -> _Slot | None:
        now, holder = clock.machine_now(), new_id()
        for number in range(settings.WEBHOOK_SENDERS):
            Sender.objects.bulk_create([Sender(slot=number, lease_expires_at=now)], ignore_conflicts=True)
            free = Sender.objects.filter(slot=number, lease_expires_at__lte=now)
            if free.update(holder=holder, lease_expires_at=now + _LEASE):
                return cls(number, holder, time.monotonic())
        return None

    def keep(self) -> bool:
        """Whether it is still ours."""
        if time.monotonic() - self.told_at < _ROUND_SECONDS:
            return True
        self.told_at = time.monotonic()
        return self._move(clock.machine_now() + _LEASE)

    def leave(self) -> None:
        self._move(clock.machine_now())

    def _move(self, lease_expires_at: datetime) -> bool:
        ours = Sender.objects.filter(slot=self.slot, holder=self.holder)
        return bool(ours.update(lease_expires_at=lease_expires_at))


class _Sender:
    def __init__(self) -> None:
        self._under_way: dict[Future[Outcome], Claimed] = {}
        self._lined_at = self._round_at = 0.0

    def turn(self, threads: ThreadPoolExecutor) -> bool:
        """One look at everything; False when there is nothing to do and nothing to wait for."""
        busy = self._look_around()
        room = settings.WEBHOOK_CONCURRENCY - len(self._under_way)
        claimed = claiming.claim(room, self._slow()) if room else []
        for one, attempt in _prepared(claimed):
            self._under_way[threads.submit(attempt)] = one
        if self._under_way:
            self._take_in(timeout=_LINE_EVERY_SECONDS)
        return bool(busy or claimed or self._under_way)

    def drain(self) -> None:
        while self._under_way:
            self._take_in(timeout=_ROUND_SECONDS)

    def _look_around(self) -> bool:
        now, busy = time.monotonic(), False
        if now - self._lined_at >= _LINE_EVERY_SECONDS:
            busy = bool(line.line_up()) | replaying.go_on()
            # A full batch has more behind it, which waits for nothing.
            self._lined_at = 0.0 if busy else now
        if now - self._round_at >= _ROUND_SECONDS:
            self._round_at = now
            claiming.give_back()
        return busy

    def _slow(self) -> set[UUID]:
        now = time.monotonic()
        for who in [who for who, until in _slow_until.items() if until <= now]:
            del _slow_until[who]
        return set(_slow_until)

    def _take_in(self, *, timeout: float) -> None:
        """Wait for an answer, and write down all that are here by then."""
        wait(self._under_way, timeout=timeout, return_when=FIRST_COMPLETED)
        done = [(self._under_way.pop(future), future.result()) for future in list(self._under_way) if future.done()]
        for one, outcome in done:
            quick = outcome.latency_ms < _SLOW_SECONDS * 1000
            if not quick:
                until = time.monotonic() + _SLOW_FOR_SECONDS
                _slow_until.update({one.lane: until, one.organization_id: until})
            elif outcome.delivered:
                _slow_until.pop(one.lane, None)
        if done:
            finish(done)


# --- an attempt ---


class _Attempt:
    """What a thread does: no rows, only HTTP."""

    def __init__(self, claimed: Claimed, url: str, secrets: Sequence[str], hopeless: str) -> None:
        self._claimed, self._url, self._secrets, self._hopeless = claimed, url, secrets, hopeless

    def __call__(self) -> Outcome:
        if self._hopeless:
            return Outcome(None, self._hopeless, 0, hopeless=True)
        began = time.monotonic()
        try:
            answer = self._post()
        except (guarded.Refused, guarded.Failed) as error:
            return Outcome(None, str(error), _milliseconds(began))
        except Exception:  # a defect of ours must not take the sender down, nor be taken for the endpoint's
            log.exception("webhook_attempt_failed", delivery_id=str(self._claimed.id))
            return Outcome(None, "Something went wrong on our side", _milliseconds(began))
        return Outcome(answer.status, "", _milliseconds(began), retry_after=answer.retry_after)

    def _post(self) -> guarded.Answer:
        body = self._claimed.body.encode()
        signed = signing.headers(
            self._secrets, message_id=str(self._claimed.event_id), timestamp=int(time.time()), body=body
        )
        headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, "Accept": "*/*", **signed}
        return guarded.post(self._url, headers=headers, body=body, seconds=settings.WEBHOOK_TIMEOUT_SECONDS)


def _milliseconds(since: float) -> int:
    return round((time.monotonic() - since) * 1000)


def _prepared(claimed: Sequence[Claimed]) -> Iterable[tuple[Claimed, _Attempt]]:
    known: dict[UUID, tuple[str, list[str], str]] = {}
    for one in claimed:
        signer = one.endpoint_id or one.organization_id
        if signer not in known:
            known[signer] = _destination(one)
        url, secrets, hopeless = known[signer]
        hopeless = hopeless or ("" if one.body else "What was to be sent has been cleared")
        yield one, _Attempt(one, url or one.url, secrets, hopeless)


def _destination(one: Claimed) -> tuple[str, list[str], str]:
    """(the endpoint's address, secrets to sign with, why it is not even tried)."""
    now = clock.machine_now()
    try:
        if one.endpoint_id is None:
            return "", actions.callback_secret(one.organization_id).secrets(now), ""
        endpoint = Endpoint.objects.kept().filter(pk=one.endpoint_id, enabled=True).first()
    except UnreadableSecret:
        log.error("webhook_secret_unreadable", organization_id=str(one.organization_id))
        return "", [], "The secret cannot be read; rotate it"
    return (endpoint.url, endpoint.secrets(now), "") if endpoint else ("", [], "The endpoint is disabled")


# --- what became of it ---

# The fence: what was claimed again since is another worker's.
_FINISH = """
UPDATE webhooks_delivery AS delivery SET
    state = told.state, due_at = COALESCE(told.due_at, delivery.due_at), lease_expires_at = NULL,
    log = CASE WHEN jsonb_array_length(delivery.log) >= %s THEN delivery.log - 0 ELSE delivery.log END || told.entry,
    response_status = told.status, last_error = told.error,
    finished_at = CASE WHEN told.state = 'pending' THEN NULL ELSE %s END
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::int[], %s::text[])
    AS told(id, attempts, state, due_at, entry, status, error)
WHERE delivery.id = told.id AND delivery.attempts = told.attempts AND delivery.state = 'processing'
"""


@transaction.atomic
def finish(done: Sequence[tuple[Claimed, Outcome]]) -> None:
    """Write down what attempts came to, and what follows for their endpoints."""
    now = clock.machine_now()
    rows = [_row(one, outcome, now) for one, outcome in done]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [_MOST_LOGGED, now, *(list(column) for column in zip(*rows, strict=True))])
    _follow_endpoints(done, now)


def _row(one: Claimed, outcome: Outcome, now: datetime) -> tuple[object, ...]:
    pause = None
    state = Delivery.State.DELIVERED
    if not outcome.delivered:
        pause = retry.next_pause(one.round_attempts, settings.WEBHOOK_RETRY_SECONDS, outcome)
        state = Delivery.State.FAILED if pause is None else Delivery.State.PENDING
    error = retry.words(outcome)[:200]
    entry = {"at": moment(now), "status": outcome.status, "latency_ms": outcome.latency_ms, "error": error}
    due_at = now + timedelta(seconds=pause) if pause is not None else None
    entries = orjson.dumps([entry]).decode()
    return one.id, one.attempts, str(state), due_at, entries, outcome.status, error


def _follow_endpoints(done: Sequence[tuple[Claimed, Outcome]], now: datetime) -> None:
    tried = [(one.endpoint_id, outcome) for one, outcome in done if one.endpoint_id and not outcome.hopeless]
    well = {endpoint for endpoint, outcome in tried if outcome.delivered}
    failing = {endpoint for endpoint, _ in tried} - well
    if well:
        Endpoint.objects.filter(pk__in=well, failing_since__isnull=False).update(failing_since=None)
    if failing:
        Endpoint.objects.filter(pk__in=failing, failing_since=None).update(failing_since=now)
    for endpoint in {endpoint for endpoint, outcome in tried if outcome.gone}:
        actions.disable_by_itself(endpoint, Endpoint.Reason.GONE)
    patience = now - timedelta(days=settings.WEBHOOK_DISABLE_AFTER_DAYS)
    given_up = Endpoint.objects.filter(Q(pk__in=failing), enabled=True, failing_since__lt=patience) if failing else ()
    for found in given_up:
        actions.disable_by_itself(found.pk, Endpoint.Reason.FAILING)


def anything_to_do() -> bool:
    """Whether a sender would find something at this moment. Cheap: one look into each of four partial indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING, [clock.machine_now()] * 2)
        return bool(cursor.fetchone()[0])


_ANYTHING = """
SELECT EXISTS (SELECT FROM webhooks_event WHERE position IS NULL)
    OR EXISTS (SELECT FROM webhooks_delivery WHERE state = 'processing' AND lease_expires_at <= %s)
    OR EXISTS (SELECT FROM webhooks_replay WHERE finished_at IS NULL)
    OR EXISTS (SELECT FROM webhooks_delivery WHERE state = 'pending' AND due_at <= %s)
"""
