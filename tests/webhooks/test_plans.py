"""What PostgreSQL does for lists, the feed, the sender and the purge in tables that have grown: nothing is read whole,
nothing is sorted whole. The planner is free to choose; what it chose is carried out, and its rows are counted.

`make soak` has 200,000 events; the suite has a tenth.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests import people
from tests.people import Caller
from tests.thorough import times
from tests.webhooks.things import endpoint_of
from zerovoice.accounts.models import Organization
from zerovoice.api import pagination
from zerovoice.lib import clock
from zerovoice.webhooks import claiming, cleaning, line, replaying
from zerovoice.webhooks.models import Endpoint, Feed, Replay

pytestmark = pytest.mark.django_db

EVENTS = times(20_000, 200_000)
BIG = EVENTS * 6 // 10  # of one organisation; the others' come between
#: Matches are counted up to so many: with fewer rows, to fewer.
COUNTED = times(1_000, pagination.COUNTED_MATCHES)
#: A bitmap may be of some more than are counted, and a batch of the purge is of a thousand.
MOST_ROWS = 2 * COUNTED + 500
TABLES = ("webhooks_event", "webhooks_delivery")
DAYS = 60

# A minute or less between two events, the newest now. Ids are UUIDv7, as `new_id` makes them.
_FILL = """
INSERT INTO webhooks_event
    (id, organization_id, kind, subject_type, subject_id, data, callback_url, created_at, position, sequence)
