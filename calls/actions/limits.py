"""Calls for which money is reserved: as long as they last and something is left, they are given more of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F

from calls.actions import legs
from calls.models import CallLeg
from zerovoice.billing import spending

#: So long before the carrier would end a call, more is reserved. Time enough for a carrier that is down for a moment.
_AHEAD = timedelta(minutes=3)


def near_their_end(now: datetime) -> list[uuid.UUID]:
    limited = CallLeg.objects.active().filter(time_limit__isnull=False, answered_at__isnull=False, released=False)
    lasts = ExpressionWrapper(F("time_limit") * timedelta(seconds=1), DurationField())
    ends = ExpressionWrapper(F("answered_at") + lasts, DateTimeField())
    near = limited.annotate(ends=ends).filter(ends__lte=now + _AHEAD).order_by("ends")
    return list(near.values_list("pk", flat=True)[:500])


@transaction.atomic
def extend(leg_id: uuid.UUID) -> None:
    """More minutes for a leg; when nothing is left, the carrier ends it when its minutes are over."""
    leg = CallLeg.objects.active().select_for_update(no_key=True).filter(pk=leg_id, time_limit__isnull=False).first()
    if leg is None:
        return
    seconds = spending.extend_call(organization_id=leg.organization_id, leg_id=leg.pk)
    if seconds is None:
        return
    leg.time_limit = seconds
    leg.save(update_fields=["time_limit"])
    legs.limit(leg)
