"""The live floor as the wallboard shows it: queues, agents, calls. Five queries whatever its size, one reading for all
boards of an organisation, and an end to every list.

Times are Unix seconds of business time, so that the browser counts on from them itself.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from calls.admin import floor_words as words
from calls.models import Agent, Call, CallLeg, Queue, QueueEntry, Recording
from contacts.models import Contact
from zerovoice.api import cache

MOST_CALLS, MOST_AGENTS, MOST_QUEUES, MOST_WAITING = 200, 300, 100, 20  # waiting: of each queue
#: Machine seconds that a reading is shown. A board asks every second, so that what happens is seen within two.
FRESH_SECONDS = 0.5
#: So long the one before is shown to everybody else while the next is being made, on a machine that is too busy.
_MAKING_SECONDS = 10
#: Nobody is shown what is older, if nobody asked meanwhile.
_KEPT_SECONDS = 3

Phase, Role, State = Call.Phase, CallLeg.Role, Agent.State
_WITH_AN_AGENT = (Phase.JOINED, Phase.HELD, Phase.CONSULTING)
_ON_A_CALL = (State.RINGING, State.BUSY)


class Reading(NamedTuple):
    """The floor at a moment, as JSON. `good_until`: Unix time of the machine. `tag` changes when anything does."""

    good_until: float
    tag: str
    body: bytes


def read(organization_id: UUID) -> Reading:
    """The present reading, made by whoever first asks when the last one is no longer good."""
    known = _kept(organization_id)
    if known and 0 < known.good_until - time.time() <= _MAKING_SECONDS:
        return known
    if known:  # whoever asks meanwhile is shown it: a reading that is slow must not be made by all boards at once
        _keep(organization_id, known._replace(good_until=time.time() + _MAKING_SECONDS), _MAKING_SECONDS)
    body = orjson.dumps(snapshot(organization_id))
    made = Reading(time.time() + FRESH_SECONDS, hashlib.blake2b(body, digest_size=9).hexdigest(), body)
    _keep(organization_id, made, _KEPT_SECONDS)
    return made


def outdate(organization_id: UUID) -> None:
    """So that what somebody has just ordered is seen by them at once."""
    if known := _kept(organization_id):
        _keep(organization_id, known._replace(good_until=0), _KEPT_SECONDS)


def _kept(organization_id: UUID) -> Reading | None:
    kept = cache.read(_key(organization_id))
    return Reading(*kept) if kept else None


def _keep(organization_id: UUID, reading: Reading, seconds: int) -> None:
    cache.write(_key(organization_id), tuple(reading), seconds)


def _key(organization_id: UUID) -> str:
    return f"calls.floor {organization_id}"


def snapshot(organization_id: UUID) -> dict[str, Any]:
    entries = _entries(organization_id)
    agents, more_agents = _agents(organization_id)
    calls, more_calls = _calls(organization_id)
    at_phone = {agent.endpoint: agent.name for agent in agents}
    call_of = {leg.agent_id: call for call in calls for leg in call.lasting if leg.agent_id}
    queues, more_queues = _queues(organization_id)
    return {
        "queues": _shown_queues(queues, entries),
        "more_queues": more_queues,
        "agents": [_shown_agent(agent, call_of.get(agent.pk)) for agent in agents],
        "more_agents": more_agents,
        "states": _tallies(organization_id, agents, more_agents),
        "calls": [_shown_call(call, at_phone) for call in calls],
        "more_calls": more_calls,
    }


# --- reading ----------------------------------------------------------------------------------------------------------


def _queues(organization_id: UUID) -> tuple[list[Any], int]:
    """With how many of their agents are ready, in calls, and at work at all."""
    state = "memberships__agent__state"
    rows = Queue.objects.of(organization_id).annotate(
        ready=Count("memberships", filter=Q(**{state: State.AVAILABLE})),
        in_calls=Count("memberships", filter=Q(**{f"{state}__in": _ON_A_CALL})),
        at_work=Count("memberships", filter=~Q(**{state: State.OFFLINE}) & Q(memberships__isnull=False)),
    )
    return _first(rows.order_by("-is_default", "name", "id"), MOST_QUEUES)


def _entries(organization_id: UUID) -> list[Any]:
    """The first who wait in each queue, on the phone and to be called back, and how many there are and since when."""
    back = Case(When(call__phase=Phase.CALLBACK, then=Value(1)), default=Value(0), output_field=IntegerField())
    line = ["queue", "back"]
    rows: Any = QueueEntry.objects.of(organization_id).open().select_related("call").annotate(back=back)
    rows = rows.annotate(
        **_customer_name("call__"),
        place=Window(RowNumber(), partition_by=line, order_by=["-priority", "entered_at", "id"]),
        number=Window(Count("pk"), partition_by=line),
        longest=Window(Min("entered_at"), partition_by=line),
    )
    return list(rows.filter(place__lte=MOST_WAITING).order_by("back", "place")[: MOST_QUEUES * MOST_WAITING])


def _agents(organization_id: UUID) -> tuple[list[Any], int]:
    """Those at work first."""
    away = Case(When(state=State.OFFLINE, then=Value(1)), default=Value(0))
    rows = Agent.objects.of(organization_id).annotate(
        away=away, queue_names=ArrayAgg("queues__name", filter=Q(queues__isnull=False), default=[])
    )
    return _first(rows.order_by("away", "name", "id"), MOST_AGENTS)


def _calls(organization_id: UUID) -> tuple[list[Any], int]:
    """The newest first. Who is to be called back is not in a call: they stand in their queue."""
    entered = QueueEntry.objects.open().filter(call=OuterRef("pk")).values("entered_at")[:1]
    recordings = Recording.objects.filter(call=OuterRef("pk"), kind=Recording.Kind.CONVERSATION)
    running = Exists(recordings.filter(status=Recording.Status.IN_PROGRESS))
    lasting = CallLeg.objects.active().filter(released=False).exclude(role=Role.CUSTOMER).select_related("agent")
    rows = Call.objects.of(organization_id).live().exclude(phase=Phase.CALLBACK)
    rows = rows.select_related("queue", "agent", "menu", "partner")
    rows = rows.annotate(**_customer_name(), waiting_since=Subquery(entered), recorded=running)
    return _first(rows.prefetch_related(Prefetch("legs", lasting, to_attr="lasting")), MOST_CALLS)


def _customer_name(prefix: str = "") -> dict[str, Any]:
    """An annotation: what the organisation calls who is at the call's other end, if it knows them."""
    outbound = When(**{f"{prefix}direction": Call.Direction.OUTBOUND}, then=F(f"{prefix}to_number"))
    number = Case(outbound, default=F(f"{prefix}from_number"))
    known = Contact.objects.filter(organization=OuterRef("organization"), phone=OuterRef("customer_phone"))
    return {"customer_phone": number, "customer_name": Subquery(known.values("name")[:1])}


