"""Receipts through the real web process and real workers that are killed meanwhile."""

import httpx
import pytest

from tests.carrier.signing import signature
from tests.waiting import wait_until
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN
from zerovoice.lib.ids import new_id

COUNT = """
from django.db.models import Count
from zerovoice.carrier.models import Receipt
rows = Receipt.objects.filter(payload__Marker=marker)
result = dict(rows.values_list("state").annotate(Count("pk")))
"""


def notice(stack, http, marker, number):
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    form = {"AccountSid": ACCOUNT_SID, "CallSid": f"CA{new_id().hex}", "CallStatus": "ringing", "Marker": marker}
    signed = signature(stack.env["PUBLIC_URL"] + path, list(form.items()), AUTH_TOKEN)
    headers = {"X-Twilio-Signature": signed, "I-Twilio-Idempotency-Token": f"{marker} {number}"}
    return http.post(stack.base_url + path, data=form, headers=headers).status_code


@pytest.fixture
def send(stack):
    """`send(numbers)` sends each of these notices twice; returns what counts this test's receipts by state."""
    marker = str(new_id())

    def send(numbers):
        with httpx.Client(timeout=15) as http:
            answers = {notice(stack, http, marker, number) for number in [*numbers, *numbers]}
        assert answers == {204}
        return lambda: stack.django(COUNT, marker=marker)

    return send


def all_done(states, count):
    return wait_until(lambda: states() == {"done": count}, timeout=40, what="every receipt is done")


@pytest.mark.soak
def test_killed_workers_lose_nothing(stack, send):
    for numbers in (range(100), range(100, 200)):
        states = send(numbers)
        stack.kill("worker")
    all_done(states, 200)


def test_a_flushed_redis_loses_nothing(stack, send):
    states = send(range(50))
    stack.flush_redis()
    all_done(states, 50)


def test_notices_are_taken_without_redis_and_acted_upon_when_it_is_back(stack, send):
    stack.stop_redis()
    try:
        states = send(range(20))
    finally:
        stack.start_redis()
    all_done(states, 20)
