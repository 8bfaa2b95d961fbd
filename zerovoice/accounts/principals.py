"""Principals, read through a cache.

A cached entry is at most 30 s old and dropped when its row is written. Without Redis every request reads PostgreSQL.
Entries are plain dicts: nothing secret is in them but the hash of a key's secret.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from zerovoice.accounts.models import ApiKey, Membership
from zerovoice.accounts.principal_cache import STALE_SECONDS, api_key_key, member_key
from zerovoice.accounts.scopes import SCOPES_OF_ROLE
from zerovoice.api import cache
from zerovoice.api.principal import OrganizationInfo, Principal
from zerovoice.lib.clock import machine_now

USED_EVERY = timedelta(minutes=1)  # how exact a key's last_used_at is

Entry = dict[str, Any]


class KeyHolder(NamedTuple):
    principal: Principal
    secret_hash: str
    just_loaded: bool  # from PostgreSQL: the moment to note that the key is in use
    last_used_at: datetime | None


def member(organization_id: UUID, user_id: UUID, version: int) -> Principal | None:
    """The user in that organisation, if the membership stands and its tokens still have this version."""
    entry, _ = _through_cache(member_key(organization_id, user_id), lambda: _load_member(organization_id, user_id))
    if entry is None or entry["version"] != version:
        return None
    return Principal(
        kind="user",
        id=entry["id"],
        name=entry["name"],
        organization=OrganizationInfo(**entry["organization"]),
        role=entry["role"],
        scopes=SCOPES_OF_ROLE[entry["role"]],
    )


def api_key(prefix: str) -> KeyHolder | None:
    """The key with that prefix, if it is good now. The caller compares the secret."""
    entry, just_loaded = _through_cache(api_key_key(prefix), lambda: _load_api_key(prefix))
    if entry is None or (entry["expires_at"] is not None and machine_now() >= entry["expires_at"]):
        return None
    principal = Principal(
        kind="api_key",
        id=entry["id"],
        name=entry["name"],
        organization=OrganizationInfo(**entry["organization"]),
        role="",
        scopes=frozenset(entry["scopes"]),
    )
    return KeyHolder(principal, entry["secret_hash"], just_loaded, entry["last_used_at"])


def note_use(key_id: UUID) -> None:
    """Write a key's last_used_at, at most once a minute however many processes see it used."""
    now = machine_now()
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiKey.objects.filter(due, id=key_id).update(last_used_at=now)


def _through_cache(key: str, load: Callable[[], Entry | None]) -> tuple[Entry | None, bool]:
    entry = cache.read(key)
    if entry is not None:
        return entry, False
    entry = load()
    if entry is not None:
        cache.write(key, entry, STALE_SECONDS)
    return entry, True


def _load_member(organization_id: UUID, user_id: UUID) -> Entry | None:
    found = (
        Membership.objects.select_related("user", "organization")
        .filter(organization_id=organization_id, user_id=user_id, user__is_active=True)
        .first()
    )
    if found is None:
        return None
    return {
        "id": found.user.id,
        "name": found.user.email,
        "organization": asdict(found.organization.info()),
        "role": found.role,
        "version": found.token_version,
    }


def _load_api_key(prefix: str) -> Entry | None:
    found = ApiKey.objects.select_related("organization").filter(prefix=prefix).first()
    if found is None or not found.is_usable(machine_now()):
        return None
    return {
        "id": found.id,
        "name": found.name,
        "organization": asdict(found.organization.info()),
        "scopes": list(found.scopes),
        "secret_hash": found.secret_hash,
        "expires_at": found.expires_at,
        "last_used_at": found.last_used_at,
    }
