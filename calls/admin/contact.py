"""A contact's calls, and whether they may be called."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import chain
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from calls.models import Call
from compliance import gate
from compliance.models import Channel, DncEntry
from contacts import about
from contacts.models import Contact
from zerovoice.accounts.lists import local, seconds
from zerovoice.lib import pseudonym


def calls(contact: Contact) -> about.Part:
    """Either side by its own index, so that the size of the table does not matter."""
    of = Call.objects.of(contact.organization_id).select_related("agent", "queue").order_by("-created_at", "-id")
    either = chain(
        of.filter(from_number=contact.phone)[: about.MOST_LINES], of.filter(to_number=contact.phone)[: about.MOST_LINES]
    )
    newest = sorted({call.pk: call for call in either}.values(), key=lambda call: call.created_at, reverse=True)
    lines = [_line(call, contact.organization.timezone) for call in newest[: about.MOST_LINES]]
    query = urlencode({"q": contact.phone, "in": str(contact.organization_id)})
    more = f"{reverse('admin:calls_call_changelist')}?{query}"
    return about.Part("Calls", lines, empty="No calls yet.", more=more if lines else "")


def _line(call: Call, zone: str) -> about.Line:
    way = "to them" if call.direction == Call.Direction.OUTBOUND else "from them"
    who = call.agent.name if call.agent else call.queue.name if call.queue else ""
    talked = f"talked {seconds(call.talk_seconds)}" if call.talk_seconds else ""
    return about.Line(
        at=local(call.created_at, zone),
        text=", ".join(part for part in (f"Call {way}", who, talked) if part),
        url=reverse("admin:calls_call_change", args=[call.pk]),
        state=call.disposition.replace("_", " ") if call.ended_at else "live",
        tone="good" if call.disposition == Call.Disposition.ANSWERED or not call.ended_at else "plain",
    )


def may_be_contacted(contact: Contact) -> about.Part:
    """What the gate says now, and since when the number is on the list."""
    lines = []
    for channel, words in ((Channel.VOICE, "Call"), (Channel.SMS, "Message")):
        answer = gate.may_contact(organization_id=contact.organization_id, number=contact.phone, channel=channel)
        state, tone = ("allowed now", "good") if answer.allowed else ("not now", "bad")
        lines.append(about.Line(at=words, text=answer.detail, state=state, tone=tone))
    hashes = pseudonym.all_of_number(contact.phone)
    for entry in DncEntry.objects.of(contact.organization_id).filter(number_hash__in=hashes):
        since = local(entry.created_at, contact.organization.timezone)
        text = f"On the Do-Not-Call list ({entry.get_source_display().lower()}). {entry.reason}".strip()
        url = reverse("admin:compliance_dncentry_change", args=[entry.pk])
        lines.append(about.Line(at=since, text=text, url=url))
    return about.Part("May they be contacted?", lines)


def last_calls(contacts: Collection[Contact]) -> dict[UUID, datetime]:
    """When each was last called or called us: the end of an index for each side."""
    calls = Call.objects.filter(organization=OuterRef("organization")).order_by("-created_at", "-id")
    rows = Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).annotate(
        theirs=Subquery(calls.filter(from_number=OuterRef("phone")).values("created_at")[:1]),
        ours=Subquery(calls.filter(to_number=OuterRef("phone")).values("created_at")[:1]),
    )
    found = {pk: [at for at in ends if at] for pk, *ends in rows.values_list("pk", "theirs", "ours")}
    return {pk: max(ends) for pk, ends in found.items() if ends}


about.register_last("calls", last_calls)
about.register("compliance", may_be_contacted)
about.register("calls", calls)
