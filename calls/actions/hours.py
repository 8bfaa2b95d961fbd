"""Business hours as such: making, changing and removing them. When they are open, `calls/hours.py` says."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from calls.actions import routes
from calls.models import BusinessHours
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal


@transaction.atomic
def save_hours(*, principal: Principal, hours: BusinessHours | None = None, **fields: Any) -> BusinessHours:
    """Make or change business hours.

    Raises Unprocessable for a name that is taken and a route to nothing, Forbidden for a destination that is not
    allowed.
    """
    action = "business_hours.updated" if hours else "business_hours.created"
    changed = list(fields) if hours else None
    hours = hours or BusinessHours(organization_id=principal.organization_id)
    routes.check(principal.organization_id, fields.get("closed_route", {}), field="closed_route")
    for name, value in fields.items():
        setattr(hours, name, value)
    try:
        with transaction.atomic():
            hours.save(update_fields=changed)
    except IntegrityError as error:
        raise Unprocessable("Other business hours have this name", field="name") from error
    audit.record(
        organization_id=principal.organization_id, actor=principal, action=action, target=hours, fields=list(fields)
    )
    return hours


@transaction.atomic
def delete_hours(*, principal: Principal, hours: BusinessHours) -> None:
    """Raises Unprocessable while calls to a number go by them."""
    locked = BusinessHours.objects.select_for_update().get(pk=hours.pk)
    routes.refuse_if_led_to(locked)
    audit.record(
        organization_id=principal.organization_id, actor=principal, action="business_hours.deleted", target=locked
    )
    locked.delete()
