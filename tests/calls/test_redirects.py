"""A leg that comes round by itself need not be made to: what it then hears is not cut off and said again."""

import pytest
from django.test import Client

from calls.actions import legs
from calls.models import Call, CallLeg
from tests import people
from tests.calls.factories import waiting_call
from tests.carrier.signing import post
from zerovoice.carrier.models import Command
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.django_db


def asks(leg: CallLeg) -> str:
    form = {"AccountSid": ACCOUNT_SID, "CallSid": leg.sid, "CallStatus": "in-progress"}
    path = f"/webhooks/twilio/voice/legs/{leg.pk}"
    answer = post(Client(), path, form, token=AUTH_TOKEN, public_url="http://testserver")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def redirects(leg: CallLeg) -> list[tuple[str, int]]:
    return list(Command.objects.filter(kind="calls.redirect", target_id=leg.pk).values_list("state", "attempts"))


@pytest.fixture
def leg() -> CallLeg:
    return waiting_call(people.organization()).customer_leg()


def test_who_asks_before_they_are_made_to_is_not_made_to_any_more(leg: CallLeg) -> None:
    Call.objects.filter(pk=leg.call_id).update(phase=Call.Phase.HELD)
    legs.redirect(leg)
    assert "Please hold" not in asks(leg)
    assert redirects(leg) == [("done", 0)]


def test_what_a_worker_has_begun_goes_on(leg: CallLeg) -> None:
    legs.redirect(leg)
    assert Command.claim(Command.objects.get(target_id=leg.pk).pk)
    assert "Please hold" in asks(leg)
    assert redirects(leg) == [("processing", 1)]


def test_other_legs_and_other_commands_are_left_alone(leg: CallLeg) -> None:
    other = waiting_call(leg.organization).customer_leg()
    legs.redirect(other)
    legs.end(leg)
    asks(leg)
    assert redirects(other) == [("pending", 0)]
    assert Command.objects.get(kind="calls.end", target_id=leg.pk).state == "pending"
