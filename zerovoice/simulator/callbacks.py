"""Notices: status, conference, recording and message callbacks, and the faults that befall them.

Notices of one thing (a call, a conference, a recording, a message) are sent one after the other unless a fault says
otherwise; notices of different things race each other, as Twilio's do. Faults touch notices only, never the fetching
of TwiML. Twilio does not repeat a failed notice beyond its connection override, and neither does this.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .clock import rfc2822

if TYPE_CHECKING:
    from .network import Account, Network

_REORDER_AT_MOST = 5.0  # business seconds that a notice waits to be overtaken


@dataclass(frozen=True)
class Target:
    """Where somebody wants to be told, of which events."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset()

    def wants(self, event: str) -> bool:
        return bool(self.url) and event in self.events


NOBODY = Target()


@dataclass(eq=False)
class Stream:
    """The notices of one thing: counts them (SequenceNumber from 0) and keeps them in order."""

    sequence: int = 0
    last: asyncio.Task | None = None
    overtaken: list[asyncio.Future[bool]] = field(default_factory=list)

    def number(self) -> str:
        self.sequence += 1
        return str(self.sequence - 1)


class Notices:
    """Sends notices and keeps a log of them (`GET /_sim/callbacks`)."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.log: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task] = set()

    def send(self, account: Account, stream: Stream, target: Target, params: dict[str, str]) -> None:
        """Queue one notice. Never raises; what became of it stands in the log."""
        params = {**params, "AccountSid": account.sid, "Timestamp": rfc2822(self.net.clock.now()) or ""}
        fate = self.net.faults.callbacks
        key = str(uuid.uuid4())
        entry: dict[str, object] = {
            "at": self.net.clock.now(), "url": target.url, "params": params, "key": key, "status": None, "fault": "",
        }  # fmt: skip
        self.log.append(entry)
        if random.random() < fate.drop:
            entry["fault"] = "drop"
            return
        delay = fate.delay_seconds if random.random() < fate.delay else 0.0
        if delay:
            entry["fault"] = "delay"
            self._spawn(self._after(delay, account, target, params, key, entry))
        elif random.random() < fate.reorder:
            entry["fault"] = "reorder"
            overtaken = asyncio.get_running_loop().create_future()
            stream.overtaken.append(overtaken)
            self._spawn(self._when(overtaken, account, target, params, key, entry))
        else:
            stream.last = self._spawn(self._in_turn(stream, stream.last, account, target, params, key, entry))
        if random.random() < fate.duplicate:
            twin = {**entry, "fault": "duplicate"}
            self.log.append(twin)
            self._spawn(self._after(random.random() * 2, account, target, params, key, twin))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, account: Account, target: Target, params: dict[str, str], key: str, entry: dict) -> None:
        answer = await self.net.outgoing.send(target.url, target.method, params, account.auth_token, key=key)
        entry["status"] = answer.status

    async def _in_turn(self, stream: Stream, previous: asyncio.Task | None, *notice: Any) -> None:
        overtaken, stream.overtaken = stream.overtaken, []
        if previous is not None and not previous.done():
            await asyncio.wait([previous])
        await self._deliver(*notice)
        for future in overtaken:
            if not future.done():
                future.set_result(True)

    async def _after(self, delay: float, *notice: Any) -> None:
        await self.net.clock.sleep(delay)
        await self._deliver(*notice)

    async def _when(self, overtaken: asyncio.Future[bool], *notice: Any) -> None:
        await self.net.clock.wait(overtaken, _REORDER_AT_MOST)  # if nothing comes after it, late is all it can be
        await self._deliver(*notice)

    async def settle(self) -> None:
        """Wait for what is under way; for a clean stop."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)


def events_of(words: Iterable[str], known: Iterable[str], default: Iterable[str]) -> frozenset[str]:
    """Event names from repeated or blank-separated parameters. Raises ValueError naming an unknown one."""
    names = [name for word in words for name in word.split()]
    known = set(known)
    for name in names:
        if name not in known:
            raise ValueError(name)
    return frozenset(names or default)
