"""The one clock.

Business time (`now`) is what calls, queues and deadlines live by. In development and tests it may run faster than the
machine's, in step with the simulated network: `CLOCK_SPEED` (default 1) and `CLOCK_START` (the Unix time at which the
fast clock and the machine's agreed) give `start + elapsed × speed`. Production refuses any speed but 1.

Machine time (`machine_now`) is what leases, rate limits, back-off and credentials live by: a worker does not die
sooner because the simulated network talks faster.
"""

import os
import time
from datetime import UTC, datetime, timedelta


def _speed() -> float:
    speed = float(os.environ.get("CLOCK_SPEED") or 1)
    if not speed > 0:
        raise ValueError("CLOCK_SPEED must be greater than 0")
    return speed


SPEED = _speed()
START = float(os.environ.get("CLOCK_START") or time.time())


def timestamp() -> float:
    """Business time as Unix seconds."""
    return START + (time.time() - START) * SPEED


def now() -> datetime:
    """Business time, aware, in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)


def machine_now() -> datetime:
    """Machine time, aware, in UTC."""
    return datetime.now(UTC)


def machine_seconds(business_seconds: float) -> float:
    """How long the machine must wait for `business_seconds` of business time to pass."""
    return business_seconds / SPEED


def in_time(*, business_seconds: float = 0, machine_seconds: float = 0) -> datetime:
    """The business time at which both have passed, one after the other: what the network and what a process takes."""
    return now() + timedelta(seconds=business_seconds + machine_seconds * SPEED)
