"""Business hours over the API: what is kept, what cannot be, and whether it is open."""

from typing import Any

import pytest

from calls.models import BusinessHours, Queue
from tests import people
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

HOURS = "/api/v1/business-hours"
SENT: dict[str, Any] = {
    "name": "Office",
    "timezone": "America/New_York",
    "weekly": {"monday": [["09:00", "12:00"], ["12:00", "17:30"]], "friday": [["22:00", "24:00"]], "sunday": []},
    "holidays_country": "US",
    "holidays_subdivision": "NY",
    "exceptions": [
        {"date": "2026-12-24", "name": "Christmas Eve", "open": [["09:00", "12:00"]]},
        {"date": "2026-12-31", "name": "", "open": []},
    ],
    "closed_route": {"type": "voicemail", "target_id": None},
}


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(timezone="Asia/Kolkata"), "owner")


def make(owner: Caller, **fields: Any) -> Any:
    answer = owner.post(HOURS, {**SENT, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"]["field"]


def test_hours_from_beginning_to_end(owner: Caller) -> None:
    made = make(owner)
    assert made == {**SENT, "id": made["id"], "created_at": made["created_at"]}
    path = f"{HOURS}/{made['id']}"
    assert owner.get(path).json() == made
    assert owner.get(HOURS).json()["results"] == [made]
    changed = owner.patch(path, {"weekly": {"tuesday": [["08:00", "09:00"]]}, "closed_route": None}).json()
    assert changed == {**made, "weekly": {"tuesday": [["08:00", "09:00"]]}, "closed_route": {}}
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    entries = AuditEntry.objects.filter(target_id=made["id"]).order_by("id").values_list("action", "fields")
    assert list(entries) == [
        ("business_hours.created", sorted(SENT)),
        ("business_hours.updated", ["closed_route", "weekly"]),
        ("business_hours.deleted", []),
    ]


def test_what_is_not_said_is_empty(owner: Caller) -> None:
    made = owner.post(HOURS, {"name": "Office", "weekly": {}, "exceptions": [{"date": "2026-12-24"}]}).json()
    assert made["exceptions"] == [{"date": "2026-12-24", "name": "", "open": []}]
    assert (made["timezone"], made["holidays_country"], made["closed_route"]) == ("", "", {})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"weekly": None}, "weekly"),
        ({"weekly": []}, "weekly"),
        ({"weekly": {"Monday": []}}, "weekly.Monday"),
        ({"weekly": {"monday": None}}, "weekly.monday"),
        ({"weekly": {"monday": "9-5"}}, "weekly.monday"),
        ({"weekly": {"monday": [["09:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": ["09:00", "17:00"]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["9:00", "17:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00", "17:00:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00\n", "17:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00", "25:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["24:00", "24:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00", "24:01"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["17:00", "09:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00", "09:00"]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [[9, 17]]}}, "weekly.monday.0"),
        ({"weekly": {"monday": [["09:00", "12:00"], ["11:59", "17:00"]]}}, "weekly.monday.1"),
        ({"weekly": {"monday": [["13:00", "17:00"], ["09:00", "12:00"]]}}, "weekly.monday.1"),
        ({"weekly": {"monday": [[f"{at:02}:00", f"{at:02}:30"] for at in range(13)]}}, "weekly.monday"),
        ({"holidays_country": "us"}, "holidays_country"),
        ({"holidays_country": "XX"}, "holidays_country"),
        ({"holidays_country": "DE"}, "holidays_subdivision"),  # there is no NY in it
        ({"holidays_country": ""}, "holidays_subdivision"),
        ({"holidays_subdivision": "ZZ"}, "holidays_subdivision"),
        ({"exceptions": {}}, "exceptions"),
        ({"exceptions": [{}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "2026-02-30"}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "24 December"}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "0001-01-01"}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, "exceptions.1.date"),
        ({"exceptions": [{"date": "2026-12-24", "open": [["12:00", "09:00"]]}]}, "exceptions.0.open.0"),
        ({"exceptions": [{"date": "2026-12-24", "closed": True}]}, "exceptions.0.closed"),
        ({"closed_route": {"type": "queue"}}, "closed_route.target_id"),
        ({"closed_route": {"target_id": None}}, "closed_route.type"),
        ({"opening": "9"}, "opening"),
    ],
)
def test_what_cannot_be_is_refused_by_name(owner: Caller, fields: dict[str, Any], field: str) -> None:
    made = make(owner)
    assert problem(owner.post(HOURS, {**SENT, "name": "Other", **fields})) == (400, field)
    assert problem(owner.patch(f"{HOURS}/{made['id']}", fields)) == (400, field)
    assert owner.get(HOURS).json()["results"] == [made]


def test_own_dates_are_kept_in_order(owner: Caller) -> None:
    made = make(owner, exceptions=[{"date": "2026-12-31"}, {"date": "2026-05-01"}])
    assert [row["date"] for row in made["exceptions"]] == ["2026-05-01", "2026-12-31"]


def test_while_closed_calls_go_to_what_is_there(owner: Caller) -> None:
    stranger = people.member(people.organization("Other"), "owner")
    theirs = Queue.objects.create(organization=stranger.organization, name="Night")
    made = make(owner)
    for target in (new_id(), theirs.pk):
        route = {"type": "queue", "target_id": str(target)}
        assert problem(owner.patch(f"{HOURS}/{made['id']}", {"closed_route": route})) == (422, "closed_route.target_id")
    abroad = {"type": "forward", "target_id": "+33123456789"}
    assert problem(owner.patch(f"{HOURS}/{made['id']}", {"closed_route": abroad})) == (403, "closed_route.target_id")
    assert owner.get(f"{HOURS}/{made['id']}").json() == made


def test_names_are_taken_once(owner: Caller) -> None:
    make(owner)
    other = make(owner, name="Other")
    assert problem(owner.post(HOURS, SENT)) == (422, "name")
    assert problem(owner.patch(f"{HOURS}/{other['id']}", {"name": "Office"})) == (422, "name")


# --- whether it is open ---


@pytest.mark.parametrize(
    ("at", "utc", "reason"),
    [
        ("2026-03-02T09:00", "2026-03-02T14:00:00Z", None),
        ("2026-03-02T08:59", "2026-03-02T13:59:00Z", "closed"),
        ("2026-03-02T14:00:00Z", "2026-03-02T14:00:00Z", None),
        ("2026-03-02T15:00:00+01:00", "2026-03-02T14:00:00Z", None),
        ("2026-03-06T23:59:59", "2026-03-07T04:59:59Z", None),
        ("2026-03-07T00:00", "2026-03-07T05:00:00Z", "closed"),
        ("2026-05-25T10:00", "2026-05-25T14:00:00Z", "holiday"),  # Memorial Day, in summer time
        ("2026-12-24T10:00", "2026-12-24T15:00:00Z", None),
        ("2026-12-24T13:00", "2026-12-24T18:00:00Z", "exception"),
        ("2026-12-31T10:00", "2026-12-31T15:00:00Z", "exception"),
    ],
)
def test_whether_it_is_open_at_a_moment(owner: Caller, at: str, utc: str, reason: str | None) -> None:
    path = f"{HOURS}/{make(owner)['id']}/status"
    assert owner.get(path, {"at": at}).json() == {"open": reason is None, "reason": reason, "at": utc}


def test_the_zone_is_the_organizations_unless_it_is_said(owner: Caller) -> None:
    path = f"{HOURS}/{make(owner, timezone='', exceptions=[])['id']}/status"
    assert owner.get(path, {"at": "2026-03-02T03:30:00Z"}).json()["open"]
    assert not owner.get(path, {"at": "2026-03-02T03:29:00Z"}).json()["open"]


def test_now_if_no_moment_is_named(owner: Caller) -> None:
    all_day = {day: [["00:00", "24:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday",
                                                    "saturday", "sunday")}  # fmt: skip
    always = make(owner, weekly=all_day, exceptions=[], holidays_country="", holidays_subdivision="")
    never = make(owner, name="Never", weekly={}, exceptions=[])
    assert owner.get(f"{HOURS}/{always['id']}/status").json()["open"]
    assert not owner.get(f"{HOURS}/{never['id']}/status").json()["open"]


@pytest.mark.parametrize("at", ["", "noon", "2026-12-24", "2026-12-24T25:00", "0001-01-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(owner: Caller, at: str) -> None:
    assert problem(owner.get(f"{HOURS}/{make(owner)['id']}/status", {"at": at})) == (400, "at")


def test_the_rows_say_the_same_as_the_api(owner: Caller) -> None:
    made = make(owner)
    row = BusinessHours.objects.get(pk=made["id"])
    assert (row.weekly, row.exceptions, row.closed_route) == (SENT["weekly"], SENT["exceptions"], SENT["closed_route"])
