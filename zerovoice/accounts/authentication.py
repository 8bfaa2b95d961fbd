"""The two ways to say who one is: `X-API-Key`, or `Authorization: Bearer <JWT>`."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from zerovoice.accounts import keys, principals, tokens
from zerovoice.api.errors import Unauthorized
from zerovoice.api.principal import Principal


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        given = request.META.get("HTTP_X_API_KEY")
        if given is None:
            return None
        text = keys.parse_key(given)
        holder = principals.api_key(text.prefix) if text else None
        if text is None or holder is None or not keys.secret_matches(text.secret, holder.secret_hash):
            raise Unauthorized()
        if holder.just_loaded:  # not on the others: a request served from the cache writes nothing
            principals.note_use(holder.principal.id)
        return holder.principal, text.prefix

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Principal, tokens.AccessToken] | None:
        kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = tokens.parse_access(text.strip())
        return tokens.principal_of(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
