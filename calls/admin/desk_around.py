"""What an agent's desk shows around the call: its notes, whom it is with, the day's calls, voicemails, and choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from calls.actions import queueing
from calls.admin.desk_now import STATES
from calls.models import Agent, Call, CallLeg, CallNote, IvrMenu, Queue, Voicemail, WrapUpCode
from calls.views.call import in_the_call, taking_part
from calls.views.voicemail import in_own_boxes
from compliance import gate
from compliance.models import Channel, Reason
from contacts.models import Contact
from numbers.models import PhoneNumber
from zerovoice.accounts.lists import local, seconds
from zerovoice.api.dates import start_of
from zerovoice.api.principal import Principal
from zerovoice.lib import clock, phone
from zerovoice.lib.phone import spelt

_MOST_CALLS, _MOST_NOTES, _MOST_MESSAGES, _MOST_CHOICES = 30, 20, 10, 200
_OUTCOMES = {str(value): str(label) for value, label in Call.Disposition.choices}
_ENDED_BY = {
    "customer": "The customer hung up", "agent": "The agent hung up", "target": "Whom it was transferred to hung up",
    "api": "It was ended from here", "queue": "Nobody could take it", "menu": "A menu, or the hours, ended it",
    "callback": "They are called back",
}  # fmt: skip


def call_details(principal: Principal, call: Call) -> dict[str, Any]:
    """Notes and history of one call. The caller has made sure that the agent may see it."""
    zone = principal.organization.timezone
    notes = [_note(note, zone) for note in call.notes.all()[:_MOST_NOTES]]
    legs = call.legs.exclude(role__in=[CallLeg.Role.CUSTOMER, CallLeg.Role.SUPERVISOR]).select_related("agent")
    spoke = [f"{_who(leg)}{f' ({leg.transfer} transfer)' if leg.transfer else ''}" for leg in legs if leg.accepted_at]
    return {
        **_line(call, zone, code_labels(principal), _names(principal, [call.customer_number])),
        "notes": notes,
        "path": _path(call),
        "spoke": spoke,
        "waited": seconds(call.wait_seconds),
        "talked": seconds(call.talk_seconds),
        "held": seconds(call.hold_seconds),
        "ended_by": _ENDED_BY.get(call.hung_up_by, "") if call.is_over else "",
    }


def _who(leg: CallLeg) -> str:
    return leg.agent.name if leg.agent else spelt(leg.to_number)


def _note(note: CallNote, zone: str) -> dict[str, str]:
    at = local(note.created_at, zone)
    return {"id": str(note.pk), "text": note.text, "author": note.author_name, "at": at}


def _path(call: Call) -> list[str]:
    """How they came here, in words: menus and queues, in order."""
    events = list(call.events.filter(kind__in=["menu.entered", "closed", "queue.entered", "forwarded"])[:20])
    ids = [event.data.get("menu_id") or event.data.get("queue_id") for event in events]
    named = {str(row.pk): f"Menu “{row.name}”" for row in IvrMenu.objects.of(call.organization_id).filter(pk__in=ids)}
    named |= {str(row.pk): f"Queue “{row.name}”" for row in Queue.objects.of(call.organization_id).filter(pk__in=ids)}
    words = {"closed": "Outside of the business hours", "forwarded": "Forwarded"}
    steps = [words.get(event.kind) or named.get(str(at), "") for event, at in zip(events, ids, strict=True)]
    return [step for number, step in enumerate(steps) if step and (not number or steps[number - 1] != step)]


def person(principal: Principal, number: str) -> dict[str, Any]:
    """Whoever has that number: the contact, whether they may be called, and what was between us. An agent's own calls
    only."""
    of, zone = principal.organization_id, principal.organization.timezone
    known = Contact.objects.of(of).defer("search_text").filter(phone=number).first()
    codes = code_labels(principal)
    history = taking_part(principal, Call.objects.of(of).select_related("queue", "agent"))
    calls = list(history.filter(Q(from_number=number) | Q(to_number=number))[:10]) if number else []
    notes = CallNote.objects.filter(call__in=[call.pk for call in calls])
    return {
        "number": number,
        "number_words": spelt(number),
        "can_be_known": _is_number(number),
        "contact": _contact(known) if known else None,
        "refused": _refusal(principal, number),
        "calls": [_line(call, zone, codes, {number: known.name} if known else {}) for call in calls],
        "notes": [_note(note, zone) for note in notes[:5]],
    }


def _contact(contact: Contact) -> dict[str, Any]:
    place = ", ".join(part for part in (contact.city, contact.region, contact.country) if part)
    return {
        "id": str(contact.pk),
        "name": contact.name,
        "company": contact.company,
        "email": contact.email,
        "tags": contact.tags,
        "place": place,
    }


def _is_number(text: str) -> bool:
    try:
        return bool(phone.parse_e164(text))
    except phone.InvalidPhone:
        return False


def _refusal(principal: Principal, number: str) -> str:
    """Why they must not be called, where they are listed: what calling them would be refused with."""
    if not _is_number(number):
        return ""
    answer = gate.may_contact(organization_id=principal.organization_id, number=number, channel=Channel.VOICE)
    return answer.detail if answer.reason in (Reason.DNC, Reason.OPTED_OUT) else ""


def code_labels(principal: Principal) -> dict[str, str]:
    """Word → what it is called, of every wrap-up code."""
    return dict(WrapUpCode.objects.of(principal.organization_id).values_list("code", "label"))


def _line(call: Call, zone: str, codes: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    """A call as lists show it. `call.queue` and `call.agent` are loaded."""
    number = call.customer_number
    outcome = call.disposition
    return {
        "id": str(call.pk),
        "direction": call.direction,
        "number": number,
        "number_words": spelt(number),
        "name": names.get(number, ""),
        "queue": call.queue.name if call.queue else "",
        "agent": call.agent.name if call.agent else "",
        "at": local(call.created_at, zone),
        "over": call.is_over,
        "disposition": outcome,
        "outcome": codes.get(outcome) or _OUTCOMES.get(outcome, outcome) or ("–" if call.is_over else "Still on"),
        "wrapped_up": call.wrapped_up,
        "lasted": seconds(call.duration_seconds),
    }


def day(principal: Principal, agent: Agent) -> dict[str, Any]:
    """What is asked now and then: today's calls of theirs, their voicemails, codes and numbers to choose from."""
    zone = principal.organization.timezone
    today = start_of(clock.now().astimezone(ZoneInfo(zone)).date(), zone)
    legs = CallLeg.objects.filter(in_the_call(), agent=agent, created_at__gte=today, role=CallLeg.Role.AGENT)
    newest = legs.select_related("call__queue", "call__agent").order_by("-created_at", "-id")[:_MOST_CALLS]
    calls = list({leg.call_id: leg.call for leg in newest}.values())
    messages = _messages(principal)
    names = _names(principal, [*(call.customer_number for call in calls), *(row.from_number for row in messages)])
    codes = WrapUpCode.objects.of(principal.organization_id)
    labels = {code.code: code.label for code in codes}
    return {
        "calls": [_line(call, zone, labels, names) for call in calls],
        "voicemails": [_voicemail(row, zone, names) for row in messages],
        "codes": [{"id": code.code, "name": code.label} for code in codes if code.active],
        "numbers": _numbers(principal) if principal.has("numbers:read") else [],
    }


