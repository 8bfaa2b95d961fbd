"""What belongs to a call elsewhere: the person, their other calls, compliance, what it cost, who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from calls.models import Call
from compliance.models import Channel, Decision, Reason
from contacts.models import Contact
from zerovoice.accounts.lists import local, seconds
from zerovoice.backoffice.pages import may_in
from zerovoice.billing.models import Kind, LedgerEntry
from zerovoice.lib import phone
from zerovoice.webhooks.models import Delivery, Event

OTHER_CALLS = 5
MOST_REFUSALS = 5
MOST_CHARGES = 50
MOST_EVENTS = 50
_STATES = {"pending": "warning", "processing": "info", "delivered": "good", "failed": "bad"}
#: A refusal so long before the call began, or after it ended, belongs to it.
_ABOUT_THEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OtherCall:
    pk: Any
    when: str
    direction: str
    disposition: str
    agent: str
    talked: str


@dataclass(frozen=True, slots=True)
class Refusal:
    pk: Any
    when: str
    reason: str
    detail: str
    by: str
    in_this_call: bool


@dataclass(frozen=True, slots=True)
class Charge:
    what: str
    quantity: int
    unit_amount: str
    amount: str


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and one place where it is told. No place: nobody wants to know."""

    when: str
    kind: str
    where: str
    state: str
    tone: str
    attempts: int
    delivery: Any
    error: str


def contact_of(request: HttpRequest, call: Call) -> Contact | None:
    """Whose number the customer's is, as far as the person may see contacts."""
    if call.erased_at or not may_in(request, "contacts:read", call.organization):
        return None
    found: Contact | None = (
        Contact.objects.of(call.organization_id).filter(phone=call.customer_number).defer("search_text").first()
    )
    return found


class About:
    """Each part is None where the person's role does not open it."""

    def __init__(self, request: HttpRequest, call: Call) -> None:
        self.call = call
        self.zone = call.organization.timezone

        def may(area: str) -> bool:
            return may_in(request, f"{area}:read", call.organization)

        self.sees_contacts = may("contacts")
        self.contact = contact_of(request, call)
        self.number = "" if call.erased_at else phone.spelt(call.customer_number)
        self.others = self._others()
        self.refusals = self._refusals() if may("compliance") else None
        self.charges: list[Charge] | None = None
        self.total = ""
        if may("billing"):
            self._add_charges()
        self.told = self._told() if may("settings") else None

    @property
    def checked(self) -> str:
        """What compliance looked at before the customer was called, in words."""
        if self.call.direction == Call.Direction.INBOUND:
            return "They called you, so nothing had to be checked."
        if self.call.failure_reason in Reason.values:
            return "It was refused before the customer was dialed."
        return (
            "Let through. Before the customer was dialed the do-not-call list, opt-outs and, where they are on, quiet "
            "hours were checked."
        )

    @property
    def consent(self) -> str:
        call = self.call
        if not call.consent_mode:
            return "They were neither told nor asked." if call.record else ""
        at = f", {local(call.consent_at, self.zone)}" if call.consent_at else ""
        return f"{call.get_consent_answer_display() or 'Not yet'}{at}"

    @cached_property
    def _media(self) -> list[Any]:
        """The ids of its recordings and of their transcripts."""
        return [pk for row in self.call.recordings.values_list("pk", "transcript__pk") for pk in row if pk]

    def _others(self) -> list[OtherCall]:
        """The newest calls with the same number: two short walks along an index each."""
        call = self.call
        if call.erased_at or not call.customer_number:
            return []
        own = Call.objects.of(call.organization_id).exclude(pk=call.pk).order_by("-created_at", "-id")
        ids: Any = [
            own.filter(**{f"{end}_number": call.customer_number}).values_list("pk", "created_at")[:OTHER_CALLS]
            for end in ("from", "to")
        ]
        newest = {pk for pk, _ in ids[0].union(ids[1]).order_by("-created_at")[:OTHER_CALLS]}
        rows: list[Call] = list(own.filter(pk__in=newest).select_related("agent")) if newest else []
        known = dict(Call.Disposition.choices)
        return [
            OtherCall(
                row.pk,
                local(row.created_at, self.zone),
                "Outbound" if row.direction == Call.Direction.OUTBOUND else "Inbound",
                str(known.get(row.disposition, row.disposition)) or "Lasts",
                row.agent.name if row.agent else "",
                seconds(row.talk_seconds),
            )
            for row in rows
        ]

    def _refusals(self) -> list[Refusal]:
        call = self.call
        if call.erased_at or not call.customer_number:
            return []
        rows = Decision.objects.of(call.organization_id).filter(number=call.customer_number, channel=Channel.VOICE)
        until = (call.ended_at or call.created_at) + _ABOUT_THEN
        return [
            Refusal(
                row.pk,
                local(row.created_at, self.zone),
                str(row.get_reason_display()),
                row.detail,
                row.actor_name or "the system",
                call.created_at - _ABOUT_THEN <= row.created_at <= until,
            )
            for row in rows.order_by("-created_at", "-id")[:MOST_REFUSALS]
        ]

    def _add_charges(self) -> None:
        objects = [*self.call.legs.values_list("pk", flat=True), *self._media]
        rows = LedgerEntry.objects.of(self.call.organization_id).filter(
            kind__in=[Kind.CALL_MINUTE, Kind.TRANSCRIPTION_MINUTE], object_id__in=objects
        )
        found = list(rows.order_by("occurred_at", "id")[:MOST_CHARGES])
        self.charges = [
            Charge(
                " ".join(part for part in (str(row.get_kind_display()), row.direction, row.country) if part),
                row.quantity,
                f"{_money(row.unit_amount)} {row.currency}",
                f"{_money(row.amount)} {row.currency}",
            )
            for row in found
        ]
        if found:
            self.total = f"{_money(sum((row.amount for row in found), Decimal(0)))} {found[0].currency}"

    def _told(self) -> list[Told]:
        call = self.call
        subjects = [call.pk, *self._media]
        deliveries = Delivery.objects.select_related("endpoint").defer(
            "body", "log", "endpoint__secret", "endpoint__previous_secret"
        )
        rows = (
            Event.objects.of(call.organization_id)
            .filter(subject_id__in=subjects)
            .prefetch_related(Prefetch("deliveries", deliveries))
            .order_by("created_at", "number")
        )
        return [told for row in rows[:MOST_EVENTS] for told in self._places(row)]

    def _places(self, event: Event) -> list[Told]:
        when = local(event.created_at, self.zone)
        places = [
            Told(
                when, event.kind, str(one.endpoint) if one.endpoint else one.url, str(one.get_state_display()),
                _STATES.get(one.state, "plain"), one.attempts, one.pk, one.last_error,
            )
            for one in event.deliveries.all()
        ]  # fmt: skip
        return places or [Told(when, event.kind, "", "Nobody to tell", "plain", 0, None, "")]


def _money(amount: Decimal) -> str:
    """At least two decimals, and no more than are needed: 0.014, 1.20."""
    text = f"{amount:f}".rstrip("0") if "." in f"{amount:f}" else f"{amount:f}."
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest:0<2}"