SELECT
    (lpad(to_hex((extract(epoch FROM made.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
    organization, kind, 'call', gen_random_uuid(), '{{}}', '', made.at,
    CASE WHEN n <= {events} - 300 THEN row_number() OVER (PARTITION BY organization ORDER BY n) END,
    CASE WHEN n <= {events} - 300 THEN 1 END
FROM (
    SELECT n, now() - ({events} - n) * interval '{days} days' / {events} AS at,
        CASE WHEN n % 10 < 6 THEN '{big}' ELSE (ARRAY[{others}])[1 + n % 7] END::uuid AS organization,
        CASE WHEN n % 2000 = 7 THEN 'number.released' WHEN n % 3 = 0 THEN 'call.completed'
             ELSE 'call.ringing' END AS kind
    FROM generate_series(1, {events}) AS n
) AS made;

INSERT INTO webhooks_delivery
    (id, organization_id, event_id, endpoint_id, url, kind, lane, body, state, attempts, round_attempts, due_at,
     lease_expires_at, log, response_status, last_error, finished_at, created_at)
SELECT
    (substr(e.id::text, 1, 18) || substr(gen_random_uuid()::text, 19))::uuid, e.organization_id, e.id,
    endpoint.id, CASE WHEN endpoint.id IS NULL THEN 'https://example.com/' ELSE '' END, e.kind,
    coalesce(endpoint.id, md5(e.organization_id::text)::uuid), CASE WHEN n < 29 * {events} / {days} THEN '' ELSE '{{}}' END,
    how.state, 1, 1, e.created_at, CASE how.state WHEN 'processing' THEN now() + interval '1 hour' END, '[]', 200, '',
    CASE WHEN how.state IN ('delivered', 'failed') THEN e.created_at END, e.created_at
FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM webhooks_event) AS e
LEFT JOIN webhooks_endpoint AS endpoint ON endpoint.organization_id = e.organization_id AND n % 4 < 3
    AND endpoint.description = (n % 3)::text,
LATERAL (SELECT CASE WHEN n > {events} - 600 THEN 'pending' WHEN n % 5000 = 9 THEN 'processing'
                     WHEN n % 400 = 11 THEN 'pending' WHEN n % 300 = 1 THEN 'failed' ELSE 'delivered' END AS state) AS how
WHERE e.position IS NOT NULL
"""  # noqa: E501


@pytest.fixture
def acme(db: None) -> Organization:
    """The one with most of it: three endpoints, and addresses of single requests. One endpoint is deleted."""
    acme = people.organization()
    others = [people.organization(f"Other {n}") for n in range(7)]
    for organization in (acme, *others):
        for n in range(3):
            endpoint = endpoint_of(organization, f"https://example.com/{n}")
            Endpoint.objects.filter(pk=endpoint.pk).update(description=str(n))
    statement = _FILL.format(
        events=EVENTS, days=DAYS, big=acme.pk, others=", ".join(f"'{other.pk}'" for other in others)
    )
    with connection.cursor() as cursor:
        for part in statement.split(";"):
            cursor.execute(part.replace("%", "%%"), [])
        cursor.execute("INSERT INTO webhooks_feed SELECT organization_id, max(position) FROM webhooks_event GROUP BY 1")
        cursor.execute(f"ANALYZE {', '.join(TABLES)}, webhooks_endpoint")
    Endpoint.objects.filter(organization=others[0], description="2").update(deleted_at=clock.machine_now())
    return acme


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_of(node: Any) -> float:
    """That a node gave or looked at; of an UPDATE's, that it changed."""
    return float((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


def is_exact_count(statement: str) -> bool:
    """Of a list without a filter: in the index, without the rows."""
    return statement.startswith('SELECT COUNT(*) AS "__count"')


def bad(act: Callable[[], Any]) -> list[str]:
    """What an act's statements read or sort more of than they should."""

    class _Undo(Exception):
        pass

    with suppress(_Undo), transaction.atomic(), CaptureQueriesContext(connection) as queries:
        act()
        raise _Undo
    found, looked_at = [], 0
    for statement in (one["sql"] for one in queries.captured_queries):
        if not any(table in statement for table in TABLES) or statement.startswith(("INSERT", "SET", "ANALYZE")):
            continue
        looked_at += 1
        with suppress(_Undo), transaction.atomic(), connection.cursor() as cursor:
            if statement.startswith("DELETE"):
                cursor.execute("SET LOCAL zerovoice.purge_events = 'on'")
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement.replace("%", "%%"), [])
            plan = cursor.fetchone()[0][0]["Plan"]
            raise _Undo
        for node in nodes(plan):
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in TABLES:
                found.append(f"reads {node['Relation Name']} whole: {statement[:300]}")
            elif rows_of(node) > MOST_ROWS and not (is_exact_count(statement) and "Index Only" in node["Node Type"]):
                found.append(f"{node['Node Type']} of {rows_of(node):.0f} rows: {statement[:300]}")
    assert looked_at, "no statement was about these tables"
    return found


def test_nothing_is_read_or_sorted_whole(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test for all of them: the tables take a while to fill."""
    monkeypatch.setattr(pagination, "COUNTED_MATCHES", COUNTED)
    owner = people.member(acme, "owner")
    endpoint = Endpoint.objects.get(organization=acme, description="1")
    wrong = {
        name: found
        for name, act in {**lists(owner, endpoint), **feed(owner), **sender(acme), **purge()}.items()
        if (found := bad(act))
    }
    assert not wrong, "\n".join(f"{name}: {line}" for name, found in wrong.items() for line in found)


def lists(owner: Caller, endpoint: Endpoint) -> dict[str, Callable[[], Any]]:
    day = f"{clock.now() - timedelta(days=DAYS // 2):%Y-%m-%d}"
    queries: list[dict[str, str]] = [
        {}, {"page": "3"},
        *({"state": state} for state in ("pending", "processing", "delivered", "failed")),
        {"type": "call.completed"}, {"type": "number.released"}, {"type": "call.nothing"},
        {"date_start": day}, {"date_end": day}, {"date_start": day, "date_end": day},
        {"state": "failed", "type": "call.completed"}, {"state": "failed", "date_start": day},
        {"type": "number.released", "date_end": day}, {"type": "call.ringing", "state": "delivered", "date_end": day},
    ]  # fmt: skip
    paths = {
        "endpoint's": f"/api/v1/webhook-endpoints/{endpoint.pk}/deliveries",
        "callbacks'": "/api/v1/webhook-callbacks/deliveries",
    }

    def get(path: str, query: dict[str, str]) -> Callable[[], Any]:
        def act() -> None:
            assert owner.get(path, query).status_code == 200

        return act

    return {f"{whose} {query}": get(path, query) for whose, path in paths.items() for query in queries}


def feed(owner: Caller) -> dict[str, Callable[[], Any]]:
    last = Feed.objects.get(organization=owner.organization).last_position
    queries = [
        {"after": after, **types}
        for after in (0, last // 2, last - 10, last)
        for types in ({}, {"types": "call.*"}, {"types": "number.released"}, {"types": "number.*,voicemail.*"})
    ]

    def get(query: dict[str, Any]) -> Callable[[], Any]:
        return lambda: owner.get("/api/v1/events", query)

    return {f"events {query}": get(query) for query in queries}


def sender(acme: Organization) -> dict[str, Callable[[], Any]]:
    endpoint = Endpoint.objects.get(organization=acme, description="0")
    since, until = clock.now() - timedelta(days=20), clock.now() - timedelta(days=19)
    replay = Replay(organization=acme, endpoint=endpoint, since=since, until=until, position=900, until_position=1500)

    def go_on() -> None:
        replay.save(force_insert=True)
        assert replaying.go_on()

    return {
        "claim": lambda: claiming.claim(64, set()),
        "give back": claiming.give_back,
        "line": line.line_up,
        "bounds of a replay": lambda: replaying.bounds(acme.pk, since, until),
        "replay": go_on,
    }


def purge() -> dict[str, Callable[[], Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject_id FROM webhooks_event LIMIT 200")
        subjects: list[UUID] = [row[0] for row in cursor.fetchall()]
    organization_id = Organization.objects.get(name="Acme").pk
    return {
        "purge": lambda: cleaning.purge(seconds=0),
        "forget": lambda: cleaning.forget(organization_id, subjects),
    }
