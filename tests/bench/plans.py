"""Which plan PostgreSQL chooses for what the API really sends: each filter of /calls/logs, and combinations.

The requests go through the whole API in this process; every statement about calls that they cause is explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from tests.bench.data import Sample
from zerovoice.lib.ids import new_id

TABLE = "calls_call"


@dataclass(frozen=True)
class Case:
    name: str
    query: dict[str, str]
    path: str = "/api/v1/calls/logs"
    #: Figures only: what the count of everything costs is the subject of another piece of work.
    for_information: bool = False


@dataclass(frozen=True)
class Plan:
    case: str
    what: str  # "page" or "count"
    scans: tuple[str, ...]
    sequential: bool
    milliseconds: float
    rows: int
    blocks: int
    for_information: bool

    @property
    def failed(self) -> bool:
        return self.sequential and not self.for_information


def cases(sample: Sample) -> list[Case]:
    own, customer, queue, agent = sample.own_number, sample.customer, sample.queue_id, sample.agent_id
    month = {"date_start": sample.month_start, "date_end": sample.month_end}
    day = {"date_start": sample.day, "date_end": sample.day}
    nobody = "+14150000000"
    logs = [
        Case("from: a customer", {"from": customer}),
        Case("from: our own number", {"from": own}),
        Case("from: nobody", {"from": nobody}),
        Case("to: a customer", {"to": customer}),
        Case("to: our own number", {"to": own}),
        Case("direction", {"direction": "inbound"}),
        Case("disposition: frequent", {"disposition": "answered"}),
        Case("disposition: rare", {"disposition": "callback agreed"}),
        Case("disposition: never used", {"disposition": "nothing"}),
        Case("queue_id", {"queue_id": queue}),
        Case("agent_id", {"agent_id": agent}),
        Case("date_start", {"date_start": sample.day}),
        Case("date_end", {"date_end": sample.day}),
        Case("one day", day),
        Case("one month", month),
        Case("from + to", {"from": own, "to": customer}),
        Case("from + one month", {"from": own, **month}),
        Case("to + one day", {"to": own, **day}),
        Case("direction + disposition", {"direction": "inbound", "disposition": "no_answer"}),
        Case("direction + rare disposition", {"direction": "outbound", "disposition": "callback agreed"}),
        Case("direction + one month", {"direction": "outbound", **month}),
        Case("disposition + one month", {"disposition": "abandoned", **month}),
        Case("from + disposition", {"from": own, "disposition": "answered"}),
        Case("to + direction", {"to": own, "direction": "inbound"}),
        Case("queue_id + direction", {"queue_id": queue, "direction": "inbound"}),
        Case("queue_id + agent_id", {"queue_id": queue, "agent_id": agent}),
        Case("queue_id + disposition", {"queue_id": queue, "disposition": "abandoned"}),
        Case("queue_id + one day", {"queue_id": queue, **day}),
        Case("agent_id + one month", {"agent_id": agent, **month}),
        Case("agent_id + direction + disposition", {"agent_id": agent, "direction": "outbound", "disposition": "sale"}),
        Case(
            "everything at once",
            {
                "from": own,
                "to": customer,
                "direction": "outbound",
                "disposition": "answered",
                "queue_id": queue,
                **month,
            },
        ),
    ]
    live = "/api/v1/calls/live"
    others = [
        Case("live", {}, live),
        Case("live: queue_id", {"queue_id": queue}, live),
        Case("live: agent_id", {"agent_id": agent}, live),
        Case("unfiltered", {}),
        Case("unfiltered, page 1000", {"page": "1000"}),
        Case("direction, page 1000", {"direction": "inbound", "page": "1000"}),
        Case("queue_id + agent_id, page 300", {"queue_id": queue, "agent_id": agent, "page": "300"}),
    ]
    return logs + others


def explain(sample: Sample, case: Case) -> Iterator[Plan]:
    from django.db import connection

    for statement in statements(sample, case.path, case.query):
        if TABLE not in statement:
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement.replace("%", "%%"), [])
            (told,) = cursor.fetchone()
        whole = (told if isinstance(told, list) else orjson.loads(told))[0]
        nodes = [node for node in _nodes(whole["Plan"]) if node.get("Relation Name") in (TABLE, None)]
        yield Plan(
            case=case.name,
            what="page" if statement.startswith("SELECT") and "COUNT(" not in statement else "count",
            scans=tuple(_scan(node) for node in nodes if "Scan" in node["Node Type"] and _scan(node)),
            sequential=any(node["Node Type"] == "Seq Scan" and node.get("Relation Name") == TABLE for node in nodes),
            milliseconds=whole["Execution Time"],
            rows=whole["Plan"]["Actual Rows"],
            blocks=whole["Plan"].get("Shared Hit Blocks", 0) + whole["Plan"].get("Shared Read Blocks", 0),
            for_information=case.for_information,
        )


def statements(sample: Sample, path: str, query: dict[str, str]) -> list[str]:
    """The SQL that one request causes once the caller is known (whose credentials come from the cache)."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"X-API-Key": sample.api_key})
    assert client.get(path, query).status_code == 200, (path, query)
    with CaptureQueriesContext(connection) as captured:
        client.get(path, query)
    return [str(one["sql"]) for one in captured.captured_queries]


def supervisor(sample: Sample) -> Any:
    """Somebody of the floor who is logged in to the back office."""
    from django.test import Client

    from zerovoice.accounts import actions
    from zerovoice.accounts.models import Organization

    user = actions.create_user(
        email=f"supervisor-{new_id().hex[-8:]}@example.com", password=new_id().hex, name="Sue", is_staff=True
    )
    actions.add_member(organization=Organization.objects.get(pk=sample.organization_id), user=user, role="supervisor")
    client = Client()
    client.force_login(user)
    return client


def page_of_calls(client: Any, path: str, query: dict[str, str]) -> list[str]:
    """Of what a page of the list of calls asks, the page of calls itself and how many there are up to the bound."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert client.get(path, query).status_code == 200, (path, query)
    with CaptureQueriesContext(connection) as captured:
        client.get(path, query)
    sent = [str(one["sql"]) for one in captured.captured_queries]
    return [sql for sql in sent if f'FROM "{TABLE}"' in sql and ("COUNT(" in sql or '"calls_queue"' in sql)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _scan(node: dict[str, Any]) -> str:
    if node["Node Type"] == "Seq Scan":
        return f"SEQUENTIAL SCAN of {node['Relation Name']}"
    index = node.get("Index Name", "")
    if not index or (node.get("Relation Name") not in (TABLE, None)):
        return ""
    return f"{index}{' (index only)' if node['Node Type'] == 'Index Only Scan' else ''}"
