"""Redis as a hint: fast when it is there, missed by nobody when it is not.

After a failure this process leaves Redis alone for a moment, so that a dead one does not cost every request its
time-out.
"""

import threading
import time
from typing import Any, NamedTuple

import structlog
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 2.0
_FAILURES = (RedisError, OSError)
_silent_until = 0.0


def _paused() -> bool:
    return time.monotonic() < _silent_until


def _pause(error: Exception) -> None:
    global _silent_until
    _silent_until = time.monotonic() + _PAUSE_SECONDS
    log.warning("redis_unavailable", error=str(error))


def read(key: str) -> Any:
    """The cached value; None when there is none or no Redis."""
    if _paused():
        return None
    try:
        return caches["default"].get(key)
    except _FAILURES as error:
        _pause(error)
        return None


def write(key: str, value: Any, seconds: int) -> None:
    if _paused():
        return
    try:
        caches["default"].set(key, value, seconds)
    except _FAILURES as error:
        _pause(error)


def forget(*keys: str) -> None:
    """Drop the keys. Without Redis they live on until they expire, so nothing is cached for long."""
    if not keys:
        return
    try:
        caches["default"].delete_many(keys)
    except _FAILURES as error:
        _pause(error)


class Hit(NamedTuple):
    number: int  # 1 for the first
    seconds_left: int  # until the counter starts anew


class CounterCache(RedisCache):
    """Counts in one round trip, and in this process when Redis is down.

    django-ratelimit asks `add` and, when that says no, `incr`: two or three round trips with Django's own backend.
    Here `add` does both in one transaction, and `incr` hands out what it counted.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._counted: dict[str, int] = {}  # Django keeps one backend object per thread, so this needs no lock

    def hit(self, key: str, seconds: int) -> Hit:
        """Count one more under `key`, which forgets everything `seconds` after its first hit."""
        full_key = self.make_and_validate_key(key)
        if not _paused():
            try:
                # In one transaction: the key must not expire between the first command and the second.
                pipeline = self._cache.get_client(full_key, write=True).pipeline(transaction=True)
                pipeline.set(full_key, 0, ex=seconds, nx=True)
                pipeline.incr(full_key)
                pipeline.ttl(full_key)
                _, count, left = pipeline.execute()
                return Hit(count, max(left, 0))
            except _FAILURES as error:
                _pause(error)
        return _local.hit(full_key, seconds)

    def give_back(self, forgotten: str, lowered: str) -> None:
        """What was counted in advance turned out harmless: forget the one counter, take one off the other."""
        forgotten, lowered = self.make_and_validate_key(forgotten), self.make_and_validate_key(lowered)
        _local.clear(forgotten)
        if not _paused():
            try:
                client = self._cache.get_client(forgotten, write=True)
                pipeline = client.pipeline(transaction=False)
                pipeline.delete(forgotten)
                pipeline.decr(lowered)
                pipeline.execute()
            except _FAILURES as error:
                _pause(error)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        count = self.hit(key, int(self.get_backend_timeout(timeout) or 0)).number
        self._counted = {key: count}
        return count == value

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._counted.pop(key)


class _LocalCounters:
    """Fixed windows in this process's memory, bounded."""

    MOST = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}  # key: (count, when it ends)

    def hit(self, key: str, seconds: int) -> Hit:
        now = time.monotonic()
        with self._lock:
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + seconds
                if len(self._counts) >= self.MOST:
                    self._counts = {k: v for k, v in self._counts.items() if v[1] > now}
                if len(self._counts) >= self.MOST:
                    self._counts.clear()
            self._counts[key] = (count + 1, ends)
        return Hit(count + 1, max(int(ends - now), 0))

    def clear(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)


_local = _LocalCounters()
