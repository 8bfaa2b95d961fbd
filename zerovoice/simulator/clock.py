"""The network's clock: scaled business time, as every development process keeps it.

now = start + (machine time − start) × speed. Everything that happens *in the network* (ringing, speech, pauses,
time-outs of TwiML verbs, delayed callbacks) waits in this time. HTTP time-outs and the latency of REST faults are the
only things kept in machine time: the application on the other side of the wire does not run faster than its machine.
"""

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """Business time as Unix seconds, and waiting in it."""

    def __init__(self, start: float, speed: float) -> None:
        if not speed > 0:
            raise ValueError("CLOCK_SPEED must be greater than 0")
        self.start = start
        self.speed = speed

    def now(self) -> float:
        return self.start + (time.time() - self.start) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of business time."""
        if seconds > 0:
            await asyncio.sleep(seconds / self.speed)
        else:
            await asyncio.sleep(0)

    async def sleep_until(self, moment: float) -> None:
        await self.sleep(moment - self.now())

    def call_later(self, seconds: float, what, *args) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(max(0.0, seconds) / self.speed, what, *args)


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
