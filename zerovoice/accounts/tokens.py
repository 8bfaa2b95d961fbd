"""JSON Web Tokens (simplejwt) that name the user, the organisation and a version.

Raising a membership's `token_version` voids all its tokens at once. Refreshing rotates: the old refresh token is
blacklisted, and of two requests with the same one exactly one succeeds.
"""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.functional import cached_property
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken, TokenError

from zerovoice.accounts import principals
from zerovoice.accounts.models import Membership
from zerovoice.api.errors import Unauthorized
from zerovoice.api.principal import Principal

ORGANIZATION, VERSION, USER = "org", "ver", "user_id"


class _Backend(TokenBackend):
    """Signs with SECRET_KEY; tokens signed with an earlier one stay good until they expire."""

    @cached_property
    def _earlier(self) -> list[TokenBackend]:
        return [TokenBackend(self.algorithm, key) for key in settings.SECRET_KEY_FALLBACKS]

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify)
        except TokenBackendExpiredToken:
            raise
        except TokenBackendError:
            for backend in self._earlier:
                try:
                    return backend.decode(token, verify)
                except TokenBackendExpiredToken:
                    raise
                except TokenBackendError:
                    continue
            raise


_backend = _Backend(settings.SIMPLE_JWT["ALGORITHM"], settings.SIMPLE_JWT["SIGNING_KEY"])


class AccessToken(tokens.AccessToken):
    _token_backend = _backend


class RefreshToken(tokens.RefreshToken):
    _token_backend = _backend
    access_token_class = AccessToken


def issue(membership: Membership) -> RefreshToken:
    """A new pair: the refresh token, and its `access_token`."""
    token = cast(RefreshToken, RefreshToken.for_user(membership.user))
    token[ORGANIZATION] = str(membership.organization_id)
    token[VERSION] = membership.token_version
    return token


def principal_of(token: tokens.Token) -> Principal:
    """Raises Unauthorized when the claims are not ours or the membership ended."""
    try:
        organization_id, user_id = UUID(token[ORGANIZATION]), UUID(token[USER])
        version = int(token[VERSION])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unauthorized() from error
    principal = principals.member(organization_id, user_id, version)
    if principal is None:
        raise Unauthorized()
    return principal


def parse_access(text: str) -> AccessToken:
    """Raises Unauthorized."""
    try:
        return AccessToken(text)  # type: ignore[arg-type]
    except (TokenError, ValueError) as error:
        raise Unauthorized() from error


def _parse_refresh(text: str) -> RefreshToken:
    try:
        return RefreshToken(text)  # type: ignore[arg-type]
    except (TokenError, ValueError, KeyError) as error:
        raise Unauthorized("The refresh token is invalid, expired or used", "refresh") from error


@transaction.atomic
def rotate(text: str) -> tuple[RefreshToken, Membership]:
    """A new pair for an old refresh token, which is void from now on. Raises Unauthorized."""
    old = _parse_refresh(text)
    principal = principal_of(old)
    membership = Membership.objects.select_related("user", "organization").get(
        organization_id=principal.organization_id, user_id=principal.id
    )
    _, first = cast("tuple[Any, bool]", old.blacklist())  # annotated wrongly there
    if not first:
        raise Unauthorized("The refresh token is invalid, expired or used", "refresh")
    return issue(membership), membership


def revoke(text: str) -> None:
    """Log out: the refresh token is void from now on. Raises Unauthorized when it was already."""
    _parse_refresh(text).blacklist()
