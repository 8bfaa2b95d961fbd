from uuid import UUID

from celery import shared_task
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from zerovoice.accounts import audit_state, sealing
from zerovoice.lib.clock import machine_now


@shared_task
def flush_expired_tokens() -> int:
    """Drop refresh tokens that have expired, blacklisted or not; how many rows."""
    return OutstandingToken.objects.filter(expires_at__lt=machine_now()).delete()[0]


@shared_task
def seal_audit() -> int:
    """Seal the audit entries that are not yet; how many."""
    return sealing.seal_all()


@shared_task
def check_audit(organization_id: str) -> int:
    """Look whether an organisation's audit is as it was written; how many differences. Its list shows them."""
    return audit_state.check(UUID(organization_id))
