"""What Stripe tells us: only from it, only now; as often and in whatever order it likes."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from itertools import permutations

import httpx
import pytest
from django.test import Client

from tests import people
from tests.billing.factories import DECLINED_CARD, GOOD_CARD, give_card, invoiced
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.billing import invoicing, standing
from zerovoice.billing.models import Invoice, StripeEvent
from zerovoice.embedded.environment import STRIPE_WEBHOOK_SECRET
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture(autouse=True)
def secret(settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = STRIPE_WEBHOOK_SECRET


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def told(kind: str, about: str, *, id: str = "") -> bytes:
    body = {"id": id or f"evt_{new_id().hex}", "object": "event", "type": kind, "data": {"object": {"id": about}}}
    return json.dumps(body).encode()


def send(payload: bytes, *, secret: str = STRIPE_WEBHOOK_SECRET, at: float | None = None, signed: bytes = b""):
    when = int(at or time.time())
    digest = hmac.new(secret.encode(), b"%d." % when + (signed or payload), hashlib.sha256).hexdigest()
    return Client().post(
        "/webhooks/stripe", payload, content_type="application/json",
        headers={"Stripe-Signature": f"t={when},v1={digest}"},
    )  # fmt: skip


def work_off() -> None:
    for event in StripeEvent.objects.filter(state="pending"):
        invoicing.process_event(str(event.pk))


def standing_of(acme: Organization) -> str:
    acme.refresh_from_db()
    return acme.status


def test_a_signed_event_is_kept_and_answered() -> None:
    assert send(told("invoice.paid", "in_unknown")).status_code == 204
    work_off()
    assert StripeEvent.objects.get().state == "done"


@pytest.mark.parametrize("kind", ["balance.available", "invoice.upcoming"])
def test_what_has_no_id_is_taken_and_means_nothing(kind: str) -> None:
    body = {"id": f"evt_{new_id().hex}", "object": "event", "type": kind, "data": {"object": {"object": "any"}}}
    assert send(json.dumps(body).encode()).status_code == 204
    work_off()
    assert StripeEvent.objects.get().state == "done"


def test_what_is_not_from_stripe_is_refused(settings) -> None:
    payload = told("invoice.paid", "in_1")
    refused = [
        send(payload, secret="whsec_other"),
        send(payload, at=time.time() - 3600),
        send(payload, signed=told("invoice.paid", "in_2")),
        Client().post("/webhooks/stripe", payload, content_type="application/json"),
        send(b"no json"),
        send(b"[]"),
        send(b'{"id": "evt_1"}'),
    ]
    settings.STRIPE_WEBHOOK_SECRET = ""
    refused.append(send(payload, secret=""))
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert Client().get("/webhooks/stripe").status_code == 405
    assert not StripeEvent.objects.exists()


def test_the_same_event_again_is_one(acme: Organization) -> None:
    payload = told("invoice.paid", "in_1", id="evt_same")
    assert [send(payload).status_code for _ in range(3)] == [204] * 3
    assert StripeEvent.objects.count() == 1


def test_a_declined_card_makes_past_due_and_a_good_one_active_again(
    acme: Organization, at_stripe: httpx.Client
) -> None:
    invoice = invoiced(acme)
    give_card(at_stripe, acme, DECLINED_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay")
    send(told("invoice.payment_failed", invoice.stripe_invoice_id))
    work_off()
    assert standing_of(acme) == "past_due"
    give_card(at_stripe, acme, GOOD_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay").raise_for_status()
    send(told("invoice.paid", invoice.stripe_invoice_id))
    work_off()
    assert standing_of(acme) == "active"
    invoice.refresh_from_db()
    assert (invoice.status, bool(invoice.paid_at)) == ("paid", True)
    actions = AuditEntry.objects.filter(organization=acme, action__startswith="organization.").order_by("id")
    assert [entry.action for entry in actions][-2:] == ["organization.past_due", "organization.active"]


@pytest.mark.parametrize("order", permutations(["invoice.payment_failed", "invoice.paid", "invoice.finalized"]))
def test_in_any_order_the_end_is_the_same(acme: Organization, at_stripe: httpx.Client, order: tuple[str, ...]) -> None:
    invoice = invoiced(acme)
    give_card(at_stripe, acme, DECLINED_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay")
    give_card(at_stripe, acme, GOOD_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay").raise_for_status()
    for kind in order:
        send(told(kind, invoice.stripe_invoice_id))
        work_off()
    assert standing_of(acme) == "active"
    assert Invoice.objects.get().status == "paid"


def test_unpaid_for_longer_than_the_grace_is_suspended(acme: Organization, at_stripe: httpx.Client, settings) -> None:
    invoice = invoiced(acme)
    Invoice.objects.filter(pk=invoice.pk).update(payment_failed_at=clock.now() - timedelta(days=6, hours=23))
    standing.apply_to_all()
    assert standing_of(acme) == "past_due"
    Invoice.objects.filter(pk=invoice.pk).update(payment_failed_at=clock.now() - timedelta(days=7))
    standing.apply_to_all()
    standing.apply_to_all()
    assert standing_of(acme) == "suspended"
    assert AuditEntry.objects.filter(organization=acme, action="organization.suspended").count() == 1


def test_a_word_that_got_lost_is_asked_for(acme: Organization, at_stripe: httpx.Client) -> None:
    invoice = invoiced(acme)
    give_card(at_stripe, acme, GOOD_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay").raise_for_status()
    invoicing.sync_silent()
    assert Invoice.objects.get().status == "open", "Stripe has told us just now"
    Invoice.objects.update(synced_at=clock.machine_now() - timedelta(hours=2))
    invoicing.sync_silent()
    assert Invoice.objects.get().status == "paid"


def test_a_persons_word_is_above_it(acme: Organization, at_stripe: httpx.Client) -> None:
    Organization.objects.filter(pk=acme.pk).update(status="suspended", status_by_hand=True)
    invoice = invoiced(acme)
    give_card(at_stripe, acme, GOOD_CARD)
    at_stripe.post(f"/invoices/{invoice.stripe_invoice_id}/pay").raise_for_status()
    send(told("invoice.paid", invoice.stripe_invoice_id))
    work_off()
    assert standing_of(acme) == "suspended"
    Organization.objects.filter(pk=acme.pk).update(status_by_hand=False)
    standing.apply_to_all()
    assert standing_of(acme) == "active"


@pytest.mark.parametrize(
    ("invoices", "expected"),
    [
        ([], "active"),
        ([("open", None), ("paid", 3)], "active"),
        ([("open", 1)], "past_due"),
        ([("open", 8), ("paid", None)], "suspended"),
        ([("open", 1), ("uncollectible", None)], "suspended"),
    ],
)
def test_standing_by_payments(invoices: list, expected: str) -> None:
    now = clock.now()
    rows = [(status, days and now - timedelta(days=days)) for status, days in invoices]
    assert standing.by_payments(rows, now=now, grace=timedelta(days=7)) == expected
