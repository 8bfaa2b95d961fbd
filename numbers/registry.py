"""How upper apps take part: what a route may lead to, and what keeps a number from being released."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from numbers.models import PhoneNumber

#: (organization_id, target_id, field): raises the API's errors, about that field, unless something may lead there.
Check = Callable[[UUID, str, str], None]
InUse = Callable[[PhoneNumber], bool]

#: Every kind of target, and what names one: another word is a typing error.
NAMED_BY = {
    "ivr": "id",
    "queue": "id",
    "agent": "id",
    "forward": "number",
    "voicemail": "id or nothing",
    "hangup": "nothing",
}
KINDS = tuple(NAMED_BY)
BUSINESS_HOURS = "business_hours"

_checks: dict[str, Check] = {}
_uses: list[InUse] = []


def register_target(kind: str, check: Check) -> None:
    """Let routes lead to this kind of target, or go by business hours. Call it in `apps.py`.

    `check` runs in the transaction that saves the route: what it finds must stay until that is over.
    """
    _checks[kind] = check


def check(organization_id: UUID, route: Mapping[str, Any], *, field: str) -> None:
    """Raises the API's errors unless all that the route names is there, and may be led to. `field`: where it stands."""
    if route["target_id"] is not None:
        _checks[route["type"]](organization_id, route["target_id"], f"{field}.target_id")
    if hours_id := route.get("business_hours_id"):
        _checks[BUSINESS_HOURS](organization_id, hours_id, f"{field}.business_hours_id")


def register_use(in_use: InUse) -> None:
    """Let `in_use(number)` say whether something goes on that the number must not be taken away from."""
    if in_use not in _uses:
        _uses.append(in_use)


def in_use(number: PhoneNumber) -> bool:
    return any(use(number) for use in _uses)


def target_of(number: PhoneNumber) -> tuple[str, UUID | None]:
    """The kind and the id that the number leads to; ("", None) when nobody said so."""
    routing: dict[str, Any] = number.routing or {}
    try:
        return str(routing.get("type") or ""), UUID(str(routing.get("target_id") or ""))
    except ValueError:
        return str(routing.get("type") or ""), None
