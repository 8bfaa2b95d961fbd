"""Recordings: what is kept of a leg's or a conference's sound, from when to when, with which pauses.

The sound itself is rendered when it is fetched (media.py). Channels of a call's dual recording: **1 is the inbound
track, what Twilio receives from the leg's person; 2 is the outbound track, what the leg hears** (the others, prompts,
music), whatever the call's direction. Source: "inbound … audio received by Twilio, outbound … audio that Twilio
generates" (https://www.twilio.com/docs/voice/tutorials/how-to-record-single-side-of-call), customer leg left, the rest
right (https://www.twilio.com/docs/flex/developer/insights/enable-dual-channel-recordings).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .callbacks import Stream, Target, events_of
from .clock import rfc2822
from .errors import InstructionError
from .identity import new_sid
from .outgoing import absolute
from .sound import Hearing, Utterance

if TYPE_CHECKING:
    from .call import Call
    from .conference import Conference
    from .network import Account, Network
    from .twiml import Element

EVENTS = ("in-progress", "completed", "absent")
PROCESSING_SECONDS = 1.0


def recording_target(element: Element, base: str) -> Target:
    """recordingStatusCallback of a verb or noun."""
    if not element.get("recordingStatusCallback"):
        return Target()
    try:
        events = events_of([element.get("recordingStatusCallbackEvent")], EVENTS, ("completed",))
    except ValueError as error:
        raise InstructionError(12200, f"<{element.name}> recordingStatusCallbackEvent has no {error}") from error
    url = absolute(element.get("recordingStatusCallback"), base)
    return Target(url, element.method("recordingStatusCallbackMethod"), events)


@dataclass(eq=False, slots=True)
class Gap:
    """A pause. `skip` leaves it out of the file, `silence` keeps its length."""

    start: float
    end: float | None
    behavior: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One sound on one channel: heard from `since` to `until`."""

    utterance: Utterance
    since: float
    until: float


class Recording:
    """in-progress ⇄ paused → stopped → processing → completed | absent"""

    def __init__(
        self,
        net: Network,
        account: Account,
        *,
        source: str,
        channels: int,
        callback: Target,
        call: Call | None = None,
        conference: Conference | None = None,
        track: str = "both",
    ) -> None:
        self.net, self.account, self.source, self.callback = net, account, source, callback
        self.call, self.conference, self.track = call, conference, track
        self.channels = 1 if track != "both" else channels
        self.sid = new_sid("RE")
        self.status = "in-progress"
        self.created = self.updated = net.clock.now()
        self.started = self.created
        self.ended: float | None = None
        self.gaps: list[Gap] = []
        self.stream = Stream()
        self.deleted = False

    # --- facts -------------------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"{self.net.config.base_url}/2010-04-01/Accounts/{self.account.sid}/Recordings/{self.sid}"

    @property
    def running(self) -> bool:
        return self.status in ("in-progress", "paused")

    def skipped(self) -> list[tuple[float, float]]:
        until = self.ended or self.net.clock.now()
        return [(g.start, g.end or until) for g in self.gaps if g.behavior == "skip"]

    def muted(self) -> list[tuple[float, float]]:
        until = self.ended or self.net.clock.now()
        return [(g.start, g.end or until) for g in self.gaps if g.behavior == "silence"]

    @property
    def seconds(self) -> float:
        until = self.ended or self.net.clock.now()
        return max(0.0, until - self.started - sum(end - start for start, end in self.skipped()))

    def pieces(self) -> list[list[Piece]]:
        """The sounds of each channel, clipped to the recording's span."""
        if self.conference is not None:
            return [self._clip(self.conference.tape)]
        assert self.call is not None
        inbound = self._clip([Hearing(u, u.start) for u in self.call.spoken])
        if self.source == "RecordVerb" or self.track == "inbound":
            return [inbound]
        outbound = self._clip(self.call.hearings)
        if self.track == "outbound":
            return [outbound]
        return [inbound, outbound]

    def _clip(self, hearings: list[Hearing]) -> list[Piece]:
        start, end = self.started, self.ended or self.net.clock.now()
        pieces = (Piece(h.utterance, max(h.since, start), min(h.end, end)) for h in hearings)
        return [piece for piece in pieces if piece.until > piece.since]

    # --- what happens to it -----------------------------------------------------------------------------------------
    def start(self) -> None:
        self.started = self.updated = self.net.clock.now()
        self.net.recordings[self.sid] = self
        (self.call or self.conference).recordings.append(self)  # type: ignore[union-attr]
        self._tell("in-progress")

    def pause(self, behavior: str) -> None:
        if self.status == "in-progress":
            self.status, self.updated = "paused", self.net.clock.now()
            self.gaps.append(Gap(self.updated, None, behavior))

    def resume(self) -> None:
        if self.status == "paused":
            self.status, self.updated = "in-progress", self.net.clock.now()
            self.gaps[-1].end = self.updated

    def stop(self, *, call_over: bool = False) -> None:
        if not self.running:
            return
        self.ended = self.updated = self.net.clock.now()
        if self.gaps and self.gaps[-1].end is None:
            self.gaps[-1].end = self.ended
        self.status = "processing" if call_over else "stopped"
        self.net.clock.call_later(PROCESSING_SECONDS, self._complete)

    def _complete(self) -> None:
        if self.deleted:
            return
        self.updated = self.net.clock.now()
        self.status = "completed" if self.seconds >= 0.1 else "absent"
        self._tell(self.status)

    def _tell(self, status: str) -> None:
        if not self.callback.wants(status):
            return
        params = {
            "RecordingSid": self.sid,
            "RecordingStatus": status,
            "RecordingUrl": self.url,
            "RecordingDuration": str(round(self.seconds)) if status == "completed" else "-1",
            "RecordingChannels": str(self.channels),
            "RecordingStartTime": rfc2822(self.started) or "",
            "RecordingSource": self.source,
            "RecordingTrack": self.track,
            "ErrorCode": "0",
        }
        if self.call is not None:
            params["CallSid"] = self.call.sid
        if self.conference is not None:
            params["ConferenceSid"] = self.conference.sid
        self.net.notices.send(self.account, self.stream, self.callback, params)
