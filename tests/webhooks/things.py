"""What the tests of webhooks make."""

import uuid
from typing import Any

from zerovoice.accounts.models import Organization
from zerovoice.webhooks import actions, line, outbox
from zerovoice.webhooks.models import Delivery, Endpoint, Event


class Thing:
    """What an event is about, as far as it matters."""

    def __init__(self) -> None:
        self.pk = uuid.uuid4()


def endpoint_of(organization: Organization, url: str, types: tuple[str, ...] = ("*",)) -> Endpoint:
    return actions.create_endpoint(organization_id=organization.pk, principal=None, url=url, types=types)


def happen(organization: Organization, kind: str = "call.ringing", subject: Any = None, **fields: Any) -> Event:
    return outbox.record(organization_id=organization.pk, kind=kind, subject=subject or Thing(), **fields)


def delivery(endpoint: Endpoint, **fields: Any) -> Delivery:
    """Of an event of its own."""
    event = happen(endpoint.organization)
    while line.line_up():
        pass
    made = Delivery.objects.get(event=event, endpoint=endpoint)
    Delivery.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    return made
