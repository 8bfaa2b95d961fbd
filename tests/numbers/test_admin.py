"""Numbers in the admin site: what they are called, where they lead, how they differ, and who may do what about it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Agent, BusinessHours, IvrMenu, Queue
from numbers.models import Drift, PhoneNumber
from tests import people
from tests.people import Caller
from zerovoice.accounts.models import Organization, User
from zerovoice.carrier.models import Command

pytestmark = pytest.mark.django_db

NUMBERS, DRIFTS = "admin:numbers_phonenumber_changelist", "admin:numbers_drift_changelist"


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    return client


def shown(client: Client, name: str) -> str:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return answer.content.decode()


def number(organization: Organization, text: str = "+14155550101", **fields: Any) -> PhoneNumber:
    given = {"country": "US", "number_type": "local", "sid": f"PN{text[1:]:0>32}", "account_sid": "AC1", **fields}
    return PhoneNumber.objects.create(organization=organization, number=text, **given)


def drift(of: PhoneNumber, **fields: Any) -> Drift:
    return Drift.objects.create(
        organization=of.organization, phone_number=of, account_sid="AC1", number=of.number,
        **{"kind": "misdirected", "fields": ["voice_url"], **fields},
    )  # fmt: skip


def act(client: Client, name: str, action: str, *rows: Any) -> str:
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(reverse(name), body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_tells_where_they_lead_and_how_they_differ(owner: Caller, stranger: Caller) -> None:
    queue = Queue.objects.create(organization=owner.organization, name="Night desk")
    drift(number(owner.organization, routing={"type": "queue", "target_id": str(queue.pk)}))
    number(owner.organization, "+14155550102", status="failed", failure_reason="papers_needed")
    number(stranger.organization, "+14155550177")
    page = shown(staff(owner.organization, "supervisor"), NUMBERS)
    for words in ("Queue: Night desk", "Its calls or messages go elsewhere", "Not bought", "+1 415-555-0101"):
        assert words in page, words
    assert "0177" not in page
    assert f">{queue.pk}" not in page


def test_every_target_is_named(owner: Caller) -> None:
    of = owner.organization
    queue = Queue.objects.create(organization=of, name="Night desk")
    agent = Agent.objects.create(organization=of, name="Ann", endpoint="+14155550188")
    menu = IvrMenu.objects.create(organization=of, name="Main menu")
    hours = BusinessHours.objects.create(organization=of, name="Office hours")
    expected = {
        "Menu: Main menu": {"type": "ivr", "target_id": str(menu.pk)},
        "Agent: Ann, while open: Office hours": {
            "type": "agent", "target_id": str(agent.pk), "business_hours_id": str(hours.pk),
        },
        "Voicemail: Night desk": {"type": "voicemail", "target_id": str(queue.pk)},
        "Voicemail: Ann": {"type": "voicemail", "target_id": str(agent.pk)},
        "Forward to: +1 415-555-0142": {"type": "forward", "target_id": "+14155550142"},
        "Hang up": {"type": "hangup", "target_id": None},
    }  # fmt: skip
    for at, routing in enumerate(expected.values()):
        number(of, f"+141555501{at:02}", routing=routing)
    page = shown(staff(of, "supervisor"), NUMBERS)
    for words in expected:
        assert words in page, words


def test_each_page_opens(owner: Caller) -> None:
    found = drift(number(owner.organization))
    Drift.objects.create(account_sid="AC1", kind="unknown", number="+14155550199")
    for client in (staff(owner.organization, "supervisor"), operator()):
        for row in (found, found.phone_number):
            label = f"admin:numbers_{type(row)._meta.model_name}_change"
            assert client.get(reverse(label, args=[row.pk])).status_code == 200


def test_what_nobody_owns_is_the_operators_matter(owner: Caller) -> None:
    Drift.objects.create(account_sid="AC1", kind="unknown", number="+14155550199")
    assert "+14155550199" in shown(operator(), DRIFTS)
    assert "+14155550199" not in shown(staff(owner.organization, "owner"), DRIFTS)


def test_a_list_costs_the_same_for_any_number(owner: Caller) -> None:
    client = staff(owner.organization, "supervisor")
    costs = []
    for start in (0, 10):
        for place in range(start, start + 10):
            drift(number(owner.organization, f"+141555502{place:02}"))
        for name in (NUMBERS, DRIFTS):
            shown(client, name)
            with CaptureQueriesContext(connection) as queries:
                shown(client, name)
            costs.append((name, len(queries)))
    assert costs[:2] == costs[2:]


def test_who_may_write_repairs(owner: Caller, stranger: Caller) -> None:
    bent, theirs = number(owner.organization), number(stranger.organization, "+14155550177")
    act(staff(owner.organization, "viewer"), NUMBERS, "repair", bent)
    assert not Command.objects.exists()
    act(staff(owner.organization, "owner"), NUMBERS, "repair", bent, theirs)
    assert [command.target_id for command in Command.objects.all()] == [bent.pk]
