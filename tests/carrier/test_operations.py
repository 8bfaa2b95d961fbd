"""State of the system: what operators see when something is wrong, Redis included, and that only they see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse

from tests import people
from tests.api import factories
from tests.carrier.http_server import Reply
from zerovoice.accounts.models import User
from zerovoice.backoffice import operations, tasks
from zerovoice.bulk.models import Job
from zerovoice.carrier.errors import Unavailable
from zerovoice.carrier.models import Command, Receipt
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db
PAGE = "/admin/operations/"


@pytest.fixture(autouse=True)
def look_anew() -> None:
    operations.forget()


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("op@example.com", people.PASSWORD))
    return client


def cards(client: Client) -> dict[str, dict[str, Any]]:
    answer = client.get(reverse("admin:operations_state"))
    assert answer.status_code == 200, answer.content
    return {card["name"]: card for card in answer.json()["cards"]}


def line(card: dict[str, Any], label: str) -> dict[str, Any]:
    return next(line for line in card["lines"] if line["label"] == label)


def test_an_open_breaker(fake_carrier: Any, fake_gateway: Any, instance_account: str, operator: Client) -> None:
    assert cards(operator)["breakers"]["says"] == "All closed."
    fake_carrier.script = lambda seen: Reply(500)
    for _ in range(3):
        with pytest.raises(Unavailable):
            fake_gateway.fetch_call(sid="CA1")
    operations.forget()
    card = cards(operator)["breakers"]
    told = line(card, "The instance's account")
    assert (card["tone"], told["tone"]) == ("bad", "bad")
    assert told["value"].startswith("open, 3 failures in a row, next try in ")


def test_a_dead_redis_is_said_in_words(
    fake_carrier: Any, fake_gateway: Any, instance_account: str, operator: Client, settings: Any
) -> None:
    dead = "redis://127.0.0.1:1/0"
    settings.REDIS_URL = settings.CELERY_BROKER_URL = dead
    settings.CACHES = {name: {**cache, "LOCATION": dead} for name, cache in settings.CACHES.items()}
    assert operator.get(PAGE).status_code == 200
    told = cards(operator)
    for name in ("workers", "beat"):
        assert (told[name]["tone"], told[name]["says"][:24]) == ("bad", "Redis does not answer. W")
    assert line(told["versions"], "Redis")["value"] == "does not answer"
    assert told["database"]["tone"] == "good"
    assert told["breakers"]["says"] == "All closed.", "each process then has a breaker of its own"


def test_what_failed_leads_to_its_list(operator: Client) -> None:
    acme, globex = people.organization("Acme"), people.organization("Globex")
    for number in range(3):
        Receipt.objects.create(
            kind="call", ref=new_id(), key=f"k{number}", account_sid="AC1", payload={}, state="failed"
        )
    for organization in (acme, acme, globex):
        Command.objects.create(
            organization=organization, kind="end_call", target_id=new_id(), give_up_at=clock.now(), state="failed"
        )
        Job.objects.create(organization=organization, kind="contacts.import", state="failed")
    factories.delivery(acme, state="failed")
    told = cards(operator)
    expected = {
        ("carrier", "Notices"): 3,
        ("carrier", "Commands"): 3,
        ("jobs", "Jobs of Acme"): 2,
        ("jobs", "Jobs of Globex"): 1,
        ("webhooks", "Deliveries of Acme"): 1,
    }
    for (name, label), number in expected.items():
        found = line(told[name], label)
        assert (found["value"], found["tone"]) == (f"{number} failed", "warning")
        listed = operator.get(found["url"])
        assert listed.status_code == 200, (found["url"], listed.headers)
        assert listed.context["cl"].result_count == number
    assert told["privacy"]["says"] == "None failed."


def test_work_that_nobody_does(operator: Client) -> None:
    assert cards(operator)["due"]["says"] == "Nothing waits for long."
    row = Receipt.objects.create(kind="call", ref=new_id(), key="k", account_sid="AC1", payload={})
    Receipt.objects.filter(pk=row.pk).update(due_at=clock.machine_now() - timedelta(minutes=3))
    card = cards(operator)["due"]
    assert (card["tone"], line(card, "Receipts")["value"][:22]) == ("bad", "1 due, the oldest for ")


def test_beat_and_workers(operator: Client) -> None:
    told = cards(operator)
    assert told["beat"]["says"].startswith("No tick in the last day")
    assert told["workers"]["says"] == "No worker answered."
    assert line(told["workers"], "Queue callbacks")["value"] == "nothing waits, and no worker serves it"
    tasks.tick()
    assert cards(operator)["beat"]["tone"] == "good"


def test_a_migration_that_was_not_run(operator: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="carrier").latest("id")
    MigrationRecorder.Migration.objects.filter(pk=newest.pk).delete()
    card = cards(operator)["database"]
    assert line(card, "Migrations to be run")["value"] == f"carrier {newest.name}"
    assert (card["tone"], card["says"]) == ("bad", "The schema is not that of this version: run `migrate`.")


def test_a_card_that_fails_is_a_red_card(operator: Client) -> None:
    def broken() -> operations.Card:
        raise ValueError("with a secret")

    operations.register("broken", "Broken", broken)
    try:
        card = cards(operator)["broken"]
    finally:
        del operations._registered["broken"]
    assert (card["tone"], card["says"]) == ("bad", "This cannot be told now (ValueError).")


def test_readiness_and_versions(operator: Client) -> None:
    told = cards(operator)
    assert line(told["dependencies"], "Zerodb")["tone"] == "off"
    assert line(told["versions"], "PostgreSQL")["value"]


@pytest.mark.parametrize("role", ["owner", "supervisor", "agent"])
def test_only_for_operators(role: str) -> None:
    client = Client()
    client.force_login(people.member(people.organization(), role, is_staff=True).membership.user)
    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("admin:operations_state")).json()["code"] == "forbidden"
    assert PAGE not in client.get("/admin/").content.decode()


def test_before_the_first_organization(operator: Client, django_assert_max_num_queries: Any) -> None:
    assert operator.get(PAGE).status_code == 200
    with django_assert_max_num_queries(40):
        cards(operator)
