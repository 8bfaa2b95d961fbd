"""Each filter of the logs and of the voicemails has an index that PostgreSQL can use, whatever the size of the table.

Which plan it chooses on a million rows is measured by `make bench`; here the planner is only kept from reading the
whole table, so that a filter without an index shows on a few rows.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.filters import CallLogFilterSet, LiveCallFilterSet, VoicemailFilterSet
from calls.models import Agent, Call, CallLeg, Queue, QueueMembership, Recording, Voicemail
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


def plans(
    caller: people.Caller, path: str, query: dict[str, str], *avoided: str, table: str = "calls_call"
) -> list[Any]:
    """Of the count, where rows are counted, and of the page: without what is `avoided` where anything else does."""
    caller.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert caller.get(path, query).status_code == 200
    statements = [one["sql"] for one in queries.captured_queries if f'FROM "{table}"' in one["sql"]]
    statements.sort(key=lambda statement: "COUNT(" not in statement)  # what the rollups know is not counted here
    found = []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_call, calls_callleg, calls_recording, calls_voicemail, calls_queue, calls_agent")
        for way in ("seqscan", "bitmapscan", *avoided):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for statement in statements:
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


@pytest.mark.parametrize("name", ["agent_id", "from", "to"])  # the rollups know the others
def test_matches_are_counted_in_the_index_alone(name: str, acme: Organization) -> None:
    """Whether a call is over stands in the index: else counting matches would read their rows."""
    count, _ = plans(people.program(acme), "/api/v1/calls/logs", {name: VALUES[name]}, "indexscan")
    kinds = [node["Node Type"] for node in nodes(count)]
    assert "Index Only Scan" in kinds, count
    assert not {"Index Scan", "Seq Scan", "Bitmap Heap Scan"} & set(kinds), count


# --- voicemails ---


def box_of(acme: Organization) -> dict[str, str]:
    """A rare value for each filter of the voicemails."""
    queue = Queue.objects.of(acme.pk).get(name="Rare")
    agent = Agent.objects.of(acme.pk).get(name="Rare")
    return {"status": "archived", "queue_id": str(queue.pk), "agent_id": str(agent.pk)}


@pytest.fixture
def messages(acme: Organization) -> Organization:
    """A message of each call: every second in an agent's box, few of them in the rare ones'."""
    rare = Agent.objects.create(organization=acme, name="Rare", endpoint="client:rare")
    agents = [Agent.objects.of(acme.pk).get(name="Ann"), rare]
    queues = [Queue.objects.of(acme.pk).get(), Queue.objects.create(organization=acme, name="Rare")]
    calls = list(Call.objects.of(acme.pk).order_by("created_at"))
    legs = CallLeg.objects.bulk_create(CallLeg(organization=acme, call=call, role="customer") for call in calls)
    recordings = Recording.objects.bulk_create(
        Recording(organization=acme, call=leg.call, leg=leg, sid=f"RE{new_id().hex}", kind="voicemail") for leg in legs
    )
    Voicemail.objects.bulk_create(
        Voicemail(
            organization=acme, call=recording.call, recording=recording, from_number=recording.call.from_number,
            created_at=recording.call.created_at, status="new" if number % 40 > 1 else "archived",
            agent=agents[number % 50 == 1] if number % 2 else None,
            queue=None if number % 2 else queues[number % 50 == 0],
        )
        for number, recording in enumerate(recordings)
    )  # fmt: skip
    return acme


def test_every_filter_of_the_voicemails_is_known(messages: Organization) -> None:
    assert set(VoicemailFilterSet.base_filters) == set(box_of(messages))


@pytest.mark.parametrize(
    ("names", "index"),
    [
        (("status",), "calls_voicemails_by_status"),
        (("queue_id",), "calls_voicemails_by_queue"),
        (("agent_id",), "calls_voicemails_by_agent"),
        (("status", "queue_id"), "calls_voicemails_by_queue"),
        (("status", "agent_id"), "calls_voicemails_by_agent"),
    ],
)
def test_voicemails_are_found_and_counted_in_the_index(
    names: tuple[str, ...], index: str, messages: Organization
) -> None:
    query = {name: value for name, value in box_of(messages).items() if name in names}
    caller, joins = people.program(messages), ("mergejoin", "hashjoin")
    page = voicemail_scans(caller, query, *joins)[1]
    count = voicemail_scans(caller, query, *joins, "indexscan")[0]
    assert [(scan["Node Type"], scan["Index Name"]) for scan in page] == [("Index Scan", index)]
    assert [(scan["Node Type"], scan["Index Name"]) for scan in count] == [("Index Only Scan", index)]
    for name in {"queue_id", "agent_id"} & set(names):
        assert all(name in scan["Index Cond"] for scan in (*page, *count))


def test_all_voicemails_are_read_in_the_order_of_an_index(messages: Organization) -> None:
    _, (page,) = voicemail_scans(people.program(messages), {}, "mergejoin", "hashjoin")
    assert page["Index Name"] == "calls_voicemails"


def voicemail_scans(caller: people.Caller, query: dict[str, str], *avoided: str) -> list[list[Any]]:
    """How the table is read for the count and for the page."""
    found = plans(caller, "/api/v1/voicemails", query, *avoided, table="calls_voicemail")
    return [[node for node in nodes(plan) if node.get("Relation Name") == "calls_voicemail"] for plan in found]


def test_an_agents_boxes_are_found_in_their_indexes(messages: Organization) -> None:
    caller = people.member(messages, "agent")
    agent = Agent.objects.of(messages.pk).get(name="Rare")
    Agent.objects.filter(pk=agent.pk).update(user=caller.membership.user)
    QueueMembership.objects.create(agent=agent, queue=Queue.objects.of(messages.pk).get(name="Rare"))
    assert caller.get("/api/v1/voicemails").json()["count"] == 40
    with CaptureQueriesContext(connection) as queries:
        caller.get("/api/v1/voicemails")
    (counted,) = (one["sql"] for one in queries.captured_queries if "COUNT(" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_call, calls_voicemail")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute(f"EXPLAIN {counted}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "BitmapOr" in plan
    assert "calls_voicemails_by_agent" in plan
    assert "calls_voicemails_by_queue" in plan
