"""Where principals are cached, and how a write drops them. Below the models, which call it."""

from uuid import UUID

from django.db import transaction

from zerovoice.api import cache

STALE_SECONDS = 30


def member_key(organization_id: UUID, user_id: UUID) -> str:
    return f"member:{organization_id}:{user_id}"


def api_key_key(prefix: str) -> str:
    return f"api-key:{prefix}"


def forget_on_commit(*keys: str) -> None:
    if keys:
        transaction.on_commit(lambda: cache.forget(*keys))
