"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, timeout: float = 30.0, every: float = 0.2, what: str = "") -> T:
    """The first true value of `condition()`. Fails after `timeout` machine seconds, telling the last value seen."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {timeout:g} s: {what or condition!r}; last seen: {value!r}")
        time.sleep(every)
    return value
