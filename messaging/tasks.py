"""Work for messages. Tasks take ids and may run twice; what they look for is in rows: a lost hint loses nothing."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import Q

from messaging import actions, media
from messaging.models import Message, MessageMedia
from zerovoice.carrier.errors import CarrierError, RefusalMeaning, Refused, Unavailable
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.tasks import enqueue

log = structlog.get_logger(__name__)

#: A message of which the carrier said nothing for so long (business seconds) is asked about,
SILENT_SECONDS = 60
#: but not for ever: many networks never confirm a delivery.
ASKED_FOR = timedelta(days=1)


@shared_task
def reconcile() -> None:
    """Ask the carrier about messages that fell silent. Whoever moves a row's mark asks."""
    now = clock.now()
    silent = Message.objects.under_way().filter(
        Q(sid__isnull=False) | Q(unbound_until__lt=now),
        checked_at__lt=now - timedelta(seconds=SILENT_SECONDS),
        created_at__gt=now - ASKED_FOR,
    )
    for message_id in silent.order_by("checked_at").values_list("pk", flat=True)[:200]:
        if silent.filter(pk=message_id).update(checked_at=now):
            enqueue(check_message, str(message_id))


@shared_task
def check_message(message_id: str) -> None:
    message = Message.objects.get(pk=message_id)
    try:
        actions.check(message)
    except Refused as error:
        if error.meaning != RefusalMeaning.NOT_FOUND:
            raise
        log.warning("message_unknown_to_the_carrier", message_id=message_id)
    except CarrierError as error:
        log.warning("message_not_checked", message_id=message_id, error=type(error).__name__)  # asked again in time


@shared_task
def fetch_media(media_id: str) -> None:
    """Bring an attachment into our storage."""
    medium = MessageMedia.claim(media_id)
    if medium is None:
        return
    try:
        if medium.interrupted and medium.exhausted:
            medium.fail(medium.last_error or "Every attempt was interrupted")
        else:
            _fetch(medium)
    except LeaseLost:
        log.warning("media_lease_lost", media_id=media_id)


def _fetch(medium: MessageMedia) -> None:
    try:
        media.fetch(medium)
    except (Unavailable, OSError) as error:
        medium.retry(error)
    except (CarrierError, media.TooLarge) as error:
        medium.fail(error)