def _first(rows: Any, most: int) -> tuple[list[Any], int]:
    """The first of `rows`, and how many there are beyond, counted only when there are any."""
    found = list(rows[: most + 1])
    return found[:most], rows.order_by().count() - most if len(found) > most else 0


def _tallies(organization_id: UUID, agents: Iterable[Agent], more: int) -> dict[str, int]:
    """How many agents are in each state."""
    if more:
        rows = Agent.objects.of(organization_id).order_by().values("state").annotate(number=Count("pk"))
        counted = {row["state"]: row["number"] for row in rows}
    else:
        counted = defaultdict(int)
        for agent in agents:
            counted[agent.state] += 1
    return {str(state): counted.get(state, 0) for state in State}


# --- as it is told ----------------------------------------------------------------------------------------------------


def _shown_queues(queues: Iterable[Any], entries: Iterable[Any]) -> list[dict[str, Any]]:
    lines: dict[UUID, list[Any]] = defaultdict(list)
    for entry in entries:
        lines[entry.queue_id].append(entry)
    return [_shown_queue(queue, lines[queue.pk]) for queue in queues]


def _shown_queue(queue: Any, line: list[Any]) -> dict[str, Any]:
    on_the_phone = [entry for entry in line if not entry.back]
    called_back = [entry for entry in line if entry.back]
    return {
        "id": queue.pk,
        "name": queue.name,
        "waiting": on_the_phone[0].number if on_the_phone else 0,
        "callbacks": called_back[0].number if called_back else 0,
        "longest": _seconds(on_the_phone[0].longest) if on_the_phone else None,
        "service_level": queue.service_level_seconds,
        "max_wait": queue.max_wait_seconds,
        "ready": queue.ready,
        "in_calls": queue.in_calls,
        "at_work": queue.at_work,
        "line": [
            {
                "id": entry.pk,
                "call": entry.call_id,
                "customer": _customer(entry.call, entry.customer_name),
                "since": _seconds(entry.entered_at),
                "note": _note(entry),
            }
            for entry in line
        ],
    }


