"""Endpoints, their secrets, their log, over the API."""

from typing import Any

import pytest
from django.db import connection

from tests import people
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.test_sending import Quick, send
from tests.webhooks.things import delivery, happen
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.webhooks import line
from zerovoice.webhooks.models import CallbackSecret, Delivery, Endpoint

pytestmark = pytest.mark.django_db
PATH = "/api/v1/webhook-endpoints"
URL = "https://8.8.8.8/hooks"


def made(owner: people.Caller, **fields: Any) -> dict[str, Any]:
    answer = owner.post(PATH, {"url": URL, "types": ["call.*"], **fields})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_secret_is_shown_once_and_kept_unreadable(owner: people.Caller) -> None:
    endpoint = made(owner, description="CRM", types=["voicemail.new", "call.*", "call.*"])
    secret = endpoint.pop("secret")
    assert secret.startswith("whsec_")
    assert endpoint["types"] == ["call.*", "voicemail.new"]
    assert owner.get(f"{PATH}/{endpoint['id']}").json() == endpoint
    assert owner.get(PATH).json()["results"] == [endpoint]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhooks_endpoint")
        assert secret.removeprefix("whsec_") not in cursor.fetchone()[0]
    assert AuditEntry.objects.filter(action="webhook_endpoint.created").count() == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"url": "https://127.0.0.2/x"}, 422, "url"),
        ({"url": "https://[::ffff:127.0.0.1]/x"}, 422, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, 422, "url"),
        ({"url": "https://[64:ff9b::a00:1]/x"}, 422, "url"),
        ({"url": "https://8.8.8.8:22/x"}, 422, "url"),
        ({"url": "https://2130706433/x"}, 400, "url"),
        ({"url": "https://0177.0.0.1/x"}, 400, "url"),
        ({"url": "ftp://8.8.8.8/x"}, 400, "url"),
        ({"url": "https://me:secret@8.8.8.8/x"}, 400, "url"),
        ({"url": "here"}, 400, "url"),
        ({"url": None}, 400, "url"),
        ({"types": []}, 400, "types"),
        ({"types": ["call.exploded"]}, 400, "types"),
        ({"types": ["nothing.*"]}, 400, "types"),
        ({"types": "call.*"}, 400, "types"),
        ({"types": ["c*"]}, 400, "types"),
        ({"colour": "red"}, 400, "colour"),
        ({"enabled": "yes"}, 400, "enabled"),
    ],
)
def test_what_makes_no_sense_is_refused(owner: people.Caller, change: dict[str, Any], status: int, field: str) -> None:
    answer = owner.post(PATH, {"url": URL, "types": ["call.*"], **change})
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field)
    there = made(owner)
    assert owner.patch(f"{PATH}/{there['id']}", change).status_code == status
    assert Endpoint.objects.values_list("url", "types", "description").get() == (URL, ["call.*"], "")


def test_there_are_at_most_fifty(owner: people.Caller, acme: Organization) -> None:
    Endpoint.objects.bulk_create(Endpoint(organization=acme, url=URL, types=["*"]) for _ in range(50))
    assert owner.post(PATH, {"url": URL, "types": ["*"]}).status_code == 422


def test_a_rotation_overlaps_for_as_long_as_is_asked(owner: people.Caller) -> None:
    endpoint = made(owner)
    rotate = f"{PATH}/{endpoint['id']}/rotate-secret"
    answer = owner.post(rotate, {"overlap_seconds": 60}).json()
    assert answer["secret"] != endpoint["secret"]
    assert answer["previous_secret_until"]
    assert Endpoint.objects.get().previous_secret == endpoint["secret"]
    leaked = owner.post(rotate, {"overlap_seconds": 0}).json()
    assert leaked["previous_secret_until"] is None
    assert Endpoint.objects.get().previous_secret == ""
    assert owner.post(rotate, {"overlap_seconds": -1}).status_code == 400


