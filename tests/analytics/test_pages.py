"""The long lists over the API: exact counts, and far pages that are sought, whatever is settled."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from analytics import settling
from calls.models import Agent, Call, Queue
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.api import pagination

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LOGS = "/api/v1/calls/logs"


@pytest.fixture
def acme() -> Organization:
    acme = people.organization("Acme", timezone="America/Los_Angeles")
    chance = random.Random(3)
    queue = Queue.objects.create(organization=acme, name="Sales")
    agent = Agent.objects.create(organization=acme, name="Ann", endpoint="+14155550001")
    Call.objects.bulk_create(
        Call(
            organization=acme, from_number="+14155550142", to_number="+14155550100",
            direction=chance.choice(["inbound", "outbound"]), disposition=chance.choice(["answered", "abandoned"]),
            queue=chance.choice([queue, None]), agent=chance.choice([agent, None]),
            created_at=FIRST + timedelta(minutes=chance.randrange(4_000)), ended_at=chance.choice([FIRST, FIRST, None]),
        )
        for _ in range(300)
    )  # fmt: skip
    return acme


def queries(acme: Organization) -> list[dict[str, str]]:
    queue, agent = Queue.objects.of(acme.pk).get(name="Sales"), Agent.objects.of(acme.pk).get()
    return [
        {},
        {"direction": "inbound"},
        {"disposition": "abandoned", "direction": "outbound"},
        {"queue_id": str(queue.pk), "date_start": "2026-03-01", "date_end": "2026-03-02"},
        {"agent_id": str(agent.pk)},
        {"agent_id": str(agent.pk), "queue_id": str(queue.pk)},  # which is counted
        {"date_start": "2026-03-02T07:07:07Z"},
        {"date_end": "2026-03-01"},
        {"from": "+14155550142", "direction": "inbound"},
    ]


def expected(acme: Organization, query: dict[str, str]) -> list[str]:
    """By the first page of everything, which nobody seeks."""
    columns = {"queue_id": "queue_id", "agent_id": "agent_id", "direction": "direction", "disposition": "disposition"}
    calls = Call.objects.of(acme.pk).over().filter(**{columns[key]: query[key] for key in query.keys() & columns})
    if query.get("date_start"):
        text = query["date_start"]
        start = datetime.fromisoformat(text) if "T" in text else datetime(2026, 3, 1, 8, tzinfo=UTC)
        calls = calls.filter(created_at__gte=start)
    if query.get("date_end"):
        calls = calls.filter(created_at__lt=datetime(2026, 3, int(query["date_end"][-2:]) + 1, 8, tzinfo=UTC))
    return [str(pk) for pk in calls.order_by("-created_at", "-id").values_list("pk", flat=True)]


def test_every_page_is_the_one_that_skipping_would_find(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "_SOUGHT_FROM", 1)
    caller = people.program(acme)
    for settled in (0, 5, 500):
        settling.settle(most=settled)
        for query in queries(acme):
            wanted = expected(acme, query)
            found: list[str] = []
            page: str | None = f"{LOGS}?page=1"
            for number in range(1, 20):
                told = caller.get(LOGS, {**query, "limit": "37", "page": str(number)}).json()
                assert told["count"] == len(wanted)
                assert "count_exact" not in told
                found += [row["id"] for row in told["results"]]
                page = told["next"]
                if page is None:
                    break
            assert found == wanted, query
            assert caller.get(LOGS, {**query, "limit": "37", "page": "999999"}).json()["results"] == []


def test_what_an_agent_sees_is_counted(acme: Organization) -> None:
    """They see some of the calls only, which no rollup knows."""
    caller = people.member(acme, "agent")
    assert caller.get(LOGS).json()["count"] == 0


def test_another_organizations_queue_has_nothing(acme: Organization) -> None:
    other = people.program(people.organization("Other"))
    queue = Queue.objects.of(acme.pk).get(name="Sales")
    settling.settle()
    told = other.get(LOGS, {"queue_id": str(queue.pk)}).json()
    assert (told["count"], told["results"]) == (0, [])
