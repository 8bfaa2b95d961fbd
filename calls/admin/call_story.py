"""Who called whom, how it went, and what happened when: the head and the timeline of a call's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from calls import lifecycle
from calls.admin import call_words
from calls.admin.call_axis import Axis, Mark, Stretch, Tick
from calls.models import BusinessHours, Call, CallEvent, CallLeg, IvrMenu, Queue, WrapUpCode
from contacts.models import Contact
from zerovoice.accounts.lists import seconds
from zerovoice.lib import clock, phone

#: A call that waits for hours has many; what is over is told in words.
MOST_EVENTS = 400
MOST_LEGS = 60
#: What begins each phase of a call that lasts.
_BEGINS = {
    Call.Phase.CALLBACK: ("callback.asked", "callback.kept"),
    Call.Phase.DIALING: ("placed", "leg.initiated"),
    Call.Phase.MENU: ("menu.entered",),
    Call.Phase.WAITING: ("queue.entered",),
    Call.Phase.JOINED: ("accepted", "resumed", "transfer.completed"),
    Call.Phase.HELD: ("held",),
    Call.Phase.CONSULTING: ("transfer.started", "consulting"),
    Call.Phase.TRANSFERRING: ("transfer.started", "transferring", "forwarded"),
    Call.Phase.VOICEMAIL: ("voicemail.offered",),
    Call.Phase.LEAVING: ("turned_away",),
}


_LEGS_END = {"leg.failed", "leg.lost", *(f"leg.{status}" for status in lifecycle.TERMINAL)}


@dataclass(frozen=True, slots=True)
class Part:
    """So long one thing took. `key`: ring, wait, talk, hold or wrap-up."""

    key: str
    name: str
    seconds: int

    @property
    def length(self) -> str:
        return seconds(self.seconds) if self.seconds else "0:00"


@dataclass(frozen=True, slots=True)
class Line:
    """A leg on the axis: from when it was dialled, from when somebody talked there."""

    who: str
    number: str
    as_what: str
    status: str
    tone: str
    why: str
    rang: Stretch | None
    lasted: Stretch | None
    times: str
    wrap_up: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, in words."""

    at: datetime
    time: str
    words: str


