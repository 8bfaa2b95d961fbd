"""How upper apps take part: what a number may lead to, and what keeps one from being released."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from numbers.models import PhoneNumber

Exists = Callable[[UUID, UUID], bool]
InUse = Callable[[PhoneNumber], bool]

#: Every kind of target there will be (some come with a feature of their own): another word is a typing error.
KINDS = ("ivr", "queue", "agent", "forward", "voicemail", "hangup")


@dataclass(frozen=True)
class Target:
    """`exists(organization_id, target_id)`; None for a kind that leads nowhere in particular, such as hangup."""

    exists: Exists | None


_targets: dict[str, Target] = {}
_uses: list[InUse] = []


def register_target(kind: str, *, exists: Exists | None = None) -> None:
    """Let numbers lead to this kind of target. Call it in `apps.py`; `exists` runs in the transaction that saves."""
    _targets[kind] = Target(exists)


def target(kind: str) -> Target | None:
    return _targets.get(kind)


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
