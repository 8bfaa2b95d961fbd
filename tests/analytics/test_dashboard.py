"""The first page of the back office: its figures are the API's, and lead to just the rows that they count."""

import doctest
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from analytics import ranges
from calls.models import Agent, Call, Queue, QueueEntry, QueueMembership
from tests import people
from tests.calls.factories import main_queue
from zerovoice.accounts.models import Organization
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db

ZONE = "America/Los_Angeles"
INDEX = "/admin/"
#: Half past two in the afternoon there, on a Wednesday.
NOW = datetime(2026, 3, 18, 21, 30, 7, 123_456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme", timezone=ZONE)


def staff(organization: Organization, role: str = "supervisor") -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def lived(organization: Organization, *, seed: int = 1, count: int = 300, days: int = 15) -> None:
    """Days of calls, more of them lately, with some just beside the beginnings of what is compared."""
    chance = random.Random(seed)
    sales, main = Queue.objects.create(organization=organization, name="Sales"), main_queue(organization)
    for number in range(3):
        agent = Agent.objects.create(
            organization=organization, name=f"Agent {number}", endpoint=f"+1415555{seed}{number:03}",
            state=("available", "break", "offline")[number],
        )  # fmt: skip
        QueueMembership.objects.create(agent=agent, queue=(sales, main)[number % 2])
    edges = [NOW, NOW - timedelta(days=1), NOW - timedelta(days=7), datetime(2026, 3, 18, 7, tzinfo=UTC)]
    for number in range(count):
        back = timedelta(seconds=chance.random() ** 2 * days * 86_400)
        at = (
            chance.choice(edges) + timedelta(microseconds=chance.choice((-1, 0, 1))) if number % 10 == 0 else NOW - back
        )
        if at >= NOW:
            at -= timedelta(seconds=1)
        outcome = chance.choice(["answered", "answered", "abandoned", "sold", "voicemail", ""])
        call = Call.objects.create(
            organization=organization, direction=chance.choice(["inbound", "inbound", "outbound"]),
            from_number="+14155550142", to_number="+14155550100", created_at=at, disposition=outcome,
            ended_at=None if outcome == "" and chance.random() < 0.2 else at,
            talk_seconds=chance.choice([0, 35, 120]) if outcome in ("answered", "sold", "") else 0,
            hold_seconds=chance.randint(0, 9), wrap_up_seconds=chance.randint(0, 30),
        )  # fmt: skip
        if call.direction == "inbound":
            state = chance.choice(["answered", "answered", "abandoned", "overflow"])
            QueueEntry.objects.create(
                organization=organization, call=call, queue=chance.choice([sales, main]), entered_at=at, state=state,
                left_at=at + timedelta(seconds=chance.randint(0, 60)),
            )  # fmt: skip


def figures(client: Client, organization: Organization, name: str = "today") -> dict[str, Any]:
    answer = client.get(reverse("admin:dashboard_figures"), {"in": organization.pk, "range": name})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def tiles(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tile["name"]: tile for tile in told["tiles"]}


def written(number: Any) -> str:
    return f"{number:,}"


RANGES: dict[str, Callable[[], tuple[datetime, datetime]]] = {
    "today": lambda: (datetime(2026, 3, 18, 7, tzinfo=UTC), NOW),
    "yesterday": lambda: (datetime(2026, 3, 17, 7, tzinfo=UTC), datetime(2026, 3, 18, 7, tzinfo=UTC)),
    "7-days": lambda: (datetime(2026, 3, 12, 7, tzinfo=UTC), NOW),
    "30-days": lambda: (datetime(2026, 2, 17, 8, tzinfo=UTC), NOW),
}


@pytest.mark.parametrize("name", list(RANGES))
def test_the_figures_are_those_of_the_api(acme: Organization, name: str) -> None:
    lived(acme)
    told, api = figures(staff(acme), acme, name), people.member(acme, "owner")
    start, end = (moment.isoformat() for moment in RANGES[name]())

    def asked(path: str, **query: str) -> Any:
        return api.get(f"/api/v1/analytics/{path}", {"date_start": start, "date_end": end, **query}).json()

    shown = tiles(told)
    inbound = asked("call-volume", direction="inbound")["totals"]
    assert inbound["calls"] > 0
    assert [shown[kind]["value"] for kind in ("offered", "answered", "abandoned")] == [
        written(inbound[kind]) for kind in ("calls", "answered", "abandoned")
    ]
    queues = asked("queue-reports")["results"]
    for kind in ("service_level", "average_speed_of_answer"):
        parts = [sum(queue[kind][part] for queue in queues) for part in ("numerator", "denominator")]
        assert parts[1] > 0
        if kind == "service_level":
            assert shown[kind]["value"] == f"{round(100 * parts[0] / parts[1])} %"
            assert shown[kind]["detail"] == f"{parts[0]:,} of {parts[1]:,} in time"
        else:
            assert shown[kind]["value"] == f"0:{round(parts[0] / parts[1]):02}"
    assert [(row["name"], row["offered"], row["answered"], row["abandoned"]) for row in told["queues"]] == [
        (row["queue"]["name"], row["offered"], row["answered"], row["abandoned"]) for row in queues
    ]
    both = asked("call-volume")["totals"]
    handled = both["talk_seconds"] + both["hold_seconds"] + both["wrap_up_seconds"]
    minutes, seconds = divmod(round(handled / both["answered"]), 60)
    assert shown["average_handle_time"]["value"] == f"{minutes}:{seconds:02}"
    assert [(row["label"].lower().replace(" ", "_"), row["calls"]) for row in told["dispositions"]] == [
        (row["disposition"] or "none", row["calls"]) for row in asked("dispositions")["dispositions"]
    ]
    columns = told["chart"]["rows"]
    assert sum(row["inbound"] + row["outbound"] for row in columns) == both["calls"]
    interval = "hour" if "day" in name.replace("days", "") else "day"
    counted = [(row["inbound"], row["outbound"]) for row in asked("call-volume", interval=interval)["buckets"]]
    assert [(row["inbound"], row["outbound"]) for row in columns if row["url"]] == counted


def listed(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return int(answer.context["cl"].result_count)


@pytest.mark.parametrize("name", list(RANGES))
def test_each_number_leads_to_as_many_rows(acme: Organization, name: str) -> None:
    lived(acme)
    client = staff(acme)
    told = figures(client, acme, name)
    for tile in told["tiles"]:
        if tile["url"].startswith("#"):
            continue
        expected = tile["detail"].split()[1] if tile["name"] == "average_handle_time" else tile["value"]
        assert listed(client, tile["url"]) == int(expected.replace(",", "")), tile
        for change in tile["changes"]:
            if tile["name"] != "average_handle_time":
                assert listed(client, change["url"]) == int(change["then"].replace(",", "")), (tile["name"], change)
    for row in told["dispositions"]:
        if row["url"]:
            assert listed(client, row["url"]) == row["calls"], row
    for row in told["agents"]:
        assert listed(client, row["url"]) == row["count"]
    busiest = max(told["chart"]["rows"], key=lambda row: int(row["inbound"]))
    assert listed(client, busiest["url"]) == busiest["inbound"] + busiest["outbound"] > 0


def test_the_example_of_the_ranges() -> None:
    assert doctest.testmod(ranges).failed == 0


def test_today_is_held_against_the_same_time_of_other_days(acme: Organization) -> None:
    for days, clock_time in ((0, "09:00"), (1, "14:29"), (1, "14:31"), (7, "13:00"), (7, "14:30"), (7, "15:00")):
        hour, minute = map(int, clock_time.split(":"))
        day = NOW.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=days)
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE))
        Call.objects.create(
            organization=acme,
            direction="inbound",
            from_number="+14155550142",
            to_number="+1",
            created_at=at,
            ended_at=at,
        )
    offered = tiles(figures(staff(acme), acme))["offered"]
    assert offered["value"] == "1"
    said = [(change["arrow"], change["words"], change["against"], change["then"]) for change in offered["changes"]]
    assert said == [
        ("=", "as", "yesterday at this time", "1"),
        ("▼", "1 fewer than", "last Wednesday at this time", "2"),
    ]
    rows = figures(staff(acme), acme)["chart"]["rows"]
    assert [row["label"] for row in rows if row["before"]] == ["14:00"]
    assert rows[14]["before"] == 2, "all of yesterday is drawn"
    assert (rows[15]["url"], rows[15]["inbound"], rows[15]["before"]) == ("", 0, 0)


