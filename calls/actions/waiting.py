"""What becomes of a wait that no agent ends: it is too long, or the caller would rather be called back."""

from __future__ import annotations

import uuid

from django.db import transaction

from calls import callbacks, tasks
from calls.actions import consents, leading, legs, progress, queueing
from calls.models import Call, CallLeg, QueueEntry
from compliance import gate
from compliance.models import Channel, Reason
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue


@transaction.atomic
def time_out(entry_id: uuid.UUID) -> None:
    """They waited for as long as the queue allows: on to where it overflows, or they are told so."""
    entry = QueueEntry.objects.select_related("queue").get(pk=entry_id)
    call = Call.objects.locked(entry.call_id)
    if call.is_ending or not call.entries.open().filter(pk=entry_id).exists():
        return
    queueing.close_entries(call, QueueEntry.State.OVERFLOWED, clock.now())
    call.note_event("queue.timed_out", queue_id=str(entry.queue_id))
    if call.phase == Call.Phase.CALLBACK:
        progress.fail_undialled(call, "callback_expired")
    else:
        leading.overflow(call, entry.queue, asks=False)


@transaction.atomic
def give_up_callback(entry_id: uuid.UUID) -> None:
    """They may not be called any more: the refusal is on record, and the place in line is free."""
    entry = QueueEntry.objects.get(pk=entry_id)
    call = Call.objects.locked(entry.call_id)
    answer = callbacks.may_call_back(call)
    if answer.allowed or call.is_ending or call.phase != Call.Phase.CALLBACK:
        return
    if answer.reason in Reason.values:
        gate.keep_refusal(
            answer,
            organization_id=call.organization_id,
            number=call.customer_number,
            channel=Channel.VOICE,
            sender=call.our_number,
            principal=None,
        )
    queueing.close_entries(call, QueueEntry.State.CANCELED, clock.now())
    progress.fail_undialled(call, answer.reason)


@transaction.atomic
def ask_for_callback(leg_id: uuid.UUID, entry_id: uuid.UUID) -> None:
    """The caller hangs up and keeps their place: a call of ours waits in it. For the request in which they press the
    key; said twice, or when an agent has just taken them, nothing happens."""
    call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
    entry = call.entries.open().filter(pk=entry_id).select_related("queue").first()
    if call.is_ending or entry is None or not entry.queue.offers_callback or not callbacks.may_call_back(call).allowed:
        return
    queueing.close_entries(call, QueueEntry.State.CALLBACK, clock.now())
    back = Call.objects.create(
        organization_id=call.organization_id,
        direction=Call.Direction.OUTBOUND,
        from_number=call.our_number,
        to_number=call.customer_number,
        own_number=call.own_number,
        **consents.terms(call.organization_id, record=call.record),
        queue=entry.queue,
        phase=Call.Phase.CALLBACK,
        original=call,
    )
    CallLeg.objects.create(
        organization_id=call.organization_id,
        call=back,
        role=CallLeg.Role.CUSTOMER,
        from_number=back.from_number,
        to_number=back.to_number,
    )
    QueueEntry.objects.create(
        organization_id=call.organization_id,
        call=back,
        queue=entry.queue,
        priority=entry.priority,
        skills=entry.skills,
        talked_before=entry.talked_before,
        preferred_agent=entry.preferred_agent,
        entered_at=entry.entered_at,
    )
    call.phase, call.hung_up_by = Call.Phase.LEAVING, "callback"
    call.save(update_fields=["phase", "hung_up_by"])
    call.note_event("callback.asked", call_id=str(back.pk))
    back.note_event("callback.asked", call_id=str(call.pk))
    legs.dismiss(call.customer_leg(), CallLeg.Farewell.CALLBACK, asks=True)
    enqueue(tasks.assign, str(call.organization_id))
