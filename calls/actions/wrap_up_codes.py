"""Wrap-up codes: the words that an organisation offers for closing a call."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from calls.models import WrapUpCode
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal


@transaction.atomic
def save_wrap_up_code(*, principal: Principal, wrap_up_code: WrapUpCode | None = None, **fields: Any) -> WrapUpCode:
    """Make or change a code. Calls that were closed with it keep the word they have."""
    action = "wrap_up_code.updated" if wrap_up_code else "wrap_up_code.created"
    changed = list(fields) if wrap_up_code else None
    wrap_up_code = wrap_up_code or WrapUpCode(organization_id=principal.organization_id)
    for name, value in fields.items():
        setattr(wrap_up_code, name, value)
    try:
        with transaction.atomic():
            wrap_up_code.save(update_fields=changed)
    except IntegrityError as error:
        raise Unprocessable("There is this code already", field="code") from error
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action=action,
        target=wrap_up_code,
        fields=list(fields),
    )
    return wrap_up_code


@transaction.atomic
def delete_wrap_up_code(*, principal: Principal, wrap_up_code: WrapUpCode) -> None:
    """Calls that were closed with it keep the word."""
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action="wrap_up_code.deleted",
        target=wrap_up_code,
    )
    wrap_up_code.delete()
