"""The network: everything there is, and who may do what."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import tempfile
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .callbacks import NOBODY, Notices, Target
from .clock import Clock
from .config import Config
from .faults import Faults
from .identity import MAGIC, new_sid
from .instructions import Source
from .opt_out import OptOuts
from .outgoing import Outgoing
from .people import Manner, People

if TYPE_CHECKING:
    from .call import Call
    from .conference import Conference
    from .messages import Message
    from .recordings import Recording

log = logging.getLogger("simulator")


@dataclass(eq=False)
class Account:
    sid: str
    auth_token: str
    friendly_name: str
    created: float
    owner_sid: str = ""
    status: str = "active"
    updated: float = 0.0
    keys: dict[str, str] = field(default_factory=dict)  # API key SID → secret


@dataclass(eq=False)
class Number:
    """An IncomingPhoneNumber. `config` holds its URLs and methods by their REST parameter names."""

    sid: str
    account: Account
    number: str
    created: float
    friendly_name: str = ""
    updated: float = 0.0
    config: dict[str, str] = field(default_factory=dict)

    def target(self, name: str, events: frozenset[str] = frozenset()) -> Target:
        url = self.config.get(f"{name}Url") or self.config.get(name) or ""
        return Target(url, self.config.get(f"{name}Method") or "POST", events)


class Network:
    """One per process. Lists are in order of creation."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock(config.clock_start, config.clock_speed)
        self.outgoing = Outgoing()
        self.faults = Faults()
        self.notices = Notices(self)
        self.people = People(self)
        self.opt_outs = OptOuts()
        self.accounts: dict[str, Account] = {}
        self.numbers: dict[str, Number] = {}  # by SID
        self.calls: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.recordings: dict[str, Recording] = {}
        self.messages: dict[str, Message] = {}
        self.audio_lengths: dict[str, float] = {}
        self.audio_files: dict[str, str] = {}
        self.requests: list[dict[str, Any]] = []
        self._audio = tempfile.TemporaryDirectory(prefix="simulator-audio-")
        self._tasks: set[asyncio.Task] = set()
        main = self.add_account(config.account_sid, config.auth_token, "Main account")
        if config.api_key_sid:
            main.keys[config.api_key_sid] = config.api_key_secret

    # --- accounts and numbers ---------------------------------------------------------------------------------------
    def add_account(self, sid: str, token: str, name: str, owner_sid: str = "") -> Account:
        now = self.clock.now()
        account = Account(sid, token, name, now, owner_sid or sid, updated=now)
        self.accounts[sid] = account
        return account

    def new_subaccount(self, owner: Account, name: str) -> Account:
        return self.add_account(new_sid("AC"), secrets.token_hex(16), name, owner.sid)

    @property
    def main(self) -> Account:
        return self.accounts[self.config.account_sid]

    def add_number(self, account: Account, number: str, friendly_name: str = "", sid: str = "") -> Number:
        now = self.clock.now()
        added = Number(sid or new_sid("PN"), account, number, now, friendly_name or number, now)
        self.numbers[added.sid] = added
        return added

    def number(self, text: str) -> Number | None:
        return next((n for n in self.numbers.values() if n.number == text), None)

    def may_call_from(self, account: Account, number: str) -> bool:
        """Only from a number of the account, or the magic one that every account has."""
        owned = self.number(number)
        return number == MAGIC + "0006" or (owned is not None and owned.account is account)

    def geo_forbidden(self, number: str) -> bool:
        return number.startswith(self.config.geo_forbidden) and bool(self.config.geo_forbidden)

    # --- calls ----------------------------------------------------------------------------------------------------
    def add_call(self, call: Call) -> None:
        self.calls[call.sid] = call
        ours = self.number(call.to if call.direction == "inbound" else call.from_)
        call.number_sid = ours.sid if ours else ""

    def conference_named(self, account: Account, name: str) -> Conference | None:
        """The one of that name that is not over."""
        for conference in reversed(self.conferences.values()):
            if conference.name == name and conference.account is account and conference.status != "completed":
                return conference
        return None

    def receive(self, number: Number, from_: str, manner: Manner) -> Call:
        """A person calls one of our numbers."""
        from .call import Call
        from .interpreter import execute

        call = Call(
            self, number.account, direction="inbound", to=number.number, from_=from_,
            callback=number.target("StatusCallback", frozenset({"completed"})),
        )  # fmt: skip
        call.status = "ringing"
        call.dialled = call.created
        voice, fallback = number.target("Voice"), number.target("VoiceFallback")
        call.fallback = fallback if fallback.url else NOBODY

        async def caller() -> None:
            while call.answered is None:
                await call.change()
            await self.people.live(call, manner)

        call.person = self.spawn(caller(), call)
        call.flow = self.spawn(execute(call, Source(voice.url, voice.method)), call)
        return call

    def keep_audio(self, url: str, body: bytes) -> None:
        """A WAV that a call heard, kept for the recordings of it."""
        path = self._audio.name + "/" + hashlib.sha256(url.encode()).hexdigest() + ".wav"
        with open(path, "wb") as file:
            file.write(body)
        self.audio_files[url] = path

    # --- housekeeping -----------------------------------------------------------------------------------------------
    def spawn(self, work: Awaitable[Any], call: Call) -> asyncio.Task:
        """Run something for a call. What it raises by mistake is shown on the call and ends it."""

        async def guarded() -> Any:
            try:
                return await work
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.exception("call %s", call.sid)
                call.crash(error)

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something that belongs to no call."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def start(self) -> None:
        await self.outgoing.start()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self.notices.settle()
        await self.outgoing.close()
        self._audio.cleanup()
