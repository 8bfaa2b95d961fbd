"""Asking before anything is sent, and what an organisation asks of the gate beyond the lists."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance import actions
from compliance.models import Decision
from contacts.models import Contact
from tests import people
from tests.people import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_hour_rules")]

CHECK, SETTINGS = "/api/v1/compliance/check", "/api/v1/compliance/settings"
LISTED, STOPPED, BLOCKING, FREE = "+14155550141", "+14155550142", "+14155550143", "+14155550144"
OURS = "+16285550100"


#: Nothing is asked for: no quiet hours, everything kept for ever, no recording of who calls.
UNTOUCHED = {
    "quiet_hours": False,
    "quiet_hours_channels": ["voice", "sms"],
    "keep_recordings_days": None,
    "keep_transcripts_days": None,
    "keep_messages_days": None,
    "record_inbound": False,
    "recording_consent": "none",
    "recording_consent_text": "",
}


@pytest.fixture
def owner() -> Caller:
    owner = people.member(people.organization(), "owner")
    owner.post("/api/v1/compliance/dnc", {"phone": LISTED})
    organization_id = owner.organization.pk
    actions.opt_out(organization_id=organization_id, number=STOPPED, sender=OURS)
    actions.record_carrier_block(organization_id=organization_id, number=BLOCKING, sender=OURS)
    return owner


def test_everybody_is_answered_with_the_reason(owner: Caller) -> None:
    kept = Decision.objects.count()
    numbers = [LISTED, STOPPED, BLOCKING, FREE, FREE]
    answer = owner.post(CHECK, {"numbers": numbers, "channel": "sms", "from_number": OURS}).json()
    assert (answer["checked"], answer["allowed"], answer["refused"]) == (4, 1, 3)
    assert [(row["phone"], row["reason"]) for row in answer["results"]] == [
        (LISTED, "dnc"), (STOPPED, "opted_out"), (BLOCKING, "carrier_block"), (FREE, None),
    ]  # fmt: skip
    assert all(row["detail"] for row in answer["results"] if not row["allowed"])
    assert Decision.objects.count() == kept


def test_quiet_hours_are_off_until_asked_for(owner: Caller) -> None:
    night = {"numbers": [FREE], "channel": "sms", "at": "2026-06-08T09:00:00Z"}  # 02:00 in California
    assert owner.post(CHECK, night).json()["allowed"] == 1
    assert owner.get(SETTINGS).json() == UNTOUCHED
    assert owner.patch(SETTINGS, {"quiet_hours": True}).json()["quiet_hours"] is True
    refused = owner.post(CHECK, night).json()["results"][0]
    assert (refused["reason"], "02:00" in refused["detail"]) == ("quiet_hours", True)
    assert owner.post(CHECK, {**night, "at": "2026-06-08T19:00:00Z"}).json()["allowed"] == 1
    Contact.objects.create(organization=owner.organization, name="Ann", phone=FREE, country="GB")
    assert owner.post(CHECK, night).json()["allowed"] == 1  # 10:00 in London, where she lives
    owner.patch(SETTINGS, {"quiet_hours_channels": ["voice"]})
    Contact.objects.update(country="")
    assert owner.post(CHECK, night).json()["allowed"] == 1
    assert owner.post(CHECK, {**night, "channel": "voice"}).json()["allowed"] == 0
    other = people.member(people.organization("Other"), "owner")
    assert other.post(CHECK, night).json()["allowed"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "sms"}, "numbers"),
        ({"numbers": [], "channel": "sms"}, "numbers"),
        ({"numbers": [FREE] * 1001, "channel": "sms"}, "numbers"),
        ({"numbers": [FREE, "x"], "channel": "sms"}, "numbers.1"),
        ({"numbers": [FREE]}, "channel"),
        ({"numbers": [FREE], "channel": "fax"}, "channel"),
        ({"numbers": [FREE], "channel": "sms", "at": "tomorrow"}, "at"),
        ({"numbers": [FREE], "channel": "sms", "at": "0001-01-01T00:00:00Z"}, "at"),
        ({"numbers": [FREE], "channel": "sms", "at": "9999-12-31T23:59:59Z"}, "at"),
        ({"numbers": [FREE], "channel": "sms", "to": FREE}, "to"),
    ],
)
def test_what_is_wrong_is_named(owner: Caller, body: dict[str, object], field: str) -> None:
    owner.patch(SETTINGS, {"quiet_hours": True})
    answer = owner.post(CHECK, body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)


@pytest.mark.parametrize(
    "body", [{}, {"quiet_hours": "yes"}, {"quiet_hours_channels": ["fax"]}, {"quiet_hours_channels": "sms"}, {"x": 1}]
)
def test_wrong_settings_change_nothing(owner: Caller, body: dict[str, object]) -> None:
    assert owner.patch(SETTINGS, body).status_code == 400
    assert owner.get(SETTINGS).json() == UNTOUCHED


def test_a_thousand_cost_as_many_queries_as_one(owner: Caller) -> None:
    owner.patch(SETTINGS, {"quiet_hours": True})
    costs = []
    for count in (1, 1000):
        numbers = [f"+1415555{number:04}" for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert owner.post(CHECK, {"numbers": numbers, "channel": "sms", "from_number": OURS}).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 6


def test_the_look_up_is_one_in_the_index(owner: Caller) -> None:
    """In front of a list that is long enough for a planner that is free to choose."""
    others = [(f"+1628{2_000_000 + number}", "") for number in range(4000)]
    actions.add_many(organization_id=owner.organization.pk, author=None, entries=others)
    with CaptureQueriesContext(connection) as queries:
        owner.post(CHECK, {"numbers": [LISTED], "channel": "voice"})
    (statement,) = [one["sql"] for one in queries.captured_queries if 'FROM "compliance_dncentry"' in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE compliance_dncentry")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "using compliance_dnc_look_up" in plan, plan
    assert "number_hash" in plan.split("Index Cond", 1)[1], plan
    assert "Sort" not in plan