def test_who_waits_and_who_is_ready(acme: Organization) -> None:
    lived(acme, count=1)
    queue = main_queue(acme)
    for seconds in (5, 90):
        call = Call.objects.create(
            organization=acme, direction="inbound", from_number="+14155550142", to_number="+1", created_at=NOW
        )
        since = NOW - timedelta(seconds=seconds)
        QueueEntry.objects.create(organization=acme, call=call, queue=queue, entered_at=since, state="waiting")
    client = staff(acme)
    row = next(row for row in figures(client, acme)["queues"] if row["name"] == queue.name)
    assert (row["waiting"], row["longest_wait"], row["late"], row["ready"]) == (2, "1:30", True, 0)
    assert listed(client, row["waiting_url"]) == 2


# --- the page ---


def test_it_costs_the_same_however_many_calls_there_are(acme: Organization, django_assert_max_num_queries: Any) -> None:
    client = staff(acme)
    client.get(INDEX)
    lived(acme, count=5)
    with django_assert_max_num_queries(14) as few:
        assert client.get(INDEX).status_code == 200
    lived_more = len(few.captured_queries)
    main = main_queue(acme)
    for number in range(60):
        call = Call.objects.create(
            organization=acme, direction="inbound", from_number="+14155550142", to_number="+1", queue=main,
            created_at=NOW - timedelta(minutes=number), ended_at=NOW, disposition=f"word {number}",
        )  # fmt: skip
        QueueEntry.objects.create(organization=acme, call=call, queue=main, entered_at=NOW, state="answered")
    with django_assert_max_num_queries(lived_more):
        assert client.get(INDEX, {"range": "today"}).status_code == 200


