"""What events and their deliveries know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from zerovoice.lib import personal
from zerovoice.lib.personal import Erasing, Kind, Person, Phase
from zerovoice.webhooks import cleaning
from zerovoice.webhooks.models import Delivery, Event

_OURS = "the organisation's own systems"
_CODES = "ids, states and codes"


def register() -> None:
    personal.register(
        Kind(
            "webhook_deliveries", Delivery, ("body", "url"),
            find=_deliveries, left=lambda person: ~Q(body="") | ~Q(url=""), erase=_erase_deliveries, phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "callback_addresses", Event, ("callback_url",),
            find=_events, left=lambda person: ~Q(callback_url=""), erase=_erase_addresses, phase=Phase.COPIES,
        )
    )  # fmt: skip
    free = personal.free
    free("webhooks.Event", "kind", "subject_type", "data", because=_CODES)
    free("webhooks.Delivery", "kind", "log", "last_error", because=_CODES)
    free("webhooks.Endpoint", "secret", "previous_secret", "url", "description", "types", because=_OURS)
    free("webhooks.CallbackSecret", "secret", "previous_secret", because=_OURS)


def _events(person: Person) -> QuerySet[Event]:
    return Event.objects.of(person.organization_id).filter(subject_id__in=personal.ids(person))


def _deliveries(person: Person) -> QuerySet[Delivery]:
    return Delivery.objects.of(person.organization_id).filter(event__subject_id__in=personal.ids(person))


def _erase_deliveries(deliveries: Sequence[Any], erasing: Erasing) -> None:
    events = Event.objects.filter(deliveries__in=[delivery.pk for delivery in deliveries])
    cleaning.forget(erasing.person.organization_id, events.values_list("subject_id", flat=True))


def _erase_addresses(events: Sequence[Any], erasing: Erasing) -> None:
    cleaning.forget(erasing.person.organization_id, [event.subject_id for event in events])