def _messages(principal: Principal) -> list[Voicemail]:
    """The newest that are not archived, in their own box and in those of their queues."""
    if not principal.has("voicemails:read"):
        return []
    rows = Voicemail.objects.of(principal.organization_id).left().exclude(status=Voicemail.Status.ARCHIVED)
    return list(in_own_boxes(principal, rows).select_related("queue", "agent", "recording")[:_MOST_MESSAGES])


def _names(principal: Principal, numbers: Iterable[str]) -> dict[str, str]:
    known = Contact.objects.of(principal.organization_id).filter(phone__in=set(numbers))
    return dict(known.values_list("phone", "name"))


def _voicemail(row: Voicemail, zone: str, names: dict[str, str]) -> dict[str, Any]:
    assert row.recording is not None  # `left` leaves the others out
    return {
        "id": str(row.pk),
        "number": row.from_number,
        "number_words": spelt(row.from_number),
        "name": names.get(row.from_number, ""),
        "box": row.box,
        "at": local(row.created_at, zone),
        "length": seconds(row.recording.duration_seconds),
        "is_new": row.status == Voicemail.Status.NEW,
        "can_be_heard": bool(row.recording.file),
        "can_be_called": _is_number(row.from_number),
    }


def _numbers(principal: Principal) -> list[dict[str, str]]:
    """Those that a call may come from."""
    rows = PhoneNumber.objects.of(principal.organization_id).active().filter(voice=True).order_by("friendly_name", "id")
    return [
        {"id": str(row.pk), "name": f"{spelt(row.number)} {row.friendly_name}".strip()} for row in rows[:_MOST_CHOICES]
    ]


def targets(principal: Principal, agent: Agent) -> dict[str, Any]:
    """To whom a call can be handed: the organisation's other agents, those who are free first, and its queues."""
    agents: QuerySet[Agent] = Agent.objects.of(principal.organization_id).exclude(pk=agent.pk)
    rows = sorted(agents[:_MOST_CHOICES], key=lambda row: row.state != Agent.State.AVAILABLE)
    free = queueing.free_members(principal.organization_id)
    queues = Queue.objects.of(principal.organization_id)[:_MOST_CHOICES]
    return {
        "agents": [
            {"id": str(row.pk), "name": row.name, "state": STATES[row.state], "free": row.state == "available"}
            for row in rows
        ],
        "queues": [{"id": str(row.pk), "name": row.name, "free": len(free.get(row.pk, ()))} for row in queues],
    }


def find(principal: Principal, words: str) -> Sequence[dict[str, str]]:
    """Contacts by parts of names and numbers."""
    found = Contact.objects.of(principal.organization_id).search(words)[:8] if words.strip() else []
    return [
        {"id": str(row.pk), "name": row.name, "company": row.company, "number": row.phone, "words": spelt(row.phone)}
        for row in found
    ]
