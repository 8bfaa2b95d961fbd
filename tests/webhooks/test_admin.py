"""Webhooks as a supervisor and an administrator see them."""

from typing import Any

import pytest
from django.test import Client

from tests import people
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_sending import send
from tests.webhooks.things import delivery, happen
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.webhooks import actions, line
from zerovoice.webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db
ENDPOINTS = "/admin/webhooks/endpoint/"
DELIVERIES = "/admin/webhooks/delivery/"
EVENTS = "/admin/webhooks/event/"


def browser(organization: Organization, role: str = "admin") -> Client:
    member = people.member(organization, role, is_staff=True).membership
    assert member is not None
    client = Client()
    client.force_login(member.user)
    return client


def text(client: Client, url: str, query: dict[str, Any] | None = None) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, url: str, action: str, *rows: Any) -> str:
    answer = client.post(url, {"action": action, "_selected_action": [str(row.pk) for row in rows]}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_endpoint_is_made_changed_and_deleted(acme: Organization) -> None:
    admin = browser(acme)
    form = {"organization": str(acme.pk), "url": "https://8.8.8.8/hooks", "types": "call.*, voicemail.new",
            "description": "CRM", "enabled": "on"}  # fmt: skip
    page = admin.post(f"{ENDPOINTS}add/", form, follow=True).content.decode()
    endpoint = Endpoint.objects.get()
    assert endpoint.secret in page
    assert (endpoint.types, endpoint.organization) == (["call.*", "voicemail.new"], acme)
    shown = text(admin, f"{ENDPOINTS}{endpoint.pk}/change/")
    assert "call.*, voicemail.new" in shown
    assert endpoint.secret not in shown
    admin.post(f"{ENDPOINTS}{endpoint.pk}/change/", {**form, "types": "*", "enabled": ""})
    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.enabled, endpoint.disabled_reason) == (["*"], False, "owner")
    admin.post(f"{ENDPOINTS}{endpoint.pk}/delete/", {"post": "yes"})
    assert not Endpoint.objects.kept().exists()
    audited = AuditEntry.objects.filter(action__startswith="webhook_endpoint").values_list("action", flat=True)
    assert sorted(audited) == [f"webhook_endpoint.{what}" for what in ("changed", "created", "deleted")]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"url": "https://10.0.0.1/"}, "not on the public internet"), ({"types": "call.exploded"}, "No kind of event")],
)
def test_a_bad_address_or_kind_is_refused(acme: Organization, change: dict[str, str], words: str) -> None:
    form = {"organization": str(acme.pk), "url": "https://8.8.8.8/", "types": "*", "enabled": "on", **change}
    assert words in browser(acme).post(f"{ENDPOINTS}add/", form).content.decode()
    assert not Endpoint.objects.exists()


