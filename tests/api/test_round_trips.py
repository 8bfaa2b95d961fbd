"""What a request costs before its view begins: who asks, and how often they have."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection

from tests import people
from tests.people import Caller
from zerovoice.api import cache

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What goes to Redis, an item for each time that something is sent and waited for."""
    sent: list[Any] = []
    send = AbstractConnection.send_packed_command

    def counted(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        sent.append(command)
        send(self, command, check_health)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    monkeypatch.setattr(cache, "_silent_until", 0.0)  # another test may have taken Redis away a moment ago
    return sent


@pytest.mark.parametrize("kind", ["key", "token"])
def test_credentials_and_rate_limit_take_two_round_trips_and_no_query(kind: str, sent: list[Any]) -> None:
    acme = people.organization()
    caller: Caller = people.program(acme) if kind == "key" else people.member(acme, "owner")
    assert caller.get("/api/v1/calls/logs").status_code == 200  # from now on it is known who they are
    sent.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = caller.get("/api/v1/calls/logs")
    assert (answer.status_code, "RateLimit-Remaining" in answer) == (200, True)
    assert len(sent) == 2, sent
    assert [query["sql"] for query in queries if "accounts_" in query["sql"]] == []
    assert len(queries) == 2  # the count and the page
