from __future__ import annotations

from celery import shared_task

from zerovoice.lib.tasks import enqueue
from zerovoice.webhooks import cleaning, sending


@shared_task
def send() -> None:
    """Send what is to be sent, if nobody does."""
    if sending.anything_to_do() and sending.send():
        enqueue(send)


@shared_task
def tick() -> None:
    """Tell a sender of what it was not told of, or has forgotten."""
    if sending.anything_to_do():
        enqueue(send)


@shared_task
def purge() -> int:
    return cleaning.purge()