def test_a_test_and_a_rotation(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    admin, before = browser(acme), endpoint.secret
    assert "on its way" in act(admin, ENDPOINTS, "test", endpoint)
    send()
    assert receiver.kinds == ["endpoint.test"]
    assert Endpoint.objects.get().secret == before
    page = act(admin, ENDPOINTS, "rotate", endpoint)
    assert Endpoint.objects.get().secret.split("=")[0].removeprefix("whsec_") in page.replace("&#x2B;", "+")
    assert Endpoint.objects.get().previous_secret == before


def test_deliveries_are_shown_and_sent_again(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    admin = browser(acme)
    failed = delivery(endpoint, state="failed", last_error="Answered 500", attempts=15,
                      log=[{"at": "2026-03-02T14:00:02Z", "status": None, "latency_ms": 15_000,
                            "error": "No answer in time"}])  # fmt: skip
    page = text(admin, DELIVERIES)
    for words in ("call.ringing", receiver.url, "Answered 500", "Failed"):
        assert words in page
    assert "call.ringing" not in text(admin, DELIVERIES, {"state": "delivered"}).split("<tbody")[-1]
    assert "No answer in time" in text(admin, f"{DELIVERIES}{failed.pk}/change/")
    assert "1 of 1 will be sent again" in act(admin, DELIVERIES, "send_again", failed)
    send()
    assert receiver.seen[0].id == str(failed.event_id)
    assert Delivery.objects.get().state == "delivered"


def order(client: Client, url: str, row: Any, name: str) -> Any:
    return client.post(f"{url}{row.pk}/order/{name}", follow=True)


def test_a_delivery_is_sent_again_on_its_own_page(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    failed = delivery(endpoint, state="failed", last_error="Answered 500", attempts=15, response_status=500)
    admin = browser(acme)
    page = text(admin, f"{DELIVERIES}{failed.pk}/change/")
    assert "500 Internal Server Error" in page
    assert "order/send_again" in page
    assert "order/send_again" not in text(browser(acme, "supervisor"), f"{DELIVERIES}{failed.pk}/change/")
    assert order(browser(acme, "supervisor"), DELIVERIES, failed, "send_again").status_code == 403
    assert order(browser(people.organization("Globex")), DELIVERIES, failed, "send_again").status_code == 404
    assert order(admin, DELIVERIES, failed, "nothing").status_code == 200
    assert Delivery.objects.get().state == "failed"
    assert "being sent again" in order(admin, DELIVERIES, failed, "send_again").content.decode()
    send()
    assert Delivery.objects.get().state == "delivered"
    assert AuditEntry.objects.filter(action="webhook_delivery.sent_again").count() == 1


def test_an_endpoint_is_ordered_on_its_own_page(acme: Organization, endpoint: Endpoint, receiver: Receiver) -> None:
    admin, before = browser(acme), endpoint.secret
    order(admin, ENDPOINTS, endpoint, "test")
    send()
    assert receiver.kinds == ["endpoint.test"]
    shown = order(admin, ENDPOINTS, endpoint, "rotate").content.decode()
    assert "The endpoint&#x27;s new secret" in shown
    assert Endpoint.objects.get().secret.split("=")[0].removeprefix("whsec_") in shown.replace("&#x2B;", "+")
    assert Endpoint.objects.get().previous_secret == before
    assert Endpoint.objects.get().secret not in text(admin, f"{ENDPOINTS}{endpoint.pk}/change/")
    actions.disable_by_itself(endpoint.pk, Endpoint.Reason.FAILING)
    assert "It failed for days" in text(admin, ENDPOINTS)
    page = text(admin, f"{ENDPOINTS}{endpoint.pk}/change/")
    assert "order/enable" in page
    assert "order/test" not in page
    order(admin, ENDPOINTS, endpoint, "enable")
    assert Endpoint.objects.get().enabled
    assert AuditEntry.objects.filter(action="webhook_endpoint.changed").count() == 1


def test_filters_that_an_index_answers(acme: Organization, endpoint: Endpoint) -> None:
    admin = browser(acme)
    for state in ("failed", "delivered", "pending"):
        delivery(endpoint, state=state)
    assert admin.get(DELIVERIES, {"state": "failed"}).context["cl"].result_count == 1
    chosen = {"endpoint": str(endpoint.pk), "kind": "call.ringing"}
    assert admin.get(DELIVERIES, chosen).context["cl"].result_count == 3
    assert admin.get(DELIVERIES, {**chosen, "kind": "call.completed"}).context["cl"].result_count == 0


def test_events_are_shown_and_never_changed(acme: Organization, endpoint: Endpoint) -> None:
    admin = browser(acme, "supervisor")
    event = happen(acme, data={"status": "ringing"})
    line.line_up()
    assert "call.ringing" in text(admin, EVENTS)
    assert "0 of 1" in text(admin, EVENTS)
    assert "ringing" in text(admin, f"{EVENTS}{event.pk}/change/")
    assert admin.post(f"{EVENTS}{event.pk}/change/", {"kind": "x"}).status_code == 403
    assert admin.post(f"{EVENTS}{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_others_see_nothing(acme: Organization, endpoint: Endpoint) -> None:
    failed = delivery(endpoint, state="failed")
    stranger = browser(people.organization("Globex"))
    for url, row in ((ENDPOINTS, endpoint), (DELIVERIES, failed), (EVENTS, failed.event)):
        assert str(row.pk) not in text(stranger, url)
        assert stranger.get(f"{url}{row.pk}/change/").status_code == 302
        assert browser(acme, "agent").get(url).status_code == 403
    act(stranger, DELIVERIES, "send_again", failed)
    assert Delivery.objects.get().state == "failed"
    supervisor = browser(acme, "supervisor")  # reads, and changes nothing
    answer = supervisor.post(DELIVERIES, {"action": "send_again", "_selected_action": [str(failed.pk)]})
    assert answer.status_code in (200, 302, 403)
    assert Delivery.objects.get().state == "failed"


def test_lists_ask_no_more_for_more_rows(
    acme: Organization, endpoint: Endpoint, django_assert_max_num_queries: Any
) -> None:
    admin = browser(acme)
    for url in (ENDPOINTS, DELIVERIES, EVENTS):
        text(admin, url)
    few = _queries(admin)
    for _ in range(10):
        delivery(endpoint)
    assert _queries(admin) == few


def _queries(client: Client) -> list[int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = []
    for url in (DELIVERIES, EVENTS):
        with CaptureQueriesContext(connection) as queries:
            text(client, url)
        found.append(len(queries))
    return found
