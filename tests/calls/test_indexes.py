"""Each filter of the logs has an index that PostgreSQL can use, whatever the size of the table.

Which plan it chooses on a million rows is measured by `make bench`; here the planner is only kept from reading the
whole table, so that a filter without an index shows on a few rows.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.filters import CallLogFilterSet, LiveCallFilterSet
from calls.models import Agent, Call, Queue
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

#: A rare value for each filter; a new filter without one fails.
VALUES = {
    "from": "+15550000007", "to": "+15559999999", "direction": "outbound", "disposition": "voicemail",
    "queue_id": str(new_id()), "agent_id": str(new_id()), "date_start": "2026-03-01", "date_end": "2026-01-02",
}  # fmt: skip
COLUMNS = {"from": "from_number", "to": "to_number", "date_start": "created_at", "date_end": "created_at"}
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def acme() -> Organization:
    """A thousand calls over sixty days, of which few have the rare values."""
    acme = people.organization()
    agent = Agent.objects.create(organization=acme, name="Ann", endpoint="+15551239999")
    queue = Queue.objects.of(acme.pk).get()
    Call.objects.bulk_create(
        Call(
            organization=acme, from_number=f"+1555{number:07}", to_number="+15551230002", agent=agent, queue=queue,
            direction="inbound" if number % 100 else "outbound", disposition="answered" if number % 50 else "voicemail",
            created_at=FIRST + timedelta(hours=1.44 * number), ended_at=FIRST if number % 20 else None,
        )
        for number in range(1000)
    )  # fmt: skip
    return acme


def plans(caller: people.Caller, path: str, query: dict[str, str], *avoided: str) -> list[Any]:
    """Of the count and of the page, which must not be made with what is `avoided` where anything else will do."""
    caller.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert caller.get(path, query).status_code == 200
    statements = [one["sql"] for one in queries.captured_queries if 'FROM "calls_call"' in one["sql"]]
    count, page = sorted(statements, key=lambda statement: "COUNT(" not in statement)
    found = []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_call")
        for way in ("seqscan", "bitmapscan", *avoided):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for statement in (count, page):
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            found.append(cursor.fetchone()[0][0]["Plan"])
    return found


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def test_every_filter_is_known() -> None:
    assert {*CallLogFilterSet.base_filters, *LiveCallFilterSet.base_filters} == set(VALUES)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_filter_of_the_logs_has_an_index(name: str, acme: Organization) -> None:
    for plan in plans(people.program(acme), "/api/v1/calls/logs", {name: VALUES[name]}):
        kinds = [node["Node Type"] for node in nodes(plan)]
        assert "Seq Scan" not in kinds, plan
        conditions = " ".join(node.get("Index Cond", "") for node in nodes(plan))
        assert COLUMNS.get(name, name) in conditions, plan  # found through the index, not picked out of its rows


@pytest.mark.parametrize("name", ["queue_id", "agent_id"])
def test_live_calls_have_an_index(name: str, acme: Organization) -> None:
    for plan in plans(people.program(acme), "/api/v1/calls/live", {name: VALUES[name]}):
        assert "Seq Scan" not in [node["Node Type"] for node in nodes(plan)], plan


@pytest.mark.parametrize("name", sorted(VALUES))
def test_matches_are_counted_in_the_index_alone(name: str, acme: Organization) -> None:
    """Whether a call is over stands in the index: else counting matches would read their rows."""
    count, _ = plans(people.program(acme), "/api/v1/calls/logs", {name: VALUES[name]}, "indexscan")
    kinds = [node["Node Type"] for node in nodes(count)]
    assert "Index Only Scan" in kinds, count
    assert not {"Index Scan", "Seq Scan", "Bitmap Heap Scan"} & set(kinds), count
