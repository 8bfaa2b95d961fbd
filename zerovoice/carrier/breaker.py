"""The circuit breaker before the carrier: one per account, shared by all processes.

The state machine is pybreaker's. Two things differ from its usual use:

- `CircuitBreaker.call` holds a lock while the guarded function runs, which would serialise a process's requests. So a
  request asks `admit()`, runs unguarded, and then `succeeded()` or `failed()` passes only the outcome through `call`.
- pybreaker lets every process probe at once when the open time is over. Here exactly one request in the whole system
  is the probe (`SET NX` with an expiry, in case the prober dies).

The state lives in one Redis hash. While Redis does not answer, each process keeps a state of its own.
"""

import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import pybreaker
import redis
import structlog
from django.conf import settings

from zerovoice.carrier.errors import Unavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

_REDIS_TIMEOUT_SECONDS = 0.6
_REDIS_PAUSE_SECONDS = 2.0  # how long Redis is left alone after it did not answer
_KEEP_SECONDS = 86_400  # an account that nobody uses leaves nothing behind
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


@dataclass(frozen=True)
class BreakerState:
    """`state` is closed, open or half-open; `retry_after` the seconds until a probe may go through (0: closed)."""

    state: str
    failures: int
    opened_at: datetime | None
    retry_after: int


class _Outcome(Exception):
    """Stands for a failed request where pybreaker wants an exception."""


class SharedStorage(pybreaker.CircuitBreakerStorage):
    """pybreaker's storage interface over a Redis hash, or over this process's memory while Redis is away.

    pybreaker's own Redis storage logs a traceback per operation when Redis is down, waits for each of its time-outs,
    and then forgets all failures.
    """

    def __init__(self, namespace: str, client: "redis.Redis") -> None:
        super().__init__("shared")
        self._key = f"zv:breaker:{namespace}"
        self._redis = client
        self._local: dict[str, str] = {}
        self._local_lock = threading.Lock()
        self._local_probe: tuple[str, float] = ("", 0.0)
        self._silent_until = 0.0

    def _shared(self, operation: Callable[[], T]) -> tuple[bool, T | None]:
        """(True, result), or (False, None) when Redis does not answer."""
        if time.monotonic() < self._silent_until:
            return False, None
        try:
            return True, operation()
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + _REDIS_PAUSE_SECONDS
            log.warning("breaker_state_is_local", key=self._key, error=str(error))
            return False, None

    def read(self) -> dict[str, str]:
        """All fields in one round trip."""
        found, fields = self._shared(lambda: self._redis.hgetall(self._key))
        if not found:
            return dict(self._local)
        state: dict[str, str] = fields  # type: ignore[assignment]
        self._local = dict(state)  # what is known when Redis goes away
        return state

    def _write(self, **fields: Any) -> None:
        values: dict[Any, Any] = {name: str(value) for name, value in fields.items()}
        self._local.update(values)

        def write() -> None:
            pipe = self._redis.pipeline()
            pipe.hset(self._key, mapping=values)
            pipe.expire(self._key, _KEEP_SECONDS)
            pipe.execute()

        self._shared(write)

    def _increment(self, field: str) -> None:
        done, value = self._shared(lambda: self._redis.hincrby(self._key, field, 1))
        with self._local_lock:
            self._local[field] = str(value if done else int(self._local.get(field, 0)) + 1)

    def take_probe(self, seconds: int) -> str:
        """A token if this caller is now the one prober, else an empty string."""
        token = secrets.token_hex(8)
        done, taken = self._shared(lambda: self._redis.set(f"{self._key}:probe", token, nx=True, ex=seconds))
        if done:
            return token if taken else ""
        with self._local_lock:
            if time.monotonic() < self._local_probe[1]:
                return ""
            self._local_probe = (token, time.monotonic() + seconds)
            return token

    def release_probe(self, token: str) -> None:
        self._shared(lambda: self._redis.eval(_RELEASE, 1, f"{self._key}:probe", token))
        with self._local_lock:
            if self._local_probe[0] == token:
                self._local_probe = ("", 0.0)

    @property
    def state(self) -> str:
        return self.read().get("state", pybreaker.STATE_CLOSED)

    @state.setter
    def state(self, state: str) -> None:
        self._write(state=state)

    @property
    def counter(self) -> int:
        return int(self.read().get("failures", 0))

    @property
    def success_counter(self) -> int:
        return int(self.read().get("successes", 0))

    def increment_counter(self) -> None:
        self._increment("failures")

    def reset_counter(self) -> None:
        self._write(failures=0)

    def increment_success_counter(self) -> None:
        self._increment("successes")

    def reset_success_counter(self) -> None:
        self._write(successes=0)

    @property
    def opened_at(self) -> datetime | None:
        return _moment(self.read())

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        self._write(opened_at=moment.timestamp())


