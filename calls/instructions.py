"""What a leg is to do, in the carrier's language. Only reads the rows: asked twice, it says the same."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.templatetags.static import static

from calls.models import Call, CallLeg, QueueEntry
from zerovoice.carrier import twiml, webhooks

_NOT_NOW = "Sorry, nobody can take your call at the moment. Please try again later. Goodbye."
_TAKEN = "This call has been taken. Thank you."


def for_leg(leg: CallLeg) -> str:
    """TwiML for the leg as things are now."""
    call = leg.call
    if call.is_over or leg.is_over or leg.released:
        return twiml.response(twiml.hangup())
    if leg.role == CallLeg.Role.CUSTOMER:
        return _for_customer(call, leg)
    if leg.accepted_at:
        joined = call.partner_id == leg.pk
        return twiml.response(_conference(call) if joined else twiml.hangup())
    if leg.role == CallLeg.Role.TARGET:
        return twiml.response(twiml.pause(1), twiml.redirect(_again(leg)))
    return _offer(call, leg)


def _for_customer(call: Call, leg: CallLeg) -> str:
    if call.phase == Call.Phase.JOINED:
        return twiml.response(_conference(call))
    if call.phase == Call.Phase.WAITING:
        return _waiting(call, leg)
    if call.phase == Call.Phase.TRANSFERRING:
        return twiml.response(twiml.play(_music()), twiml.redirect(_again(leg)))
    return twiml.response(twiml.pause(1), twiml.redirect(_again(leg)))


def _waiting(call: Call, leg: CallLeg) -> str:
    entry = call.entries.open().select_related("queue").first()
    if entry is None:
        return twiml.response(twiml.say(_NOT_NOW), twiml.hangup())
    return twiml.response(
        twiml.say(f"You are number {_position(entry)} in line. Please hold."),
        twiml.play(_music()),
        twiml.redirect(_again(leg)),
    )


def _position(entry: QueueEntry) -> int:
    """1 for who is next. Counted to 100: beyond that a caller does not care, and the request must not grow."""
    open_entries = QueueEntry.objects.of(entry.organization_id).open().filter(queue=entry.queue)
    before = Q(entered_at__lt=entry.entered_at) | Q(entered_at=entry.entered_at, pk__lt=entry.pk)
    ahead = open_entries.filter(Q(priority__gt=entry.priority) | Q(before, priority=entry.priority))
    return ahead.order_by()[:99].count() + 1


def _offer(call: Call, leg: CallLeg) -> str:
    queue = f" from {call.queue}" if call.queue else ""
    offer = f"Call{queue}." if leg.entry_id else "Your call is ready."
    return twiml.response(
        twiml.gather_digit(
            f"{offer} Press 1 to accept.",
            action_url=webhooks.public_url("calls-webhooks:digit", leg_id=leg.pk),
            timeout_seconds=8,
        ),
        twiml.hangup(),
    )


def taken() -> str:
    """For an agent who pressed 1 too late."""
    return twiml.response(twiml.say(_TAKEN), twiml.hangup())


def out_of_order() -> str:
    """For a caller whom nothing of ours can serve."""
    return twiml.response(twiml.say(_NOT_NOW), twiml.hangup())


def _conference(call: Call) -> twiml.Verb:
    return twiml.join_conference(
        call.conference_name, status_callback=webhooks.notice_url("conference", call.pk), wait_url=""
    )


def _again(leg: CallLeg) -> str:
    return webhooks.public_url("calls-webhooks:leg", leg_id=leg.pk)


def _music() -> str:
    return f"{settings.PUBLIC_URL}{static('calls/hold.wav')}"
