"""The reports over the API: what they count, how they divide, whom they show it to."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calls.models import Agent, AgentStateChange, Call, CallLeg, Queue, QueueEntry, QueueMembership
from numbers.models import PhoneNumber
from tests import people
from tests.calls.factories import main_queue, waiting_call
from tests.people import Caller
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db

BASE = "/api/v1/analytics"
MARCH = {"date_start": "2026-03-01", "date_end": "2026-03-31"}


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme", timezone="America/Los_Angeles")


@pytest.fixture
def owner(acme: Organization) -> Caller:
    return people.member(acme, "owner")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def call(organization: Organization, begun: str, **fields: Any) -> Call:
    return Call.objects.create(**{
        "organization": organization, "direction": "inbound", "from_number": "+14155550142", "status": "completed",
        "to_number": "+14155550100", "created_at": at(begun), "ended_at": at(begun), "disposition": "answered",
        "talk_seconds": 60, "duration_seconds": 70, **fields,
    })  # fmt: skip


def asked(caller: Caller, path: str, **query: str) -> dict[str, Any]:
    answer = caller.get(f"{BASE}/{path}", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


# --- call volume ---


def test_calls_count_in_the_day_of_the_organization_in_which_they_began(acme: Organization, owner: Caller) -> None:
    call(acme, "2026-03-02T07:59:00")  # still the first of March in Los Angeles
    call(acme, "2026-03-02T08:00:00", direction="outbound", disposition="abandoned", talk_seconds=0)
    call(acme, "2026-03-04T00:00:00", disposition="sold")  # a person's own word
    told = asked(owner, "call-volume", date_start="2026-03-01", date_end="2026-03-04")
    assert [(one["start"], one["calls"], one["answered"], one["abandoned"]) for one in told["buckets"]] == [
        ("2026-03-01T08:00:00Z", 1, 1, 0),
        ("2026-03-02T08:00:00Z", 1, 0, 1),
        ("2026-03-03T08:00:00Z", 1, 1, 0),
        ("2026-03-04T08:00:00Z", 0, 0, 0),
    ]
    assert told["totals"]["calls"] == 3
    assert (told["totals"]["inbound"], told["totals"]["outbound"], told["totals"]["talk_seconds"]) == (2, 1, 120)
    assert (told["interval"], told["timezone"]) == ("day", "America/Los_Angeles")


def test_the_day_with_23_hours(acme: Organization, owner: Caller) -> None:
    told = asked(owner, "call-volume", interval="hour", date_start="2026-03-08", date_end="2026-03-08")
    assert len(told["buckets"]) == 23


@pytest.mark.parametrize(
    ("name", "fields"),
    [("direction", {"direction": "outbound"}), ("queue_id", {}), ("agent_id", {}), ("number", {})],
)
def test_filters(acme: Organization, owner: Caller, name: str, fields: dict[str, Any]) -> None:
    queue, agent = main_queue(acme), Agent.objects.create(organization=acme, name="Ann", endpoint="+14155550001")
    number = PhoneNumber.objects.create(organization=acme, number="+16285550100", country="US", number_type="local")
    values = {
        "direction": ("outbound", fields), "queue_id": (str(queue.pk), {"queue": queue}),
        "agent_id": (str(agent.pk), {"agent": agent}), "number": (number.number, {"own_number": number}),
    }  # fmt: skip
    value, of = values[name]
    call(acme, "2026-03-02T20:00:00")
    call(acme, "2026-03-03T20:00:00", **of)
    for path in ("call-volume", "dispositions"):
        told = asked(owner, path, **MARCH, **{name: value})
        assert told.get("calls", told.get("totals", {}).get("calls")) == 1


@pytest.mark.parametrize("path", ["call-volume", "dispositions", "agent-performance", "queue-reports"])
def test_a_range_that_makes_no_sense_is_refused(owner: Caller, path: str) -> None:
    for query, field in (
        ({"date_start": "soon"}, "date_start"),
        ({"date_start": "2026-03-02", "date_end": "2026-03-01"}, "date_end"),
        ({"queue": "x"}, "queue"),
        ({"as": "xml"}, "as"),
    ):
        answer = owner.get(f"{BASE}/{path}", query)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, field), query


def test_of_no_time_there_are_no_buckets(owner: Caller) -> None:
    told = owner.get("/api/v1/analytics/call-volume?date_start=2990-01-01").json()
    assert (told["buckets"], set(told["totals"].values())) == ([], {0})


def test_too_many_buckets_are_refused(owner: Caller) -> None:
    answer = owner.get(f"{BASE}/call-volume", {"interval": "hour", "date_start": "2010-01-01"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "interval")


@pytest.mark.parametrize("path", ["call-volume", "dispositions", "agent-performance", "queue-reports"])
def test_without_a_range_it_is_the_last_thirty_days(owner: Caller, path: str) -> None:
    told = asked(owner, path)
    assert at(told["date_end"][:-1]) - at(told["date_start"][:-1]) == timedelta(days=30)


def test_nothing_of_another_organization(owner: Caller) -> None:
    globex = people.organization("Globex")
    call(globex, "2026-03-02T20:00:00")
    assert asked(owner, "call-volume", **MARCH)["totals"]["calls"] == 0
    assert asked(owner, "dispositions", **MARCH)["calls"] == 0
    assert {row["queue"]["name"] for row in asked(owner, "queue-reports")["results"]} == {"Main"}


# --- dispositions ---


def test_dispositions_are_of_the_calls_that_are_over(acme: Organization, owner: Caller) -> None:
    for disposition in ("answered", "answered", "sold"):
        call(acme, "2026-03-02T20:00:00", disposition=disposition)
    call(acme, "2026-03-02T20:00:00", ended_at=None, disposition="")
    told = asked(owner, "dispositions", **MARCH)
    assert told["calls"] == 3
    assert told["dispositions"] == [
        {"disposition": "answered", "calls": 2, "share": {"value": 0.6667, "numerator": 2, "denominator": 3}},
        {"disposition": "sold", "calls": 1, "share": {"value": 0.3333, "numerator": 1, "denominator": 3}},
    ]


# --- queues ---


def entered(queue: Queue, state: str, wait: float, **fields: Any) -> QueueEntry:
    begun = at("2026-03-02T20:00:00")
    return QueueEntry.objects.create(
        organization_id=queue.organization_id, queue=queue, call=call(queue.organization, "2026-03-02T20:00:00"),
        state=state, entered_at=begun, left_at=begun + timedelta(seconds=wait), **fields,
    )  # fmt: skip


def test_what_became_of_who_came_to_a_queue(acme: Organization, owner: Caller) -> None:
    queue = main_queue(acme)
    Queue.objects.update(service_level_seconds=20, short_abandon_seconds=5)
    for state, wait in (("answered", 10), ("answered", 20), ("answered", 21), ("abandoned", 3), ("abandoned", 30)):
        entered(queue, state, wait)
    entered(queue, "overflow", 90)
    entered(queue, "answered", 1, talked_before=True)
    (row,) = asked(owner, "queue-reports", **MARCH)["results"]
    assert (row["offered"], row["answered"], row["abandoned"], row["short_abandoned"]) == (6, 3, 2, 1)
    assert row["service_level"] == {"value": 0.5, "numerator": 2, "denominator": 4}
    assert row["abandonment"] == {"value": 0.2, "numerator": 1, "denominator": 5}
    assert row["average_speed_of_answer"] == {"value": 17.0, "numerator": 51, "denominator": 3}
    assert row["longest_wait_seconds"] == 90


def test_a_queue_to_which_nobody_came(owner: Caller) -> None:
    (row,) = asked(owner, "queue-reports", **MARCH)["results"]
    assert row["service_level"] == {"value": None, "numerator": 0, "denominator": 0}


def test_who_is_there_now(acme: Organization, owner: Caller) -> None:
    queue = main_queue(acme)
    QueueMembership.objects.create(
        queue=queue, agent=Agent.objects.create(organization=acme, name="A", endpoint="+14155550001", state="break")
    )
    waiting_call(acme)
    QueueEntry.objects.update(entered_at=at("2026-03-02T20:00:00"))
    live = asked(owner, "queue-reports")["results"][0]["live"]
    assert live["waiting"] == 1
    assert live["longest_wait_seconds"] > 3600
    assert live["agents"] == {"available": 0, "ringing": 0, "busy": 0, "wrap_up": 0, "break": 1, "offline": 0}


# --- agents ---


def test_what_an_agent_did(acme: Organization, owner: Caller) -> None:
    ann = Agent.objects.create(organization=acme, name="Ann", endpoint="+14155550001")
    begun = at("2026-03-02T20:00:00")
    for taken, lasted in ((True, 100), (True, 200), (False, 20)):
        CallLeg.objects.create(
            organization=acme, call=call(acme, "2026-03-02T20:00:00"), role="agent", agent=ann, created_at=begun,
            accepted_at=begun if taken else None, ended_at=begun + timedelta(seconds=lasted),
            wrap_up_seconds=15 if taken else 0,
        )  # fmt: skip
    for state, after in (("available", -600), ("busy", 0), ("wrap_up", 300), ("break", 330), ("offline", 930)):
        AgentStateChange.objects.create(
            organization=acme, agent=ann, state=state, created_at=begun + timedelta(seconds=after)
        )
    (row,) = asked(owner, "agent-performance", date_start="2026-03-02T19:55:00Z", date_end="2026-03-02T21:00:00Z")[
        "results"
    ]
    assert (row["rung"], row["handled"], row["missed"]) == (3, 2, 1)
    assert row["average_handle_time"] == {"value": 165.0, "numerator": 330, "denominator": 2}
    assert row["seconds_in_state"] == {
        "available": 300, "ringing": 0, "busy": 300, "wrap_up": 30, "break": 600, "offline": 2670,
    }  # fmt: skip
    assert row["occupancy"] == {"value": 0.5238, "numerator": 330, "denominator": 630}


# --- as a table ---


@pytest.mark.parametrize("path", ["call-volume", "dispositions", "agent-performance", "queue-reports"])
def test_as_a_table(acme: Organization, owner: Caller, path: str) -> None:
    Agent.objects.create(organization=acme, name="=cmd()", endpoint="+14155550001")
    call(acme, "2026-03-02T20:00:00", disposition="=1+1")
    answer = owner.get(f"{BASE}/{path}", {**MARCH, "as": "csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{path}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert rows
    assert not [value for row in rows for value in row.values() if value.startswith("=")]
