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
    """What is old goes; at once again while there is more of it than fits into one task."""
    gone, all_gone = cleaning.purge()
    if not all_gone:
        enqueue(purge)
    return gone