class Story:
    """`contact` is whom the customer's number belongs to, as far as the person who looks may know."""

    def __init__(self, call: Call, contact: Contact | None) -> None:
        self.call, self.contact, self.now = call, contact, clock.now()
        self.zone = ZoneInfo(call.organization.timezone)
        self.legs = list(call.legs.select_related("agent").order_by("created_at", "id")[:MOST_LEGS])
        events = call.events.select_related("leg__agent").order_by("created_at", "id")
        found = list(events[: MOST_EVENTS + 1])
        self.more_events = len(found) > MOST_EVENTS
        self._events = found[:MOST_EVENTS]
        self._names = _names(self._events)
        told = [(event.created_at, self._words(event)) for event in self._events]
        told += [(at, self._of_leg(leg, kind)) for leg in self.legs for kind, at in self._untold(leg)]
        told = sorted(((at, words) for at, words in told if words), key=lambda one: one[0])
        self.axis = Axis.over([call.created_at, call.ended_at or self.now, *(leg.ended_at for leg in self.legs)])
        self.entries = [
            Entry(at, self.at(at), words)
            for (_, before), (at, words) in pairwise([(self.now, ""), *told])
            if words != before  # the carrier tells some things twice
        ]
        self.marks: list[Mark] = self.axis.marks([(one.at, f"{one.time} {one.words}") for one in self.entries])

    # --- the head ---

    @property
    def live(self) -> bool:
        return not self.call.is_over

    @property
    def customer(self) -> str:
        if self.call.erased_at:
            return "Erased person"
        return self.contact.name if self.contact else phone.spelt(self.call.customer_number) or "Unknown number"

    @property
    def customer_number(self) -> str:
        return "" if self.call.erased_at else phone.spelt(self.call.customer_number)

    @property
    def our_number(self) -> str:
        return phone.spelt(self.call.our_number)

    @property
    def inbound(self) -> bool:
        return self.call.direction == Call.Direction.INBOUND

    @property
    def status(self) -> str:
        return str(self.call.get_status_display())

    @property
    def tone(self) -> str:
        return call_words.TONES.get(self.call.status, "plain")

    @cached_property
    def disposition(self) -> str:
        """In words: what happened, a wrap-up code's label, or the word that somebody chose."""
        given = self.call.disposition
        known = dict(Call.Disposition.choices)
        if not given or given in known:
            return str(known.get(given, ""))
        codes = WrapUpCode.objects.of(self.call.organization_id).filter(code=given)
        return codes.values_list("label", flat=True).first() or given

    @property
    def failure(self) -> str:
        return call_words.reason(self.call.failure_reason)

    @property
    def ended_by(self) -> str:
        return call_words.ENDED_BY.get(self.call.hung_up_by, self.call.hung_up_by)

    @property
    def began(self) -> str:
        return f"{self.call.created_at.astimezone(self.zone):%A, %-d %B %Y, %H:%M:%S}"

    @property
    def zone_name(self) -> str:
        return f"{self.call.organization.timezone.replace('_', ' ')} time"

    @property
    def lasted(self) -> str:
        """From the customer's answer to the end."""
        return seconds(self.call.duration_seconds)

    @property
    def seconds_since_begin(self) -> int:
        return max(0, round((self.now - self.call.created_at).total_seconds()))

    @property
    def seconds_in_phase(self) -> int:
        begins = _BEGINS.get(Call.Phase(self.call.phase), ())
        since = next((one.created_at for one in reversed(self._events) if one.kind in begins), self.call.created_at)
        return max(0, round((self.now - since).total_seconds()))

    @property
    def parts(self) -> list[Part]:
        """How long each part took; not known before it is over."""
        call = self.call
        if self.live:
            return []
        return [
            Part("ring", "Ringing", call.ring_seconds), Part("wait", "Waiting", call.wait_seconds),
            Part("talk", "Talking", call.talk_seconds), Part("hold", "On hold", call.hold_seconds),
            Part("wrap-up", "Wrap-up", call.wrap_up_seconds),
        ]  # fmt: skip

    @property
    def parts_in_words(self) -> str:
        return ", ".join(f"{part.name.lower()} {part.length}" for part in self.parts)

    @property
    def version(self) -> str:
        """Another one when the head is to be drawn anew."""
        call = self.call
        sums = "-".join(str(part.seconds) for part in self.parts)
        return f"{call.status}.{call.phase}.{call.queue_id}.{call.agent_id}.{call.disposition}.{sums}.{call.erased_at}"

    # --- the timeline ---

    @property
    def ticks(self) -> list[Tick]:
        return self.axis.ticks()

    @property
    def lines(self) -> list[Line]:
        return [self._line(leg) for leg in self.legs]

    @property
    def timeline_version(self) -> str:
        """While it lasts the bars grow."""
        last = int(self.now.timestamp()) if self.live else 0
        statuses = "-".join(f"{leg.status}{leg.wrap_up_seconds}" for leg in self.legs)
        return f"{len(self._events)}.{statuses}.{last}"

    def at(self, moment: datetime) -> str:
        """The time of day; with the day, where that is not the day on which the call began."""
        there, began = moment.astimezone(self.zone), self.call.created_at.astimezone(self.zone)
        return f"{there:%H:%M:%S}" if there.date() == began.date() else f"{there:%-d %b %H:%M:%S}"

    def _line(self, leg: CallLeg) -> Line:
        talked_from = leg.accepted_at or leg.answered_at
        moments = [("dialed", leg.dialed_at), ("answered", leg.answered_at), ("ended", leg.ended_at)]
        times = ", ".join(f"{name} {self.at(at)}" for name, at in moments if at)
        code = f" (carrier error {leg.carrier_error})" if leg.carrier_error else ""
        shown = "" if leg.role == CallLeg.Role.CUSTOMER and self.call.erased_at else leg.to_number
        if leg.role == CallLeg.Role.CUSTOMER:
            shown = "" if self.call.erased_at else self.call.customer_number
        return Line(
            who=self._who(leg),
            number="" if phone.spelt(shown) == self._who(leg) else phone.spelt(shown),
            as_what=call_words.AS_WHAT.get(leg.mode or leg.transfer, ""),
            status=str(leg.get_status_display()),
            tone=call_words.TONES.get(leg.status, "plain"),
            why=(call_words.reason(leg.failure_reason) + code).strip(),
            rang=self.axis.stretch(leg.dialed_at or leg.created_at, talked_from or leg.ended_at),
            lasted=self.axis.stretch(talked_from, leg.ended_at),
            times=times,
            wrap_up=seconds(leg.wrap_up_seconds) if leg.wrap_up_seconds else "",
        )

    def _who(self, leg: CallLeg) -> str:
        match leg.role:
            case CallLeg.Role.CUSTOMER:
                return self.customer
            case CallLeg.Role.SUPERVISOR:
                return "Supervisor"  # what they do stands beside it
        return leg.agent.name if leg.agent else str(leg.get_role_display())

    def _untold(self, leg: CallLeg) -> Iterator[tuple[str, datetime]]:
        """What became of a leg of which no event says so: the carrier's word of it came with another's."""
        known = {event.kind for event in self._events if event.leg_id == leg.pk}
        if leg.answered_at and "leg.in_progress" not in known:
            yield "leg.in_progress", leg.answered_at
        if leg.ended_at and not known & _LEGS_END:
            yield f"leg.{leg.status}", leg.ended_at

    def _of_leg(self, leg: CallLeg, kind: str) -> str:
        customers = leg.role == CallLeg.Role.CUSTOMER
        return call_words.told(kind, {}, who=self._who(leg), customers_line=customers, inbound=self.inbound)

    def _words(self, event: CallEvent) -> str:
        leg = event.leg
        name = next((self._names[pk] for pk in _ids(event) if pk in self._names), "")
        if leg is None and event.kind == "callback.asked" and self.call.original_id:
            return "They are to be called back"
        return call_words.told(
            event.kind,
            event.data,
            who=self._who(leg) if leg else "",
            customer=self.customer,
            name=name,
            customers_line=leg is not None and leg.role == CallLeg.Role.CUSTOMER,
            inbound=self.inbound,
        )


def _ids(event: CallEvent) -> list[str]:
    wanted = ("queue_id", "agent_id", "menu_id", "business_hours_id")
    return [str(event.data[name]) for name in wanted if event.data.get(name)]


def _names(events: Iterable[CallEvent]) -> dict[str, str]:
    """What the rows are called that events name by their ids, in one query. Agents stand in their legs."""
    ids = {pk for event in events for pk in _ids(event) if event.kind != "agent.rung"}
    if not ids:
        return {}
    rows: list[Any] = [model.objects.filter(pk__in=ids).order_by().values_list("pk", "name") for model in _NAMED]
    return {str(pk): name for pk, name in rows[0].union(*rows[1:])}


_NAMED: tuple[Any, ...] = (Queue, IvrMenu, BusinessHours)