def test_a_test_event_is_sent_and_stands_in_the_log(owner: people.Caller, receiver: Receiver) -> None:
    endpoint = made(owner, url=receiver.url, types=["dnc.added"])
    assert owner.post(f"{PATH}/{endpoint['id']}/test").status_code == 202
    send()
    assert receiver.kinds == ["endpoint.test"]
    (row,) = owner.get(f"{PATH}/{endpoint['id']}/deliveries").json()["results"]
    assert (row["state"], row["type"], row["event_id"]) == ("delivered", "endpoint.test", receiver.seen[0].id)
    owner.patch(f"{PATH}/{endpoint['id']}", {"enabled": False})
    assert owner.post(f"{PATH}/{endpoint['id']}/test").status_code == 422


def test_the_log_tells_each_attempt_and_what_was_sent(
    owner: people.Caller, acme: Organization, endpoint: Endpoint, receiver: Receiver, quick: Quick
) -> None:
    quick(0)
    receiver.script = lambda message: Reply(500)
    happen(acme)
    send()
    log = f"{PATH}/{endpoint.pk}/deliveries"
    (row,) = owner.get(log).json()["results"]
    assert "body" not in row
    told = owner.get(f"{log}/{row['id']}").json()
    assert told["body"] == receiver.seen[0].body.decode()
    assert [entry["status"] for entry in told["log"]] == [500, 500]
    receiver.script = lambda message: Reply()
    again = owner.post(f"{log}/{row['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert owner.post(f"{log}/{row['id']}/replay").status_code == 422  # it is about to be
    send()
    assert receiver.seen[-1].id == receiver.seen[0].id
    assert receiver.seen[-1].body == receiver.seen[0].body
    assert owner.get(f"{log}/{row['id']}").json()["state"] == "delivered"
    assert AuditEntry.objects.filter(action="webhook_delivery.sent_again").count() == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [({}, 3), ({"state": "failed"}, 1), ({"type": "call.ringing"}, 2), ({"type": "call.busy"}, 0),
     ({"date_start": "2999-01-01"}, 0), ({"date_end": "2999-01-01", "state": "delivered"}, 1)],
)  # fmt: skip
def test_the_log_is_filtered(owner: people.Caller, endpoint: Endpoint, query: dict[str, str], found: int) -> None:
    delivery(endpoint, state="failed")
    delivery(endpoint, state="delivered")
    delivery(endpoint, kind="call.completed")
    answer = owner.get(f"{PATH}/{endpoint.pk}/deliveries", query)
    assert (answer.json()["count"], len(answer.json()["results"])) == (found, found)
    assert owner.get(f"{PATH}/{endpoint.pk}/deliveries", {"state": "lost"}).status_code == 400


