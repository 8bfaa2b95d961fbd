"""The record of who changed what."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

from zerovoice.accounts.models import AuditEntry
from zerovoice.api.middleware import current_request_id
from zerovoice.api.principal import Principal


def record(
    *, organization_id: UUID, actor: Principal | None, action: str, target: Model, fields: Iterable[str] = ()
) -> AuditEntry:
    """Add an entry, in the caller's transaction. No actor: the system itself. Names of fields only, never values."""
    return AuditEntry.objects.create(
        organization_id=organization_id,
        actor_kind=actor.kind if actor else "system",
        actor_id=actor.id if actor else None,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        fields=sorted(fields),
        request_id=current_request_id(),
    )
