"""What people add to a call."""

from __future__ import annotations

from django.db import transaction

from calls.models import Call, CallNote, WrapUpCode
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal


@transaction.atomic
def add_note(*, principal: Principal, call: Call, text: str) -> CallNote:
    note = CallNote.objects.create(
        organization_id=call.organization_id,
        call=call,
        author_id=principal.id,
        author_name=principal.name,
        text=text,
    )
    audit.record(
        organization_id=call.organization_id, actor=principal, action="call.note_added", target=call, fields=["text"]
    )
    return note


@transaction.atomic
def set_disposition(*, principal: Principal, call: Call, disposition: str) -> Call:
    """A person's word for what became of the call; it stays, whatever the carrier still tells.

    Raises Unprocessable while the call lasts: its outcome is not known yet; and for a wrap-up code that is not offered
    any more.
    """
    call = Call.objects.locked(call.pk)
    if not call.is_over:
        raise Unprocessable("The call is not over yet", field="disposition")
    if WrapUpCode.objects.of(call.organization_id).filter(code=disposition, active=False).exists():
        raise Unprocessable("This wrap-up code is not active", field="disposition")
    call.disposition, call.wrapped_up = disposition, True
    call.save(update_fields=["disposition", "wrapped_up"])
    call.note_event("disposition.set")
    audit.record(
        organization_id=call.organization_id,
        actor=principal,
        action="call.disposition_set",
        target=call,
        fields=["disposition"],
    )
    return call
