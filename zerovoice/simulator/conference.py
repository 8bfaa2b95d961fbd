"""Conferences: who is in, who hears whom, and the events that tell of it.

A conference comes into being with its first participant (`init`), starts when a second is there and one of them may
start it (`in-progress`), ends with the last one or with one whose leaving ends it. The name is free again then; the SID
never recurs. As at Twilio, where to report events is taken from the participant who created it.
Source: https://www.twilio.com/docs/voice/twiml/conference
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .callbacks import NOBODY, Stream, Target
from .identity import new_sid
from .instructions import Source
from .sound import Hearing, Room

if TYPE_CHECKING:
    from .call import Call
    from .network import Account, Network
    from .recordings import Recording

EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
BEEP_SECONDS = 0.4


@dataclass(eq=False)
class Participation:
    """One call's time in one conference."""

    call: Call
    conference: Conference
    muted: bool = False
    hold: bool = False
    start_on_enter: bool = True
    end_on_exit: bool = False
    beep: str = "true"
    label: str = ""
    coached: str = ""  # the SID of the call that alone hears this one: its coach
    wait: Source | None = None  # None: Twilio's music; an empty one: silence
    created: float = 0.0
    updated: float = 0.0
    left: float | None = None
    gone: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    entertainment: asyncio.Task | None = None

    def dismiss(self, reason: str) -> None:
        if not self.gone.done():
            self.gone.set_result(reason)

    def entertain(self, source: Source | None) -> None:
        """Music, or what a URL says, until told otherwise; heard by this participant alone."""
        from .interpreter import interlude, music  # they join conferences: a cycle at import time only

        self.bore()
        if source is None:
            self.entertainment = self.call.net.spawn(music(self.call), self.call)
        elif source.url:
            self.entertainment = self.call.net.spawn(interlude(self.call, source), self.call)

    def bore(self) -> None:
        if self.entertainment is not None:
            self.entertainment.cancel()
            self.entertainment = None

    def parameters(self) -> dict[str, str]:
        flags = {
            "Muted": self.muted, "Hold": self.hold, "Coaching": bool(self.coached),
            "EndConferenceOnExit": self.end_on_exit, "StartConferenceOnEnter": self.start_on_enter,
        }  # fmt: skip
        params = {"CallSid": self.call.sid} | {name: str(value).lower() for name, value in flags.items()}
        return params | ({"ParticipantLabel": self.label} if self.label else {})


