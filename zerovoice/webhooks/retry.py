"""What an attempt means: plain functions over plain values."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

#: How long an endpoint may have us wait by `Retry-After`.
MOST_PATIENCE_SECONDS = 3600.0
#: How much longer than it says a pause may be, so that what failed together does not return together.
_JITTER = 0.25


@dataclass(frozen=True)
class Outcome:
    """Of one attempt. `status`: what was answered; None when nothing was, and `error` says why."""

    status: int | None
    error: str
    latency_ms: int
    retry_after: int | None = None
    hopeless: bool = False  # it would not even be tried again

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == 410


def next_pause(attempts: int, pauses: Sequence[float], outcome: Outcome) -> float | None:
    """Seconds until the attempt after the `attempts` there were; None when there is none.

    >>> next_pause(3, [1, 2], Outcome(500, "", 0)) is None
    True
    """
    if attempts > len(pauses) or outcome.gone or outcome.hopeless:
        return None
    pause = pauses[attempts - 1] * random.uniform(1.0, 1.0 + _JITTER)  # noqa: S311
    return max(pause, min(float(outcome.retry_after or 0), MOST_PATIENCE_SECONDS))


def words(outcome: Outcome) -> str:
    """What went wrong; empty when nothing did."""
    if outcome.delivered:
        return ""
    if outcome.status is None:
        return outcome.error
    if 300 <= outcome.status < 400:
        return f"Answered {outcome.status}; redirects are not followed"
    return f"Answered {outcome.status}"