def _moment(fields: dict[str, str]) -> datetime | None:
    seconds = fields.get("opened_at")
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None


class Breaker:
    """Ask `admit()`, do the request, then say `succeeded(permit)` or `failed(permit)`."""

    def __init__(self, namespace: str, *, failures: int, reset_seconds: int, probe_seconds: int, url: str) -> None:
        client = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=_REDIS_TIMEOUT_SECONDS,
            retry=None,
        )
        self._storage = SharedStorage(namespace, client)
        self._probe_seconds = probe_seconds
        self._reset_seconds = reset_seconds
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=failures,
            reset_timeout=reset_seconds,
            state_storage=self._storage,
            name=namespace,
            throw_new_error_on_trip=False,
        )

    def check(self) -> None:
        """Raises Unavailable while open. Takes no permit: for work that is done after the request that asks."""
        remaining = self.snapshot().retry_after
        if remaining > 0:
            raise self._refusal(remaining)

    def admit(self) -> str:
        """A permit: empty in normal times, a token for the one probe. Raises Unavailable at once while open."""
        now = self.snapshot()
        if now.state == pybreaker.STATE_CLOSED:
            return ""
        if now.retry_after > 0:
            raise self._refusal(now.retry_after)
        token = self._storage.take_probe(self._probe_seconds)
        if not token:
            raise self._refusal(1)
        # Between the look and the take, another probe may have ended: its result counts, not what was seen before.
        now = self.snapshot()
        if now.state == pybreaker.STATE_CLOSED or now.retry_after > 0:
            self._storage.release_probe(token)
            if now.retry_after > 0:
                raise self._refusal(now.retry_after)
            return ""
        self._breaker.half_open()
        return token

    def succeeded(self, permit: str) -> None:
        """The carrier answered, be it with a refusal."""
        self._record(permit, lambda: None)

    def failed(self, permit: str) -> None:
        """No connection, no answer, or a server error."""

        def fail() -> None:
            raise _Outcome

        self._record(permit, fail)

    def abandoned(self, permit: str) -> None:
        """The request ended without an outcome; the next one may be the probe."""
        if permit:
            self._storage.release_probe(permit)

    def _record(self, permit: str, outcome: Callable[[], None]) -> None:
        try:
            self._breaker.call(outcome)
        except _Outcome:
            pass  # counted
        except pybreaker.CircuitBreakerError:
            pass  # opened by another meanwhile: a late outcome says nothing new
        finally:
            self.abandoned(permit)

    def snapshot(self) -> BreakerState:
        """The state now, in one round trip."""
        fields = self._storage.read()
        state = fields.get("state", pybreaker.STATE_CLOSED)
        opened_at = _moment(fields)
        remaining = 0.0
        if state == pybreaker.STATE_OPEN and opened_at:
            remaining = self._reset_seconds - (datetime.now(UTC) - opened_at).total_seconds()
        return BreakerState(state, int(fields.get("failures", 0)), opened_at, max(0, math.ceil(remaining)))

    @staticmethod
    def _refusal(retry_after: int) -> Unavailable:
        return Unavailable("The carrier's circuit breaker is open", retry_after=max(1, retry_after))


@lru_cache(maxsize=1024)
def _breaker(namespace: str, failures: int, reset_seconds: int, probe_seconds: int, url: str) -> Breaker:
    return Breaker(namespace, failures=failures, reset_seconds=reset_seconds, probe_seconds=probe_seconds, url=url)


def for_account(account_sid: str) -> Breaker:
    """The breaker of this account, with the limits of the settings."""
    longest = settings.CARRIER_CONNECT_TIMEOUT_SECONDS + settings.CARRIER_READ_TIMEOUT_SECONDS
    return _breaker(
        account_sid,
        settings.CARRIER_BREAKER_FAILURES,
        settings.CARRIER_BREAKER_RESET_SECONDS,
        math.ceil(longest) + 5,
        settings.REDIS_URL,
    )