@dataclass(eq=False, kw_only=True)
class Conference(Room):
    net: Network
    account: Account
    name: str
    callback: Target = NOBODY
    max_participants: int = 250
    sid: str = field(default_factory=lambda: new_sid("CF"))
    status: str = "init"
    created: float = 0.0
    updated: float = 0.0
    ended: float | None = None
    stream: Stream = field(default_factory=Stream)
    participants: dict[Call, Participation] = field(default_factory=dict)
    tape: list[Hearing] = field(default_factory=list)  # the mix, as a recording of the conference hears it
    recordings: list[Recording] = field(default_factory=list)
    wants_recording: Recording | None = None
    reason_ended: str = ""
    ended_by: str = ""

    # --- mixing ------------------------------------------------------------------------------------------------------
    def _audible(self, call: Call) -> bool:
        participation = self.participants.get(call)
        return self.status == "in-progress" and participation is not None and not participation.hold

    def may_speak(self, call: Call) -> bool:
        return self._audible(call) and not self.participants[call].muted

    def may_listen(self, call: Call) -> bool:
        return self._audible(call)

    def hears(self, listener: Call, speaker: Call) -> bool:
        coached = self.participants[speaker].coached if speaker in self.participants else ""
        return super().hears(listener, speaker) and coached in ("", listener.sid)

    def _on_tape(self, call: Call) -> bool:
        """A coach is heard by one alone, so not by the recording."""
        return self.may_speak(call) and not self.participants[call].coached

    def may_be_coached(self, sid: str) -> bool:
        """Only who is in a conference in progress. Source: https://www.twilio.com/docs/api/errors/13240"""
        return self.status == "in-progress" and any(call.sid == sid for call in self.participants)

    def remix(self, now: float) -> None:
        super().remix(now)
        for call in self.members:
            utterance = call.speaking
            if utterance is None or utterance.end <= now:
                continue
            running = [h for h in self.tape if h.utterance is utterance and h.until is None]
            if self._on_tape(call) and not running:
                self.tape.append(Hearing(utterance, max(now, utterance.start)))
            elif not self._on_tape(call):
                for hearing in running:
                    hearing.stop(now)

    def sound(self, kind: str, text: str, seconds: float) -> None:
        """Something the network lets all participants hear."""
        for call in self.members:
            if self.may_listen(call):
                self.net.spawn(call.play(kind, text, seconds), call)

    # --- coming and going -------------------------------------------------------------------------------------------
    async def attend(self, participation: Participation) -> str:
        """Take part until removed, ended or cancelled; why it ended."""
        call, now = participation.call, self.net.clock.now()
        participation.created = participation.updated = now
        self.participants[call] = participation
        call.participation = participation
        call.stays.append(participation)
        self.enter(call)
        self.tell("participant-join", "join", participation)
        if (
            self.status == "init"
            and len(self.members) > 1
            and any(p.start_on_enter for p in self.participants.values())
        ):
            self._start()
        elif self.status == "init":
            participation.entertain(participation.wait)
        if self.status == "in-progress" and participation.beep in ("true", "onEnter"):
            self.sound("tone", "beep", BEEP_SECONDS)
        reason = ""
        try:
            reason = await participation.gone
            return reason
        finally:
            if not reason:
                reason = "participant_updated_via_api" if call.updated_by_api else "participant_hung_up"
            self._left(participation, reason)

    def _start(self) -> None:
        self.status = "in-progress"
        self.updated = self.net.clock.now()
        for participation in self.participants.values():
            participation.bore()
            if participation.hold:
                participation.entertain(None)
        self.tell("conference-start", "start")
        if self.wants_recording is not None:
            self.wants_recording.start()
        self.remix(self.net.clock.now())

    def _left(self, participation: Participation, reason: str) -> None:
        call = participation.call
        participation.bore()
        participation.left = self.net.clock.now()
        self.participants.pop(call, None)
        call.participation = None
        self.leave(call)
        self.tell(
            "participant-leave", "leave", participation,
            {"ParticipantCallStatus": call.status, "ReasonParticipantLeft": reason},
        )  # fmt: skip
        if self.status == "completed":
            return
        if participation.beep in ("true", "onExit"):
            self.sound("tone", "beep", BEEP_SECONDS)
        kicked = participation.gone.done() and not participation.gone.cancelled()
        if participation.end_on_exit and self.participants:
            how = "kicked" if kicked else "left"
            self.end(f"participant-with-end-conference-on-exit-{how}", call, "moderator_ended_conference")
        elif not self.participants:
            self.end("last-participant-kicked" if kicked else "last-participant-left", call)

    def end(self, reason: str, by: Call | None = None, left: str = "moderator_ended_conference") -> None:
        """Over: whoever is still in goes on with the TwiML after their <Dial>."""
        if self.status == "completed":
            return
        self.status = "completed"
        self.ended = self.updated = self.net.clock.now()
        self.reason_ended, self.ended_by = reason, by.sid if by else ""
        for recording in self.recordings:
            recording.stop(call_over=True)
        for participation in list(self.participants.values()):
            participation.dismiss(left)
        self.tell(
            "conference-end", "end", None,
            {"ReasonConferenceEnded": reason, "Reason": reason.replace("-", " ").capitalize()}
            | ({"CallSidEndingConference": by.sid} if by else {}),
        )  # fmt: skip

    # --- what the API changes ---------------------------------------------------------------------------------------
    def set_hold(self, participation: Participation, hold: bool, source: Source | None) -> None:
        if hold:
            participation.entertain(source)
        elif participation.hold:
            participation.bore()
            if self.status == "init":
                participation.entertain(participation.wait)
        if hold != participation.hold:
            participation.hold = hold
            self._changed(participation, "participant-hold" if hold else "participant-unhold", "hold")

    def set_muted(self, participation: Participation, muted: bool) -> None:
        if muted != participation.muted:
            participation.muted = muted
            self._changed(participation, "participant-mute" if muted else "participant-unmute", "mute")

    def set_end_on_exit(self, participation: Participation, value: bool) -> None:
        if value != participation.end_on_exit:
            participation.end_on_exit = value
            self._changed(participation, "participant-modify", "modify")

    def set_coached(self, participation: Participation, sid: str) -> None:
        """Coach the call of this SID, nobody with none."""
        if sid != participation.coached:
            participation.coached = sid
            self._changed(participation, "participant-modify", "modify")

    def _changed(self, participation: Participation, name: str, event: str) -> None:
        participation.updated = self.net.clock.now()
        self.remix(self.net.clock.now())
        self.tell(name, event, participation)

    async def announce(self, to: list[Participation], source: Source) -> None:
        from .interpreter import interlude

        await asyncio.gather(*(interlude(p.call, source, once=True) for p in to))
        self.tell("announcement-end", "announcement", to[0] if len(to) == 1 else None, {"AnnounceUrl": source.url})

    def tell(
        self, name: str, event: str, participation: Participation | None = None, more: dict[str, str] | None = None
    ) -> None:
        number = self.stream.number()
        if not self.callback.wants(event):
            return
        params = {
            "ConferenceSid": self.sid, "FriendlyName": self.name, "StatusCallbackEvent": name,
            "SequenceNumber": number,
        }  # fmt: skip
        if participation is not None:
            params |= participation.parameters()
        self.net.notices.send(self.account, self.stream, self.callback, params | (more or {}))
