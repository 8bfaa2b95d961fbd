"""What is known of the audit's seals without reading all of it, and what the last check found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zerovoice.accounts import sealing
from zerovoice.accounts.models import AuditMark, AuditSeal, Organization
from zerovoice.api import cache
from zerovoice.lib import clock

_KEPT_SECONDS = 30 * 86_400
_MOST_WAITING = 1000
_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class AuditState:
    sealed_at: datetime | None  # machine time, as `checked_at`
    waiting: int  # entries not yet sealed, up to 1,000
    checked_at: datetime | None  # None: not within the last month
    problems: tuple[str, ...]  # of that check, the first twenty


def state_of(organization: Organization) -> AuditState:
    seals = AuditSeal.objects.filter(organization=organization).order_by("-number")
    checked = cache.read(_key(organization.pk)) or {}
    return AuditState(
        sealed_at=seals.values_list("created_at", flat=True).first(),
        waiting=AuditMark.objects.filter(organization_id=organization.pk)[:_MOST_WAITING].count(),
        checked_at=checked.get("at"),
        problems=tuple(checked.get("problems", ())),
    )


def check(organization_id: UUID) -> int:
    """Read all of it, and note what was found for those who look; how many differences."""
    found = list(sealing.problems(organization_id))
    noted = {"at": clock.machine_now(), "problems": found[:_MOST_PROBLEMS]}
    cache.write(_key(organization_id), noted, _KEPT_SECONDS)
    return len(found)


def _key(organization_id: UUID) -> str:
    return f"audit-check:{organization_id}"
