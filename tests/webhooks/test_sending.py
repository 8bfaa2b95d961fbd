"""What becomes of deliveries, at little servers that behave as they like."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.webhooks.receiver import Receiver, Reply, receiving
from tests.webhooks.things import Thing, endpoint_of, happen
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.lib import clock
from zerovoice.webhooks import actions, replaying, sending
from zerovoice.webhooks.models import Delivery, Endpoint, Event, Sender

pytestmark = pytest.mark.django_db
Quick = Callable[..., None]


def send() -> None:
    """Until nothing is left to do."""
    for _ in range(20):
        sending.send()
        Delivery.objects.filter(state="pending").update(due_at=clock.machine_now())
        if not sending.anything_to_do():
            return


def only() -> Delivery:
    return Delivery.objects.get()


def test_an_event_arrives_signed(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    thing = Thing()
    event = happen(acme, "call.ringing", thing, data={"status": "ringing"})
    send()
    (message,) = receiver.seen
    told = Webhook(endpoint.secret).verify(message.body, message.headers)
    event.refresh_from_db()
    assert told == {
        "id": str(event.pk), "type": "call.ringing", "timestamp": event.created_at.isoformat().replace("+00:00", "Z"),
        "position": 1, "sequence": 1, "data": {"status": "ringing"},
        "object": {"type": "call", "id": str(thing.pk), "url": f"/api/v1/calls/{thing.pk}"},
    }  # fmt: skip
    assert message.id == str(event.pk)
    assert message.headers["content-type"] == "application/json"
    done = only()
    assert (done.state, done.attempts, done.response_status, done.last_error) == ("delivered", 1, 204, "")
    assert done.finished_at is not None
    assert [entry["status"] for entry in done.log] == [204]


@pytest.mark.parametrize(
    ("reply", "status", "error"),
    [
        (Reply(500), 500, "Answered 500"),
        (Reply(404), 404, "Answered 404"),
        (Reply(302, {"Location": "http://127.0.0.1/"}), 302, "Answered 302; redirects are not followed"),
        (Reply(reset=True), None, "The connection was closed before an answer came"),
        (Reply(after=3), None, "No answer in time"),
    ],
)
def test_a_failure_is_tried_again_alike_and_logged(
    acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick, reply: Reply, status: int, error: str
) -> None:
    quick(0, 0, timeout=0.3)
    receiver.script = lambda message: reply if len(receiver.seen) == 1 else Reply()
    happen(acme)
    send()
    first, second = receiver.seen
    assert (first.id, first.body) == (second.id, second.body)
    done = only()
    assert (done.state, done.attempts) == ("delivered", 2)
    assert [(entry["status"], entry["error"]) for entry in done.log] == [(status, error), (204, "")]
    assert all(entry["latency_ms"] >= 0 and entry["at"] for entry in done.log)


def test_after_the_last_attempt_it_has_failed(
    acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick
) -> None:
    quick(0, 0)
    receiver.script = lambda message: Reply(503)
    happen(acme)
    send()
    assert (only().state, len(receiver.seen), only().last_error) == ("failed", 3, "Answered 503")
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    receiver.script = lambda message: Reply()
    assert replaying.begin_anew([only().pk]) == 1
    send()
    endpoint.refresh_from_db()
    assert (only().state, only().attempts, endpoint.failing_since) == ("delivered", 4, None)


def test_pauses_grow_over_more_than_a_day(settings: Any) -> None:
    from zerovoice.webhooks.retry import Outcome, next_pause

    failed = Outcome(500, "", 10)
    pauses = [next_pause(n, settings.WEBHOOK_RETRY_SECONDS, failed) for n in range(1, 16)]
    assert pauses[-1] is None
    known = [pause for pause in pauses if pause is not None]
    assert len(known) == 14
    assert sum(known) >= 86_400
    base = settings.WEBHOOK_RETRY_SECONDS
    assert all(low <= pause <= low * 1.25 for low, pause in zip(base, known, strict=True))
    assert len({next_pause(5, base, failed) for _ in range(20)}) > 1  # they do not all come back together
    assert next_pause(1, base, Outcome(429, "", 10, retry_after=90)) == 90
    assert next_pause(1, base, Outcome(503, "", 10, retry_after=10**8)) == 3600
    assert next_pause(1, base, Outcome(410, "", 10)) is None


def test_who_says_gone_gets_nothing_any_more(
    acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick
) -> None:
    with receiving() as other:
        endpoint_of(acme, other.url, ("endpoint.*",))
        receiver.script = lambda message: Reply(410)
        happen(acme)
        send()
        happen(acme)
        send()
        assert len(receiver.seen) == 1
        assert other.kinds == ["endpoint.disabled"]
        assert other.seen[0].json["data"]["reason"] == "gone"
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "gone")
    assert AuditEntry.objects.filter(action="webhook_endpoint.disabled", target_id=str(endpoint.pk)).count() == 1


def test_days_of_nothing_but_failures_disable_it(
    acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick, settings: Any
) -> None:
    quick(0)
    receiver.script = lambda message: Reply(500)
    days = timedelta(days=settings.WEBHOOK_DISABLE_AFTER_DAYS)
    Endpoint.objects.update(failing_since=clock.machine_now() - days + timedelta(hours=1))
    happen(acme)
    send()
    endpoint.refresh_from_db()
    assert endpoint.enabled
    Endpoint.objects.update(failing_since=clock.machine_now() - days - timedelta(hours=1))
    happen(acme)
    send()
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "failing")
    actions.change_endpoint(endpoint=endpoint, principal=None, enabled=True)
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason, endpoint.failing_since) == (True, "", None)


def test_while_two_secrets_overlap_either_verifies(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    old = endpoint.secret
    new = actions.rotate_secret(signer=endpoint, principal=None, overlap_seconds=60)
    happen(acme)
    send()
    for secret in (old, new):
        Webhook(secret).verify(receiver.seen[0].body, receiver.seen[0].headers)
    Endpoint.objects.update(previous_secret_until=clock.machine_now())
    happen(acme)
    send()
    assert len(receiver.seen[1].headers["webhook-signature"].split()) == 1
    Webhook(new).verify(receiver.seen[1].body, receiver.seen[1].headers)


def test_what_comes_with_a_request_is_signed_with_the_callback_secret(acme: Organization, receiver: Receiver) -> None:
    happen(acme, callback_url=f"{receiver.url}?order=7")
    send()
    (message,) = receiver.seen
    assert message.path == "/hook?order=7"
    Webhook(actions.callback_secret(acme.pk).secret).verify(message.body, message.headers)


def test_an_address_that_turned_private_is_refused_at_the_attempt(
    acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick, settings: Any
) -> None:
    quick(0)
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    happen(acme)
    send()
    assert receiver.seen == []
    assert (only().state, only().last_error) == ("failed", "The address is not on the public internet")


def test_a_test_goes_to_the_endpoint_under_test_alone(
    acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    with receiving() as other:
        narrow = endpoint_of(acme, other.url, ("dnc.added",))
        actions.send_test(endpoint=narrow, principal=None)
        send()
        assert other.kinds == ["endpoint.test"]
    assert receiver.seen == []


def test_what_a_dead_process_had_claimed_is_sent_when_its_lease_is_over(
    acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    from zerovoice.webhooks import claiming, line

    happen(acme)
    line.line_up()
    (claimed,) = claiming.claim(10, set())
    send()
    assert receiver.seen == []
    Delivery.objects.update(lease_expires_at=clock.machine_now())
    send()
    assert (only().state, only().attempts) == ("delivered", 2)
    # The dead one was only slow: what it tells at last changes nothing.
    from zerovoice.webhooks.retry import Outcome

    sending.finish([(claimed, Outcome(500, "", 1))])
    assert only().state == "delivered"


def test_only_one_sends_at_a_time_and_a_dead_one_loses_its_turn(
    acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(acme)
    Sender.objects.create(slot=0, lease_expires_at=clock.machine_now() + timedelta(seconds=30))
    sending.send()
    assert receiver.seen == []
    Sender.objects.update(lease_expires_at=clock.machine_now())
    sending.send()
    assert len(receiver.seen) == 1


def test_a_secret_that_cannot_be_read_stops_nobody_else(
    acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    from django.db import connection

    with receiving() as other:
        broken = endpoint_of(acme, other.url)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE webhooks_endpoint SET secret = 'nonsense' WHERE id = %s", [broken.pk])
        happen(acme)
        send()
        assert len(receiver.seen) == 1
        assert Delivery.objects.get(endpoint=broken).last_error == "The secret cannot be read; rotate it"
        fresh = actions.rotate_secret(signer=broken, principal=None)
        replaying.begin_anew([Delivery.objects.get(endpoint=broken).pk])
        send()
        Webhook(fresh).verify(other.seen[0].body, other.seen[0].headers)


def test_a_time_is_told_again(acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick) -> None:
    quick(0)
    before = clock.now()
    happen(acme, "call.ringing")
    receiver.script = lambda message: Reply(500)
    happen(acme, "call.completed")
    send()
    receiver.script = lambda message: Reply()
    Delivery.objects.filter(kind="call.ringing").update(state="delivered")
    actions.change_endpoint(endpoint=endpoint, principal=None, enabled=False)
    happen(acme, "number.released")
    send()
    actions.change_endpoint(endpoint=endpoint, principal=None, enabled=True)
    receiver.seen.clear()
    until = clock.now()
    happen(acme, "number.purchased")
    send()
    assert receiver.kinds == ["number.purchased"]
    receiver.seen.clear()
    replay = actions.replay(endpoint=endpoint, principal=None, since=before, until=until)
    send()
    replay.refresh_from_db()
    assert sorted(receiver.kinds) == ["call.completed", "number.released"]
    assert (replay.event_count, replay.finished_at is not None) == (2, True)
    receiver.seen.clear()
    actions.replay(endpoint=endpoint, principal=None, since=before, until=until, delivered_too=True)
    send()
    assert sorted(receiver.kinds) == ["call.completed", "call.ringing", "number.released"]
    assert Event.objects.count() == 4
