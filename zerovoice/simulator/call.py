"""One leg: a Twilio call, from being dialled to being over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .callbacks import NOBODY, Stream, Target
from .clock import Timer
from .identity import country_of, is_address, new_sid
from .sound import Hearing, Room, Utterance

if TYPE_CHECKING:
    from .conference import Participation
    from .network import Account, Network
    from .recordings import Recording

log = logging.getLogger("simulator")

FINAL = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
QUEUE_SECONDS = 0.2  # from being accepted to being dialled
SETUP_SECONDS = 0.3  # from being dialled to ringing
TIMEOUT_BUFFER = 5.0  # Twilio adds five seconds to every ring time-out
MAX_SECONDS = 14_400

SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}


class Call:
    """State, sound and tasks of a leg. Methods are synchronous unless they take business time."""

    def __init__(
        self,
        net: Network,
        account: Account,
        *,
        direction: str,  # inbound | outbound-api | outbound-dial
        to: str,
        from_: str,
        parent: Call | None = None,
        callback: Target = NOBODY,
        timeout: float = 60,
    ) -> None:
        self.net, self.account, self.parent = net, account, parent
        self.sid = new_sid("CA")
        self.direction, self.to, self.from_ = direction, to, from_
        self.callback, self.timeout = callback, timeout
        self.time_limit: float = MAX_SECONDS
        self.status = "queued"  # Twilio's CallStatus; `initiated` shows as queued in REST answers
        self.created = self.updated = net.clock.now()
        self.dialled: float | None = None
        self.answered: float | None = None
        self.ended: float | None = None
        self.answered_by = ""
        self.sip_code = ""
        self.number_sid = ""
        self.sip_call_id = f"{uuid4().hex}@0.0.0.0" if to.startswith("sip") else ""
        self.base_url = ""  # of the document being executed
        self.fallback: Target = NOBODY
        self.stream = Stream()
        self.updated_by_api = False  # ended or redirected by REST, not by the person
        self.errors: list[dict[str, Any]] = []  # what Twilio's debugger would show
        self.spoken: list[Utterance] = []
        self.hearings: list[Hearing] = []
        self.speaking: Utterance | None = None
        self.room: Room | None = None
        self.participation: Participation | None = None
        self.stays: list[Participation] = []  # in conferences, that of now included
        self.recordings: list[Recording] = []
        self.digits: Callable[[str], None] | None = None  # who takes key presses just now
        self.flow: asyncio.Task | None = None
        self.dialling: asyncio.Task | None = None
        self.person: asyncio.Task | None = None
        self.asked = 0  # instruction fetches under way
        self.over_event = asyncio.Event()
        self.on_end: Callable[[Call], None] | None = None
        self._changed: list[asyncio.Future[bool]] = []
        self._limit: Timer | None = None
        net.add_call(self)

    # --- what it is -------------------------------------------------------------------------------------------------
    @property
    def over(self) -> bool:
        return self.status in FINAL

    @property
    def party(self) -> str:
        """The number (client, SIP user) of the person on this leg's far end."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def duration(self) -> int | None:
        if self.ended is None:
            return None
        return 0 if self.answered is None else round(self.ended - self.answered)

    @property
    def sip_response(self) -> str:
        """What the far end's network answered, once the leg is over; 200 of one still connected."""
        return self.sip_code or SIP_CODES.get(self.status, "200")

    def parameters(self) -> dict[str, str]:
        """What every request about this call carries."""
        params = {
            "CallSid": self.sid, "AccountSid": self.account.sid, "ApiVersion": "2010-04-01",
            "From": self.from_, "To": self.to, "Caller": self.from_, "Called": self.to,
            "Direction": self.direction, "CallStatus": self.status,
        }  # fmt: skip
        for name, number in (("From", self.from_), ("Caller", self.from_), ("To", self.to), ("Called", self.to)):
            if not is_address(number):  # clients and SIP users live nowhere
                place = {"City": "", "State": "", "Zip": "", "Country": country_of(number)}
                params |= {name + part: value for part, value in place.items()}
        if self.parent is not None:
            params["ParentCallSid"] = self.parent.sid
        if self.direction == "inbound" and not is_address(self.from_):
            params["StirVerstat"] = "TN-Validation-Passed-A"
        if self.sip_call_id:
            params["SipCallId"] = self.sip_call_id
        if self.answered_by:
            params["AnsweredBy"] = self.answered_by
        return params

    # --- what happens to it -----------------------------------------------------------------------------------------
    def _become(self, status: str, event: str) -> None:
        self.status = status
        self.updated = self.net.clock.now()
        number = self.stream.number()
        if self.callback.wants(event):
            self.notify(number)
        self.changed()

    def notify(self, sequence: str) -> None:
        params = self.parameters() | {"CallbackSource": "call-progress-events", "SequenceNumber": sequence}
        if self.over:
            seconds = self.duration or 0
            params |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
            params["SipResponseCode"] = self.sip_response
            finished = [r for r in self.recordings if r.source == "OutboundAPI"]
            if finished:
                params |= {
                    "RecordingUrl": finished[-1].url,
                    "RecordingSid": finished[-1].sid,
                    "RecordingDuration": str(round(finished[-1].seconds)),
                }
        self.net.notices.send(self.account, self.stream, self.callback, params)

    def dial(self, then: Callable[[Call], Awaitable[None]]) -> None:
        """Ring the far end; when it answers, `then(call)` is what the network does with the leg."""
        self.dialling = self.net.spawn(self._dial(then), self)

    async def _dial(self, then: Callable[[Call], Awaitable[None]]) -> None:
        clock = self.net.clock
        await clock.sleep(QUEUE_SECONDS)
        self.dialled = clock.now()
        self._become("initiated", "initiated")
        manner = self.net.people.of(self.to)
        await clock.sleep(SETUP_SECONDS)
        if manner.outcome == "unreachable":
            return self.end("failed", sip_code="404")
        if manner.outcome == "busy":
            return self.end("busy", sip_code="486")
        self._become("ringing", "ringing")
        limit = self.timeout + TIMEOUT_BUFFER
        if manner.outcome == "no-answer" or manner.answer_after >= limit:
            await clock.sleep(limit)
            return self.end("no-answer")
        await clock.sleep(manner.answer_after)
        if manner.outcome == "reject":
            return self.end("busy", sip_code="603")
        self.answer()
        self.person = self.net.spawn(self.net.people.live(self, manner), self)
        self.flow = self.net.spawn(then(self), self)
        return None

    def answer(self) -> None:
        if self.answered is None and not self.over:
            self.answered = self.net.clock.now()
            self._become("in-progress", "answered")
            self._limit = self.net.clock.call_later(self.time_limit, self.end, "completed")

    def limit_to(self, seconds: float) -> None:
        """TimeLimit, counted from the answer."""
        self.time_limit = seconds
        if self._limit is not None and self.answered is not None:
            self._limit.cancel()
            left = self.answered + seconds - self.net.clock.now()
            self._limit = self.net.clock.call_later(left, self.end, "completed")

    def run(self, flow: Awaitable[None]) -> None:
        """Replace what the network does with this leg (a redirect): the old flow cleans up before the new begins."""
        previous = self.flow

        async def takes_over() -> None:
            if previous is not None and not previous.done():
                previous.cancel()
                await asyncio.wait([previous])
            await flow

        self.flow = self.net.spawn(takes_over(), self)

    def end(self, status: str = "completed", *, sip_code: str = "") -> None:
        """The leg is over. Calling it again changes nothing."""
        if self.over:
            return
        now = self.net.clock.now()
        self.ended = now
        self.sip_code = sip_code
        if self._limit is not None:
            self._limit.cancel()
        if self.speaking is not None:
            self.speaking.cut(now)
        for hearing in self.hearings:
            hearing.stop(now)
        for recording in self.recordings:
            recording.stop(call_over=True)
        if self.answered is None:
            status = "canceled" if status == "completed" else status
        elif status != "failed":
            status = "completed"
        self._become(status, "completed")
        self.over_event.set()
        current = asyncio.current_task()
        for task in (self.dialling, self.flow, self.person):
            if task is not None and task is not current:
                task.cancel()
        if self.on_end is not None:
            self.on_end(self)

    def crash(self, error: BaseException) -> None:
        """A fault of the simulator's own must show, and must not leave a call that never ends."""
        self.errors.append({"code": 0, "message": f"simulator: {error!r}", "at": self.net.clock.now()})
        self.end("failed")

    # --- sound ----------------------------------------------------------------------------------------------------
    def hear(self, utterance: Utterance, since: float) -> Hearing:
        """Let this leg hear an utterance from `since` on; the same hearing while it already does."""
        for hearing in reversed(self.hearings):
            if hearing.utterance is utterance and hearing.until is None:
                return hearing
        hearing = Hearing(utterance, max(since, utterance.start))
        self.hearings.append(hearing)
        utterance.listeners.add(self)
        self.changed()
        return hearing

    def stop_hearing(self, utterance: Utterance, moment: float) -> None:
        for hearing in self.hearings:
            if hearing.utterance is utterance:
                hearing.stop(moment)

    async def utter(self, kind: str, text: str, seconds: float, voice: str = "") -> None:
        """The person on this leg makes a sound, heard by whoever the leg is connected to; returns when it is over."""
        now = self.net.clock.now()
        utterance = Utterance(kind, text, now, now + seconds, now + seconds, self, voice)
        self.spoken.append(utterance)
        self.speaking = utterance
        if self.room is not None:
            self.room.remix(now)
        self.changed()
        try:
            await self.net.clock.sleep_until(utterance.end)
        finally:
            utterance.cut(self.net.clock.now())
            if self.speaking is utterance:
                self.speaking = None

    async def play(self, kind: str, text: str, seconds: float, voice: str = "") -> None:
        """The network makes a sound on this leg alone; returns when it is over. Cancelling cuts it."""
        now = self.net.clock.now()
        utterance = Utterance(kind, text, now, now + seconds, now + seconds, None, voice)
        self.hear(utterance, now)
        try:
            await self.net.clock.sleep_until(utterance.end)
        finally:
            utterance.cut(self.net.clock.now())

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """While the application is asked what to do next: dead air that is no fault of the scaled clock's."""
        self.asked += 1
        self.changed()
        try:
            yield
        finally:
            self.asked -= 1
            self.changed()

    # --- waiting for something to change ----------------------------------------------------------------------------
    def changed(self) -> None:
        """Wake whoever watches this leg: it heard something new, was connected, disconnected or ended."""
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not future.done():
                future.set_result(True)

    async def change(self, seconds: float | None = None) -> bool:
        """Wait for the next change, at most `seconds`; whether there was one."""
        future = asyncio.get_running_loop().create_future()
        self._changed.append(future)
        if seconds is None or seconds == math.inf:
            return await future
        return await self.net.clock.wait(future, seconds)

    def press(self, digit: str) -> None:
        """A key pressed on the far end's phone."""
        if self.digits is not None:
            self.digits(digit)
