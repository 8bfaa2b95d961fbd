"""Bad days, on request: what befalls REST requests and notices."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .errors import TwilioError

SILENT = ("timeout", "reset")  # these never answer
REST_KINDS = ("latency", "timeout", "reset", "429", "500")


@dataclass(frozen=True)
class RestFault:
    """`seconds` are the machine's: how long a client waits. A time-out hangs for 60 s unless told otherwise."""

    path: re.Pattern[str]
    kind: str
    after: bool = False
    rate: float = 1.0
    seconds: float = 60.0

    def shown(self) -> dict[str, Any]:
        return {"path": self.path.pattern, "kind": self.kind, "after": self.after, "rate": self.rate,
                "seconds": self.seconds}  # fmt: skip


@dataclass(frozen=True)
class NoticeFaults:
    """Rates 0–1. `delay_seconds` are business seconds."""

    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    drop: float = 0.0
    delay_seconds: float = 5.0


@dataclass
class Faults:
    rest: tuple[RestFault, ...] = ()
    callbacks: NoticeFaults = field(default_factory=NoticeFaults)

    def shown(self) -> dict[str, Any]:
        return {"rest": [fault.shown() for fault in self.rest], "callbacks": vars(self.callbacks)}

    def clear(self) -> None:
        self.rest, self.callbacks = (), NoticeFaults()

    def put(self, value: object) -> None:
        """Replace all faults. Raises ValueError with a sentence, and then nothing has changed."""
        if not isinstance(value, dict) or set(value) - {"rest", "callbacks"}:
            raise ValueError('faults are {"rest": [...], "callbacks": {...}}')
        given = value.get("rest", [])
        if not isinstance(given, list):
            raise ValueError("rest must be a list")
        rest = tuple(_rest_fault(index, item) for index, item in enumerate(given))
        self.rest, self.callbacks = rest, _notice_faults(value.get("callbacks", {}))

    def drawn(self, path: str) -> RestFault | None:
        """The fault that befalls a request to `path`, if any: the first that matches and whose dice fall so."""
        for fault in self.rest:
            if fault.path.search(path) and random.random() < fault.rate:
                return fault
        return None


def _number(name: str, value: object, highest: float | None = None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or (highest and value > highest):
        raise ValueError(f"{name} must be a number from 0{f' to {highest:g}' if highest else ''}, not {value!r}")
    return float(value)


def _rest_fault(index: int, item: object) -> RestFault:
    name = f"rest[{index}]"
    if not isinstance(item, dict) or set(item) - {"path", "kind", "after", "rate", "seconds"}:
        raise ValueError(f"{name} takes path, kind, after, rate, seconds")
    kind = str(item.get("kind", ""))
    if kind not in REST_KINDS:
        raise ValueError(f"{name}.kind must be one of {', '.join(REST_KINDS)}, not {item.get('kind')!r}")
    try:
        path = re.compile(item.get("path", ".*"))
    except (re.error, TypeError) as error:
        raise ValueError(f"{name}.path is no regular expression: {error}") from error
    after = item.get("after", False)
    if not isinstance(after, bool):
        raise ValueError(f"{name}.after must be true or false")
    default = 1.0 if kind == "latency" else 60.0
    return RestFault(
        path, kind, after, _number(f"{name}.rate", item.get("rate", 1), 1),
        _number(f"{name}.seconds", item.get("seconds", default)),
    )  # fmt: skip


def _notice_faults(value: object) -> NoticeFaults:
    names = ("duplicate", "reorder", "delay", "drop", "delay_seconds")
    if not isinstance(value, dict) or set(value) - set(names):
        raise ValueError(f"callbacks takes {', '.join(names)}")
    return NoticeFaults(
        **{n: _number(f"callbacks.{n}", v, None if n == "delay_seconds" else 1) for n, v in value.items()}
    )


async def suffer(
    fault: RestFault, request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer a request as the fault has it; `act()` is what the network would have done."""
    if fault.kind == "latency":
        if fault.after:
            answer = await act()
            await asyncio.sleep(fault.seconds)
            return answer
        await asyncio.sleep(fault.seconds)
        return await act()
    if fault.after:
        await act()
    if fault.kind in SILENT:
        if fault.kind == "timeout":
            await asyncio.sleep(fault.seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # never sent: the connection is gone
    return refusal(TwilioError(20429 if fault.kind == "429" else 20500))


def refusal(error: TwilioError) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else None
    return web.json_response(error.body(), status=error.status, headers=headers)
