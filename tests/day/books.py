"""Our books of a day against the network's account of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.day import account, figures, money
from tests.day.account import Account, Row
from tests.day.play import Played

PARTS = ("ring", "wait", "talk", "hold", "wrap_up")
OUTCOMES = ("answered", "abandoned", "voicemail", "overflow", "callback")


@dataclass
class Audit:
    offered: int
    #: What became of the calls that came in, of the calls back, and of those that we placed.
    outcomes: Counter[str] = field(default_factory=Counter)
    callbacks: Counter[str] = field(default_factory=Counter)
    outbound: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)  # of each call that differs: our events, the network's record
    worst: dict[str, float] = field(default_factory=dict)  # seconds that a part is away from the network's account
    waits: list[int] = field(default_factory=list)  # of the answered ones that came in
    gave_up: list[int] = field(default_factory=list)


def audit(played: Played) -> Audit:
    """Every call that anybody knows of, in both books."""
    company = played.company
    rows = [row for row in company.sim.calls() if company.number in (row["from"], row["to"])]
    ours = {call["sid"]: call for call in company.stack.django(_OURS, tenant_id=company.tenant.id)}
    conferences = {sid: f"call-{call['id']}" for sid, call in ours.items()}
    theirs = {one.sid: one for one in account.accounts(played, rows, conferences=conferences)}
    found = Audit(played.plan.offered)
    found.differences += account.double_booked(played, rows)
    found.differences += [f"The network knows nothing of {ours[sid]}" for sid in ours.keys() - theirs.keys()]
    found.differences += [f"We know nothing of {theirs[sid]}" for sid in theirs.keys() - ours.keys()]
    known = set(company.stack.django(_SIDS, tenant_id=company.tenant.id))
    found.differences += [f"We know nothing of the leg {row['sid']}" for row in rows if row["sid"] not in known]
    for sid in ours.keys() & theirs.keys():
        if differences := list(_compare(found, ours[sid], theirs[sid])):
            found.differences += differences
            found.evidence.append([differences, _evidence(played, ours[sid], rows)])
    _add_up(found, played, list(ours.values()))
    found.differences += figures.differences(played, list(theirs.values()), rows)
    found.differences += money.differences(played, rows)
    return found


def _compare(found: Audit, ours: Row, theirs: Account) -> Iterator[str]:
    which = f"call {ours['id']} of {theirs.person} ({theirs.sid}, {ours['direction']})"
    if ours["disposition"] != theirs.outcome:
        yield f"{which}: {ours['disposition']}, not {theirs.outcome}"
    for part in PARTS:
        span, seconds = getattr(theirs, part), ours[f"{part}_seconds"]
        found.worst[part] = max(found.worst.get(part, 0.0), span.low - seconds, seconds - span.high)
        if span.off(seconds):
            yield f"{which}: {part} {seconds} s, not {span}"


def _evidence(played: Played, ours: Row, rows: list[Row]) -> dict[str, Any]:
    events = played.company.stack.django(_EVENTS, call_id=ours["id"])
    legs = set(played.company.stack.django(_SIDS_OF, call_id=ours["id"]))
    return {"ours": ours, "events": events, "network": [row for row in rows if row["sid"] in legs]}


def _add_up(found: Audit, played: Played, ours: list[Row]) -> None:
    for call in ours:
        if call["direction"] == "outbound":
            (found.callbacks if call["original"] else found.outbound)[call["disposition"]] += 1
            continue
        found.outcomes[call["disposition"]] += 1
        if call["disposition"] == "answered":
            found.waits.append(call["wait_seconds"])
        elif call["disposition"] == "abandoned":
            found.gave_up.append(call["wait_seconds"])
    if sum(found.outcomes[outcome] for outcome in OUTCOMES) != found.offered:
        found.differences.append(f"{found.offered} calls were offered, these became of them: {dict(found.outcomes)}")
    asked, placed = found.outcomes["callback"], found.callbacks.total()
    if asked != placed:
        found.differences.append(f"{asked} asked to be called back, {placed} were")
    messages = sum(call["disposition"] == "voicemail" for call in ours)
    boxes = played.company.get("/voicemails", limit=1)["count"]
    if boxes != messages:
        found.differences.append(f"{messages} calls ended with a message, {boxes} are there")


def service_level(found: Audit) -> tuple[int, int]:
    """Answered in time, of all who were answered or gave up and did not do so at once (the queues' defaults)."""
    in_time = sum(wait <= 20 for wait in found.waits)
    return in_time, len(found.waits) + sum(wait > 5 for wait in found.gave_up)


_OURS = """
from calls.models import CallLeg
fields = ["ring_seconds", "wait_seconds", "talk_seconds", "hold_seconds", "wrap_up_seconds"]
result = [
    {
        "sid": leg.sid or f"never dialled {leg.pk}", "id": leg.call_id, "direction": leg.call.direction,
        "disposition": leg.call.disposition, "original": leg.call.original_id,
        **{field: getattr(leg.call, field) for field in fields},
    }
    for leg in CallLeg.objects.of(tenant_id).filter(role="customer").select_related("call")
]
"""
_SIDS = "from calls.models import CallLeg; result = list(CallLeg.objects.of(tenant_id).values_list('sid', flat=True))"
_SIDS_OF = """
from calls.models import CallLeg
result = list(CallLeg.objects.filter(call_id=call_id).values_list("sid", flat=True))
"""
_EVENTS = """
from calls.models import CallEvent, QueueEntry
events = CallEvent.objects.filter(call_id=call_id).values_list("created_at", "kind", "data", "leg__role")
entries = QueueEntry.objects.filter(call_id=call_id).values("state", "entered_at", "left_at", "queue__name")
result = [list(events), list(entries)]
"""
