from celery import shared_task

from zerovoice.api.idempotency import KEPT
from zerovoice.api.models import IdempotentAnswer
from zerovoice.lib.clock import machine_now


@shared_task
def purge_idempotent_answers() -> int:
    """Drop the answers nobody can ask for any more; how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=machine_now() - KEPT).delete()[0]
