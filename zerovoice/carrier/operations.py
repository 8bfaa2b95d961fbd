"""Cards of the operators' page: the circuit breakers, work that is due, notices and commands that failed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card, Line
from zerovoice.carrier import breaker, work
from zerovoice.carrier.models import CarrierAccount, Command, Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import clock

_MOST_ACCOUNTS = 20
#: Due for so long means that nobody looks.
_LATE_SECONDS, _STUCK_SECONDS = 15, 120


def register() -> None:
    operations.register("breakers", "Circuit breakers", breakers, remembered=2)
    operations.register("due", "Work that is due", due)
    operations.register("carrier", "Carrier's notices and commands", failed)


def breakers() -> Card:
    """One for each account at the carrier."""
    own = CarrierAccount.objects.filter(active=True).order_by("organization__name")
    accounts = list(own.values_list("account_sid", "organization__name")[: _MOST_ACCOUNTS + 1])
    if settings.TWILIO_ACCOUNT_SID:
        accounts.insert(0, (settings.TWILIO_ACCOUNT_SID, "The instance's account"))
    lines = [_breaker(name, sid) for sid, name in accounts[:_MOST_ACCOUNTS]]
    if len(accounts) > _MOST_ACCOUNTS:
        lines.append(Line("More accounts", "see the carrier accounts", "off"))
    if not lines:
        return Card("No carrier is configured.", tone="off")
    opened = sum(not line.value.startswith("closed") for line in lines if line.tone != "off")
    return Card(f"{opened} not closed: requests to the carrier are refused." if opened else "All closed.", lines)


def _breaker(name: str, sid: str) -> Line:
    now = breaker.for_account(sid).snapshot()
    failures = f", {now.failures} failure{'' if now.failures == 1 else 's'} in a row" if now.failures else ""
    if now.state == "closed":
        return Line(name, f"closed{failures}", "warning" if now.failures else "good")
    if now.state == "half-open":
        return Line(name, f"half-open: one request is tried{failures}", "warning")
    wait = f"next try in {now.retry_after} s" if now.retry_after else "the next request is a try"
    return Line(name, f"open{failures}, {wait}", "bad")


def due() -> Card:
    """By kind of work: since when the oldest row waits for a worker. The workers look each two seconds."""
    lines = []
    for model in work.registered():
        name = str(model._meta.verbose_name_plural).capitalize()
        oldest = model.objects.ready().order_by("due_at").values_list("due_at", flat=True).first()
        if oldest is None:
            continue
        seconds = int((clock.machine_now() - oldest).total_seconds())
        tone = "good" if seconds < _LATE_SECONDS else "warning" if seconds < _STUCK_SECONDS else "bad"
        number = operations.counted(model.objects.ready().order_by()[: operations.MOST + 1].count())
        lines.append(Line(name, f"{number} due, the oldest for {seconds} s", tone))
    late = sum(line.tone != "good" for line in lines)
    return Card("Work waits for workers." if late else "Nothing waits for long.", lines)


def failed() -> Card:
    lines = [
        *operations.failures(
            "Notices",
            _failed(Receipt),
            "admin:carrier_receipt_changelist",
            state="failed",
        ),
        *operations.failures(
            "Commands",
            _failed(Command),
            "admin:carrier_command_changelist",
            state="failed",
        ),
    ]
    bad = any(line.tone != "good" for line in lines)
    return Card("What failed for good can be replayed from its list." if bad else "None failed for good.", lines)


def _failed(model: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.filter(state=State.FAILED)
    return rows