@pytest.mark.parametrize("name", [*RANGES, "never"])
def test_each_range_is_a_page(acme: Organization, name: str) -> None:
    lived(acme, count=3)
    answer = staff(acme).get(INDEX, {"range": name})
    assert answer.status_code == 200
    assert answer.context["range"] == (name if name in RANGES else "today")


def test_a_new_organization_is_told_what_comes_first(acme: Organization) -> None:
    page = staff(acme, "owner").get(INDEX).content.decode()
    assert "No calls yet" in page
    for url in (reverse("admin:numbers_phonenumber_changelist"), reverse("admin:calls_agent_add")):
        assert f'<a href="{url}">' in page
    told = staff(acme).get(INDEX).content.decode()  # a supervisor buys no numbers
    assert "An owner or admin of the organization can do that." in told
    lived(acme, count=1)
    assert "No calls yet" not in staff(acme).get(INDEX).content.decode()


def test_an_agent_is_led_to_the_desk_and_reads_no_figures(acme: Organization) -> None:
    lived(acme, count=3)
    client = staff(acme, "agent")
    assert client.get(INDEX)["Location"] == reverse("admin:desk")
    answer = client.get(reverse("admin:dashboard_figures"), {"in": acme.pk})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_operator_before_the_first_organization(admin_client: Client) -> None:
    assert "What you may open" in admin_client.get(INDEX).content.decode()


def test_another_organization_is_as_none(acme: Organization) -> None:
    globex = people.organization("Globex")
    lived(globex, seed=2, count=5)
    client = staff(acme)
    for wanted in (globex.pk, people.absent_id(), "nothing", ""):
        answer = client.get(reverse("admin:dashboard_figures"), {"in": wanted})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "Globex" not in client.get(INDEX, {"in": str(globex.pk)}).content.decode()
    assert tiles(figures(client, acme))["offered"]["value"] == "0"


def test_a_range_that_there_is_not(acme: Organization) -> None:
    answer = staff(acme).get(reverse("admin:dashboard_figures"), {"in": acme.pk, "range": "ever"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "range")


def test_names_of_dispositions_cannot_break_out(acme: Organization) -> None:
    evil = "</script><script>alert(1)</script>"
    Call.objects.create(
        organization=acme, direction="inbound", from_number="+14155550142", to_number="+1", created_at=NOW,
        ended_at=NOW, disposition=evil,
    )  # fmt: skip
    assert "<script>alert" not in staff(acme).get(INDEX, {"range": "7-days"}).content.decode()


def test_a_stretch_of_the_calls_list_says_what_it_is(acme: Organization) -> None:
    lived(acme)
    client = staff(acme)
    url = tiles(figures(client, acme, "7-days"))["offered"]["url"]
    assert parse_qs(urlsplit(url).query)["when"][0].endswith("/2026-03-18T21:30:07.123456+00:00")
    assert "12 Mar 00:00:00 to 14:30:07" in client.get(url).content.decode()
    for wrong in ("2026-03-01/", "/", "2026-03-01/x", "a/b/c"):
        assert client.get(reverse("admin:calls_call_changelist"), {"when": wrong}).status_code == 302
