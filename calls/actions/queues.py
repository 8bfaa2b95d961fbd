"""Queues as such: making, changing and removing them."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from calls.actions import prompts, routes
from calls.models import Queue, Voicemail
from zerovoice.accounts import audit
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal


def make_default_queue(organization: Organization) -> None:
    Queue.objects.create(organization=organization, name="Main", is_default=True)


@transaction.atomic
def save_queue(*, principal: Principal, queue: Queue | None = None, **fields: Any) -> Queue:
    """Make or change a queue. A new default takes the place of the old one; there always is exactly one.

    Raises Unprocessable for a name that is taken, a prompt of nobody's, and an overflow that leads nowhere or back.
    """
    action = "queue.updated" if queue else "queue.created"
    changed = list(fields) if queue else None
    queue = queue or Queue(organization_id=principal.organization_id)
    if fields.get("is_default") is False and queue.is_default:
        raise Unprocessable("Make another queue the default instead", field="is_default")
    if fields.get("is_default"):
        Queue.objects.of(principal.organization_id).exclude(pk=queue.pk).filter(is_default=True).update(
            is_default=False
        )
    prompts.check(principal.organization_id, fields, "music_id", "voicemail_prompt_id")
    if overflow := fields.get("overflow_route"):
        if overflow["type"] == "queue" and overflow["target_id"] == str(queue.pk):
            raise Unprocessable("It leads back to this queue", field="overflow_route.target_id")
        routes.check(principal.organization_id, overflow, field="overflow_route")
    for name, value in fields.items():
        setattr(queue, name, value)
    try:
        with transaction.atomic():
            queue.save(update_fields=changed)
    except IntegrityError as error:
        raise Unprocessable("Another queue has this name", field="name") from error
    audit.record(
        organization_id=principal.organization_id, actor=principal, action=action, target=queue, fields=list(fields)
    )
    return queue


@transaction.atomic
def delete_queue(*, principal: Principal, queue: Queue) -> None:
    """Raises Unprocessable for the default queue, and for one that calls went through: they are in the books."""
    queue = Queue.objects.select_for_update().get(pk=queue.pk)
    if queue.is_default:
        raise Unprocessable("The default queue cannot be deleted")
    routes.refuse_if_led_to(queue)
    if queue.calls.exists() or queue.entries.exists() or Voicemail.objects.filter(queue=queue).exists():
        raise Unprocessable("The queue has calls in the books")
    audit.record(organization_id=principal.organization_id, actor=principal, action="queue.deleted", target=queue)
    queue.delete()