def _note(entry: Any) -> str:
    """What is special about it."""
    if entry.back:
        return "to be called back"
    if entry.state == QueueEntry.State.RINGING:
        return "an agent is being rung"
    return "comes first" if entry.priority > 0 else ""


def _shown_agent(agent: Any, call: Any) -> dict[str, Any]:
    return {
        "id": agent.pk,
        "name": agent.name,
        "state": agent.state,
        "words": words.AGENT[State(agent.state)],
        "reason": words.reason(agent),
        "since": _seconds(agent.state_since),
        "afterwards": words.afterwards(agent),
        "queues": sorted(agent.queue_names),
        "call": call and {"id": call.pk, "customer": _customer(call, call.customer_name)},
    }


def _shown_call(call: Any, at_phone: Mapping[str, str]) -> dict[str, Any]:
    legs = call.lasting
    shown = words.of_call(call, legs)
    listeners = [leg for leg in legs if leg.role == Role.SUPERVISOR]
    return {
        "id": call.pk,
        "direction": call.direction,
        "customer": _customer(call, call.customer_name),
        "queue": call.queue and call.queue.name,
        "agent": _partner(call, legs),
        "phase": shown.kind,
        "words": shown.words,
        "since": _seconds(_phase_since(call)),
        "began": _seconds(call.created_at),
        "recording": _recording(call),
        "listeners": [words.of_supervisor(leg, at_phone.get(leg.to_number, leg.to_number)) for leg in listeners],
        "can": _can(call),
    }


def _partner(call: Call, legs: Iterable[CallLeg]) -> str | None:
    """Whom the customer is with, or is to have."""
    partner = next((leg for leg in legs if leg.pk == call.partner_id), None)
    if partner:
        return words.name_of(partner)
    return call.agent.name if call.agent and call.phase == Phase.AGENT_FIRST else None


def _phase_since(call: Any) -> datetime | None:
    """Where a row knows it."""
    match call.phase:
        case Phase.WAITING:
            return call.waiting_since
        case Phase.JOINED:
            return call.partner.accepted_at if call.partner else None
        case Phase.AGENT_FIRST | Phase.DIALING:
            return call.created_at
    return None


def _recording(call: Any) -> str:
    if call.recording_paused:
        return "paused"
    if call.recorded:
        return "on"
    if call.consent_mode and call.consent_answer and not call.may_be_recorded:
        return "refused"
    return "later" if call.record else "off"


def _can(call: Call) -> list[str]:
    """What may be ordered now, for the buttons; the action itself decides."""
    if call.is_ending:
        return []
    orders = ["hangup"]
    with_an_agent = call.partner is not None and call.partner.role == Role.AGENT
    if call.phase in _WITH_AN_AGENT and call.partner:
        orders += ["listen", "barge", *(["whisper"] if with_an_agent else [])]
    if call.phase in (Phase.JOINED, Phase.HELD, Phase.WAITING):
        orders.append("transfer")
    if call.phase in (Phase.JOINED, Phase.HELD) and with_an_agent:
        orders.append("warm")
    return orders


def _customer(call: Call, name: str | None) -> dict[str, str]:
    return {"name": name or "", "number": call.customer_number}


def _seconds(moment: datetime | None) -> float | None:
    return round(moment.timestamp(), 3) if moment else None
