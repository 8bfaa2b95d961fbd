"""The network's clock: scaled business time, as every development process keeps it.

now = start + (machine time − start) × speed. Everything that happens *in the network* (ringing, speech, pauses,
time-outs of TwiML verbs, delayed callbacks) waits in this time. HTTP time-outs and the latency of REST faults are the
only things kept in machine time: the application on the other side of the wire does not run faster than its machine.

A machine that is busy elsewhere may stop this process for a moment, which is many seconds of fast business time. Then
everything that came due meanwhile happens in the order in which it was due, one thing after the other, each at its own
time: the clock waits for what is due and catches up, so that a key pressed in time is not lost to a time-out after it.
"""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

log = logging.getLogger("simulator")

_LATE = 0.01  # machine seconds from which things due are done one by one
_SETTLE = 12  # turns of the event loop that the consequences of one thing may take


@dataclass(order=True, slots=True)
class Timer:
    due: float
    number: int
    what: Callable[[], Any] | None = field(compare=False)

    def cancel(self) -> None:
        self.what = None


class Clock:
    """Business time as Unix seconds, and waiting in it."""

    def __init__(self, start: float, speed: float) -> None:
        if not speed > 0:
            raise ValueError("CLOCK_SPEED must be greater than 0")
        self.start = start
        self.speed = speed
        self._timers: list[Timer] = []
        self._numbers = itertools.count()
        self._happening: float | None = None  # when that was due which is being done
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_due = 0.0
        self._work: asyncio.Task[None] | None = None

    def _real(self) -> float:
        return self.start + (time.time() - self.start) * self.speed

    def now(self) -> float:
        if self._happening is not None:
            return self._happening
        real, first = self._real(), self._first()
        return real if first is None else min(real, first.due)

    def _first(self) -> Timer | None:
        while self._timers and self._timers[0].what is None:
            heapq.heappop(self._timers)
        return self._timers[0] if self._timers else None

    def call_later(self, seconds: float, what: Callable[..., Any], *args: Any) -> Timer:
        """Do something in `seconds` of business time."""
        due = self.now() + max(0.0, seconds)
        timer = Timer(due, next(self._numbers), lambda: what(*args))
        heapq.heappush(self._timers, timer)
        if self._work is None and (self._alarm is None or due < self._alarm_due):
            self._set_alarm(due)
        return timer

    def _set_alarm(self, due: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_due = due
        delay = max(0.0, due - self._real()) / self.speed
        self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._work = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        while (first := self._first()) is not None and first.due <= self._real():
            timer = heapq.heappop(self._timers)
            self._happening = timer.due
            what, timer.what = timer.what, None
            assert what is not None
            try:
                what()
            except Exception:
                log.exception("a timer")  # the others must go on
            if (self._real() - timer.due) / self.speed > _LATE:
                for _ in range(_SETTLE):
                    await asyncio.sleep(0)
            self._happening = None
        self._work = None
        if first is not None:
            self._set_alarm(first.due)

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of business time."""
        if seconds > 0:
            await self.wait(asyncio.get_running_loop().create_future(), seconds)
        else:
            await asyncio.sleep(0)

    async def sleep_until(self, moment: float) -> None:
        await self.sleep(moment - self.now())

    async def wait(self, future: "asyncio.Future[bool]", seconds: float) -> bool:
        """What somebody sets the future to within `seconds`; False, which it is set to then, after that."""

        def expire() -> None:
            if not future.done():
                future.set_result(False)

        timer = self.call_later(seconds, expire)
        try:
            return await future
        finally:
            timer.cancel()


def rfc2822(moment: float | None) -> str | None:
    """Twilio's form of a time in REST answers and callbacks: `Tue, 31 Aug 2010 20:36:28 +0000`."""
    return None if moment is None else format_datetime(datetime.fromtimestamp(int(moment), UTC))


def iso(moment: float | None) -> str | None:
    """The control API's form of a time: ISO 8601, UTC, milliseconds."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_moment(text: str) -> tuple[float, float]:
    """A REST filter's date (`2026-01-31`) or time (`2026-01-31T10:00:00Z`) as the span [from, to) it names.

    Raises ValueError.
    """
    if len(text) == 10:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
        return day, day + 86_400
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return moment, moment + 1
