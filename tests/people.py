"""The people of the tests: an owner and colleagues of one organisation, a stranger of another, and how they call."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.test import Client

from zerovoice.accounts import actions, tokens
from zerovoice.accounts.models import Membership, Organization
from zerovoice.accounts.scopes import ALL
from zerovoice.lib.ids import new_id

PASSWORD = "correct horse battery staple"


@dataclass
class Caller:
    """Somebody who speaks JSON to the API. `answer = owner.get("/api/v1/members")`; `answer.json()`."""

    organization: Organization
    headers: dict[str, str]
    membership: Membership | None = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`body` is sent as JSON, bytes as they are. Header names are written with `_`."""
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return self.client.generic(
            method, path, data, content_type="application/json", headers={**self.headers, **_dashed(headers)}
        )

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(path, query, headers={**self.headers, **_dashed(headers)})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("DELETE", path, **headers)


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


ANYBODY = Caller(organization=None, headers={})  # type: ignore[arg-type]  # without credentials


def organization(name: str = "Acme", **fields: Any) -> Organization:
    return actions.create_organization(name=name, rate_limit_per_minute=100_000, **fields)


def member(of: Organization, role: str, name: str = "", **fields: Any) -> Caller:
    """A new person with that role, holding a token."""
    name = name or role
    email = f"{name}-{new_id().hex[-8:]}@example.com"
    user = actions.create_user(email=email, password=PASSWORD, name=name.title(), **fields)
    membership = actions.add_member(organization=of, user=user, role=role)
    return Caller(of, {"Authorization": f"Bearer {tokens.issue(membership).access_token}"}, membership)


def program(of: Organization, *scopes: str) -> Caller:
    """A program with an API key of these scopes (of all, when none is named)."""
    _, key = actions.create_api_key(organization=of, name="program", scopes=scopes or ALL)
    return Caller(of, {"X-API-Key": key})


def absent_id() -> UUID:
    """An id of nothing."""
    return new_id()
