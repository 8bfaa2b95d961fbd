"""What is kept for how long, and what is cleared for a person's sake."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.webhooks.receiver import Receiver
from tests.webhooks.test_sending import send
from tests.webhooks.things import Thing, delivery, happen
from zerovoice.accounts.models import Organization
from zerovoice.lib import clock
from zerovoice.webhooks import actions, cleaning, line
from zerovoice.webhooks.models import Delivery, Endpoint, Event, PurgedUntil, Replay

pytestmark = pytest.mark.django_db


def old_id(days: float) -> uuid.UUID:
    """A UUIDv7 of so long ago."""
    at = clock.machine_now() - timedelta(days=days)
    return uuid.UUID(int=int(at.timestamp() * 1000) << 80 | uuid.uuid4().int % (1 << 80))


def old(organization: Organization, days: float, kind: str = "call.completed", **fields: Any) -> Event:
    event = Event(
        **{"id": old_id(days), "organization": organization, "kind": kind, "subject_type": "call",
           "subject_id": uuid.uuid4(), "data": {}, **fields}
    )  # fmt: skip
    event.save(force_insert=True)
    return event


def test_old_bodies_go_before_the_log_does(acme: Organization, endpoint: Endpoint) -> None:
    fresh, waiting = delivery(endpoint, state="delivered"), delivery(endpoint)
    Delivery.objects.filter(pk=fresh.pk).update(id=old_id(29))
    Delivery.objects.filter(pk=waiting.pk).update(id=old_id(31))
    gone = delivery(endpoint, state="failed")
    Delivery.objects.filter(pk=gone.pk).update(id=old_id(31))
    assert cleaning.purge() == (0, True)
    kept = {d.event_id: bool(d.body) for d in Delivery.objects.all()}
    assert kept == {fresh.event_id: True, waiting.event_id: True, gone.event_id: False}


def test_old_events_go_with_their_deliveries(acme: Organization, endpoint: Endpoint) -> None:
    gone, kept = old(acme, 91), old(acme, 89)
    line.line_up()
    unplaced = old(acme, 91)
    assert Delivery.objects.count() == 2
    assert cleaning.purge() == (1, True)
    assert set(Event.objects.values_list("pk", flat=True)) == {kept.pk, unplaced.pk}
    assert list(Delivery.objects.values_list("event_id", flat=True)) == [kept.pk]
    line.line_up()
    unplaced.refresh_from_db()
    assert unplaced.position == 3  # nobody's place is given twice
    assert gone.pk != kept.pk


def test_the_numbers_of_what_lasts_go_on(acme: Organization) -> None:
    number = uuid.uuid4()
    for kind in ("number.purchased", "number.configured"):
        old(acme, 91, kind, subject_id=number)
    line.line_up()
    assert cleaning.purge() == (1, True)  # the last of them stays
    released = old(acme, 90.5, "number.released", subject_id=number)
    line.line_up()
    released.refresh_from_db()
    assert released.sequence == 3
    assert cleaning.purge() == (1, True)
    assert list(Event.objects.values_list("pk", flat=True)) == [released.pk]


def test_what_stays_is_looked_at_once(acme: Organization, django_assert_max_num_queries: Any) -> None:
    """A list of a million people not to call is a million events that stay."""
    for _ in range(40):
        old(acme, 91, "dnc.added", subject_type="dnc_entry")
    line.line_up()
    with django_assert_max_num_queries(25):  # of which most are for the batch, whatever its size
        assert cleaning.purge() == (0, True)
    seen = PurgedUntil.objects.get().event_id
    with CaptureQueriesContext(connection) as queries:
        assert cleaning.purge() == (0, True)
    events = [query["sql"] for query in queries if 'FROM "webhooks_event"' in query["sql"]]
    assert len(events) == 1, "nothing is behind the last one"
    assert seen.hex in events[0].replace("-", "")
    assert Event.objects.count() == 40


def test_when_the_time_is_up_the_next_run_goes_on(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        old(acme, 91)
    line.line_up()
    monkeypatch.setattr(cleaning, "_BATCH", 2)
    assert [cleaning.purge(seconds=0) for _ in range(3)] == [(2, False), (2, False), (1, False)]
    assert cleaning.purge(seconds=0) == (0, True)


def test_an_index_has_the_bodies_that_are_left(acme: Organization, endpoint: Endpoint) -> None:
    """Those that were cleared are in it no more."""
    with CaptureQueriesContext(connection) as queries:
        cleaning.purge()
    (asked,) = [query["sql"] for query in queries if query["sql"].startswith('SELECT "webhooks_delivery"."id"')]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "webhooks_bodies" in plan, plan
    assert "Filter" not in plan, plan


def test_a_deleted_endpoint_goes_with_its_last_delivery(acme: Organization, endpoint: Endpoint) -> None:
    old(acme, 91)
    line.line_up()
    actions.delete_endpoint(endpoint=endpoint, principal=None)
    Replay.objects.create(
        id=old_id(91), organization=acme, endpoint=endpoint, since=clock.now(), until=clock.now(), until_position=0,
        finished_at=clock.now(),
    )  # fmt: skip
    cleaning.purge()
    cleaning.purge()
    assert not Endpoint.objects.exists()


def test_what_is_about_a_person_is_cleared_and_not_sent_any_more(
    acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    call, other = Thing(), Thing()
    happen(acme, "call.ringing", call, callback_url=f"{receiver.url}?phone=14155550142")
    send()
    happen(acme, "call.completed", call, callback_url=f"{receiver.url}?phone=14155550142")
    happen(acme, "call.completed", other)
    line.line_up()
    assert cleaning.forget(acme.pk, [call.pk]) > 0
    assert cleaning.forget(acme.pk, [call.pk]) == 0
    receiver.seen.clear()
    send()
    assert [message.json["object"]["id"] for message in receiver.seen] == [str(other.pk)]
    texts = [(d.body, d.url, d.last_error) for d in Delivery.objects.exclude(event__subject_id=other.pk)]
    assert {body for body, _, _ in texts} == {""}
    assert {url for _, url, _ in texts} == {""}
    assert not Event.objects.exclude(callback_url="").exists()
    assert Event.objects.filter(subject_id=call.pk).count() == 2


def test_secrets_are_rotated_with_the_key(acme: Organization, endpoint: Endpoint, settings: Any) -> None:
    secret, earlier = endpoint.secret, settings.SECRET_KEY
    callbacks = actions.callback_secret(acme.pk).secret
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [earlier]
    call_command("rotate_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    assert Endpoint.objects.get().secret == secret
    assert actions.callback_secret(acme.pk).secret == callbacks
