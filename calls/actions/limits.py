"""Calls for which money is reserved: as long as they last and something is left, they are given more of it.

Each organisation has its own turn. A call that nothing is left for is not among those that are tried: it would come
first at every tick until the carrier ends it, in front of those that can be helped.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, QuerySet

from calls.actions import legs
from calls.models import CallLeg
from zerovoice.billing import spending
from zerovoice.billing.models import Reservation

#: So long before the carrier would end a call, more is reserved. Time enough for a carrier that is down for a moment.
_AHEAD = timedelta(minutes=3)
_LASTS = ExpressionWrapper(F("time_limit") * timedelta(seconds=1), DurationField())
_ENDS = ExpressionWrapper(F("answered_at") + _LASTS, DateTimeField())
#: Of an organisation at a time; the others at the next tick.
BATCH = 100


def organizations(now: datetime) -> list[uuid.UUID]:
    """Those with a call that is near its end."""
    return list(_near(now).order_by().values_list("organization_id", flat=True).distinct())


def near_their_end(organization_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """The organisation's calls that can be given more, the one that ends soonest first."""
    near = _near(now).filter(organization_id=organization_id).order_by(_ENDS)
    reserved = Reservation.objects.filter(object_id=OuterRef("pk"))
    left = spending.status(spending.account_of(organization_id)).left
    if left is not None:
        reserved = reserved.filter(unit_amount__lte=left)  # of each minute
    return list(near.filter(Exists(reserved)).values_list("pk", flat=True)[:BATCH])


def _near(now: datetime) -> QuerySet[CallLeg]:
    limited = CallLeg.objects.active().filter(time_limit__isnull=False, answered_at__isnull=False, released=False)
    return limited.alias(ends=_ENDS).filter(ends__lte=now + _AHEAD)


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
