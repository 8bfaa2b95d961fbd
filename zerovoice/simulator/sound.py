"""Who says what, who hears it, and when: the account that recordings and `heard` are made from.

Nothing here is audio. An `Utterance` is made once by whoever speaks (a person on a leg, or the network: `<Say>`,
`<Play>`, tones); a `Hearing` is one listener's share of it, from when to when. A `Room` is whatever connects legs: the
two ends of a `<Dial>`, or a conference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call


@dataclass(eq=False, slots=True)
class Utterance:
    """Sound from `start` to `end` (business seconds); `full_end` is where it was to stop."""

    kind: str  # say | tone | music
    text: str
    start: float
    end: float
    full_end: float
    speaker: Call | None  # the leg whose person speaks; None: the network
    voice: str = ""
    listeners: set[Call] = field(default_factory=set)  # who ever heard any of it

    def cut(self, moment: float) -> None:
        self.end = max(self.start, min(self.end, moment))

    def moment_of(self, phrase: str) -> float | None:
        """When `phrase` has been uttered in full, None if it never is (not in the text, or cut off before)."""
        position = self.text.lower().find(phrase.lower())
        if position < 0:
            return None
        share = (position + len(phrase)) / max(1, len(self.text))
        moment = self.start + (self.full_end - self.start) * share
        return moment if moment <= self.end else None


@dataclass(eq=False, slots=True)
class Hearing:
    """What of an utterance reaches one listener."""

    utterance: Utterance
    since: float
    until: float | None = None  # None: to the utterance's end

    @property
    def end(self) -> float:
        return self.utterance.end if self.until is None else min(self.until, self.utterance.end)

    def stop(self, moment: float) -> None:
        if self.end > moment:
            self.until = max(self.since, moment)


@dataclass(eq=False)
class Room:
    """Connects legs: each audible member is heard by each listening one, unless `hears` says otherwise."""

    members: list[Call] = field(default_factory=list)

    def may_speak(self, call: Call) -> bool:
        return True

    def may_listen(self, call: Call) -> bool:
        return True

    def hears(self, listener: Call, speaker: Call) -> bool:
        return self.may_speak(speaker) and self.may_listen(listener)

    def enter(self, call: Call) -> None:
        self.members.append(call)
        call.room = self
        self.remix(call.net.clock.now())

    def leave(self, call: Call) -> None:
        if call in self.members:
            self.members.remove(call)
            call.room = None
            self._disconnect(call, call.net.clock.now())
            self.remix(call.net.clock.now())

    def _disconnect(self, call: Call, now: float) -> None:
        for hearing in call.hearings:
            if hearing.utterance.speaker is not None:
                hearing.stop(now)
        if call.speaking is not None:
            for other in self.members:
                other.stop_hearing(call.speaking, now)

    def remix(self, now: float) -> None:
        """Bring what everyone hears right now in line with who may speak and who may listen."""
        for speaker in self.members:
            utterance = speaker.speaking
            if utterance is None or utterance.end <= now:
                continue
            for listener in self.members:
                if listener is speaker:
                    continue
                if self.hears(listener, speaker):
                    listener.hear(utterance, now)
                else:
                    listener.stop_hearing(utterance, now)
        for member in self.members:
            member.changed()