def test_lists_ask_no_more_for_more_rows(
    owner: people.Caller, endpoint: Endpoint, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        delivery(endpoint)
    for path in (f"{PATH}/{endpoint.pk}/deliveries", PATH, "/api/v1/webhook-callbacks/deliveries", "/api/v1/events"):
        owner.get(path)  # fills the cache of principals
        with django_assert_max_num_queries(3):
            owner.get(path)


def test_what_is_deleted_gets_nothing_and_is_nowhere(
    owner: people.Caller, acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    waiting = delivery(endpoint)
    assert owner.delete(f"{PATH}/{endpoint.pk}").status_code == 204
    happen(acme)
    send()
    assert receiver.seen == []
    assert owner.get(PATH).json()["count"] == 0
    assert owner.get(f"{PATH}/{endpoint.pk}").status_code == 404
    assert owner.get(f"{PATH}/{endpoint.pk}/deliveries").status_code == 404
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_error) == ("failed", "The endpoint is disabled")


def test_a_time_is_replayed(owner: people.Caller, acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    failed = delivery(endpoint, state="failed")
    night = {"since": "2020-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"}
    answer = owner.post(f"{PATH}/{endpoint.pk}/replay", night)
    assert answer.status_code == 202
    assert owner.post(f"{PATH}/{endpoint.pk}/replay", night).status_code == 422  # one at a time
    send()
    assert [message.id for message in receiver.seen] == [str(failed.event_id)]
    (row,) = owner.get(f"{PATH}/{endpoint.pk}/replays").json()["results"]
    assert (row["event_count"], row["finished_at"] is not None) == (1, True)
    swapped = {"since": night["until"], "until": night["since"]}
    assert owner.post(f"{PATH}/{endpoint.pk}/replay", swapped).json()["details"]["field"] == "until"


def test_the_callback_secret_is_made_when_asked_for_and_rotated(owner: people.Caller, acme: Organization) -> None:
    secret = "/api/v1/webhook-callbacks/secret"
    first = owner.get(secret).json()
    assert first == owner.get(secret).json()
    rotated = owner.post(f"{secret}/rotate", {}).json()
    assert rotated["secret"] != first["secret"]
    kept = CallbackSecret.objects.get(organization=acme)
    assert (kept.secret, kept.previous_secret) == (rotated["secret"], first["secret"])
    assert people.member(acme, "supervisor").get(secret).status_code == 403


def test_callbacks_have_a_log_of_their_own(owner: people.Caller, acme: Organization, receiver: Receiver) -> None:
    happen(acme, callback_url=f"{receiver.url}?order=7")
    send()
    log = "/api/v1/webhook-callbacks/deliveries"
    (row,) = owner.get(log, {"state": "delivered"}).json()["results"]
    assert row["url"] == f"{receiver.url}?order=7"
    assert owner.post(f"{log}/{row['id']}/replay").status_code == 202
    send()
    assert len(receiver.seen) == 2
    assert len({message.body for message in receiver.seen}) == 1


def test_a_request_names_no_address_within_our_walls(owner: people.Caller) -> None:
    for url in ("http://169.254.169.254/", "https://10.0.0.1/x", "https://[::ffff:10.0.0.1]/"):
        body = {"from_number": "+16285550100", "to_number": "+14155550142", "status_callback_url": url}
        for path, more in (("calls/outbound", {}), ("sms/send", {"body": "Hello"})):
            answer = owner.post(f"/api/v1/{path}", {**body, **more})
            assert (answer.status_code, answer.json()["details"]["field"]) == (422, "status_callback_url")
    assert not Delivery.objects.exists()


def test_the_catalogue_has_every_kind_with_an_example(owner: people.Caller) -> None:
    kinds = {row["type"]: row for row in owner.get("/api/v1/webhook-event-types").json()["results"]}
    groups = {name.partition(".")[0] for name in kinds}
    assert groups >= {"call", "message", "recording", "transcript", "voicemail", "dnc", "number", "endpoint"}
    assert all(row["description"] and isinstance(row["example"], dict) for row in kinds.values())
    assert kinds["call.completed"]["example"]["status"] == "completed"


def feed(owner: people.Caller, **query: Any) -> dict[str, Any]:
    answer = owner.get("/api/v1/events", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_the_feed_is_read_with_a_cursor(owner: people.Caller, acme: Organization) -> None:
    events = [happen(acme, kind) for kind in ("call.ringing", "number.released", "call.completed")]
    happen(people.organization("Globex"))
    assert feed(owner)["results"] == []  # not in line yet
    line.line_up()
    first = feed(owner, limit=2)
    assert [row["id"] for row in first["results"]] == [str(event.pk) for event in events[:2]]
    assert (first["count"], first["after"]) == (3, 2)
    assert "after=2" in first["next"]
    rest = owner.get(first["next"]).json()
    assert [row["position"] for row in rest["results"]] == [3]
    assert (rest["count"], rest["next"], rest["previous"], rest["after"]) == (1, None, None, 3)
    assert feed(owner, after=3) == {
        "count": 0, "count_exact": True, "next": None, "previous": None, "after": 3, "results": [],
    }  # fmt: skip
    assert [row["type"] for row in feed(owner, types="call.*")["results"]] == ["call.ringing", "call.completed"]
    assert [row["position"] for row in feed(owner, types="number.released,call.busy")["results"]] == [2]


@pytest.mark.parametrize(
    "query",
    [{"after": "-1"}, {"after": "x"}, {"after": "9" * 40}, {"limit": "0"}, {"limit": "501"}, {"types": "call"},
     {"types": "call.*,"}, {"page": "2"}],
)  # fmt: skip
def test_a_senseless_cursor_is_a_400(owner: people.Caller, query: dict[str, str]) -> None:
    answer = owner.get("/api/v1/events", query)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, next(iter(query)))


def test_what_the_feed_has_is_what_is_sent(
    owner: people.Caller, acme: Organization, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(acme, data={"status": "ringing"})
    send()
    assert feed(owner)["results"] == [receiver.seen[0].json]
