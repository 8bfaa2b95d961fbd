"""Hanging up."""

from __future__ import annotations

from django.db import transaction

from calls.actions import legs, place, progress, queueing
from calls.models import Call, QueueEntry
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import clock


def hang_up(*, principal: Principal, call: Call) -> Call:
    """End every leg of the call. Raises Unprocessable when it is over, Unavailable while the carrier is down."""
    place.refuse_without_carrier(call.organization_id)
    with transaction.atomic():
        call = Call.objects.locked(call.pk)
        if call.is_over:
            raise Unprocessable("The call is over already")
        call.hung_up_by = "api"
        call.save(update_fields=["hung_up_by"])
        call.note_event("hangup.requested")
        audit.record(organization_id=call.organization_id, actor=principal, action="call.hung_up", target=call)
        queueing.close_entries(call, QueueEntry.State.CANCELED, clock.now())
        for leg in call.legs.active():
            legs.release(leg)
        if call.phase in (Call.Phase.AGENT_FIRST, Call.Phase.CALLBACK):
            progress.fail_undialled(call, "canceled")
    call.refresh_from_db()
    return call
