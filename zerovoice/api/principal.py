"""Who is asking. Everything below `accounts` sees this and no model."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrganizationInfo:
    id: UUID
    name: str
    slug: str
    timezone: str  # IANA name
    country: str  # ISO 3166-1 alpha-2
    status: str  # active | past_due | suspended
    rate_limit_per_minute: int


@dataclass(frozen=True, slots=True)
class Principal:
    kind: str  # user | api_key
    id: UUID
    name: str  # the user's e-mail address, or what the key is called
    organization: OrganizationInfo
    role: str  # "" for a key
    scopes: frozenset[str]

    @property
    def organization_id(self) -> UUID:
        return self.organization.id

    @property
    def is_authenticated(self) -> bool:
        """Django's word for it; a Principal exists only after its credentials were found good."""
        return True

    @property
    def pk(self) -> str:
        """What the request log calls the user."""
        return f"{self.kind}:{self.id}"

    @property
    def own_calls_only(self) -> bool:
        return self.role == "agent"

    def has(self, scope: str) -> bool:
        return scope in self.scopes


def caller(request: Any) -> Principal:
    """Who makes this request of DRF's, past the permission class."""
    return cast(Principal, request.user)
