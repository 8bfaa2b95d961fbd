"""The token with which an agent's browser becomes their phone."""

import time
from datetime import datetime
from typing import Any

import jwt
import pytest

from calls.models import Agent
from tests import people
from tests.people import Caller
from zerovoice.carrier.models import CarrierAccount
from zerovoice.embedded.environment import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, TWIML_APP_SID

pytestmark = pytest.mark.django_db

TOKEN = "/api/v1/agents/me/voice-token"
OWN = {"account_sid": "AC" + "e1" * 16, "auth_token": "own token"}
OWN_KEY = {"api_key_sid": "SK" + "e1" * 16, "api_key_secret": "a secret of more than thirty-two bytes"}


@pytest.fixture(autouse=True)
def instance(settings: Any) -> Any:
    settings.TWILIO_API_KEY_SID, settings.TWILIO_API_KEY_SECRET = API_KEY_SID, API_KEY_SECRET
    settings.TWIML_APP_SID = TWIML_APP_SID
    return settings


@pytest.fixture
def ann() -> Caller:
    return agent("client:ann_1")


def agent(endpoint: str) -> Caller:
    person = people.member(people.organization(), "agent")
    assert person.membership
    Agent.objects.create(
        organization=person.organization, name="Ann", endpoint=endpoint, user_id=person.membership.user_id
    )
    return person


def opened(answer: Any, secret: str) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    token = answer.json()["token"]
    assert jwt.get_unverified_header(token)["cty"] == "twilio-fpa;v=1"
    return jwt.decode(token, secret, algorithms=["HS256"])


def test_it_is_for_the_agents_own_identity_and_an_hour(ann: Caller) -> None:
    answer = ann.post(TOKEN)
    inside = opened(answer, API_KEY_SECRET)
    assert (inside["sub"], inside["iss"], inside["grants"]["identity"]) == (ACCOUNT_SID, API_KEY_SID, "ann_1")
    assert inside["grants"]["voice"] == {
        "incoming": {"allow": True}, "outgoing": {"application_sid": TWIML_APP_SID},
    }  # fmt: skip
    assert answer.json()["identity"] == "ann_1"
    assert datetime.fromisoformat(answer.json()["expires_at"]).timestamp() == inside["exp"]
    assert 3500 < inside["exp"] - time.time() <= 3600


def test_an_account_of_ones_own_signs_with_its_own_key(ann: Caller) -> None:
    CarrierAccount.objects.create(organization=ann.organization, **OWN, **OWN_KEY)
    inside = opened(ann.post(TOKEN), OWN_KEY["api_key_secret"])
    assert (inside["sub"], inside["iss"]) == (OWN["account_sid"], OWN_KEY["api_key_sid"])
    assert inside["grants"]["voice"] == {"incoming": {"allow": True}}


@pytest.mark.parametrize("missing", ["TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET", "TWIML_APP_SID"])
def test_without_what_it_takes_there_is_none(ann: Caller, instance: Any, missing: str) -> None:
    setattr(instance, missing, "")
    answer = ann.post(TOKEN)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert int(answer["Retry-After"]) > 0


def test_an_account_without_a_key_has_none(ann: Caller) -> None:
    CarrierAccount.objects.create(organization=ann.organization, **OWN)
    assert ann.post(TOKEN).status_code == 503


@pytest.mark.parametrize("endpoint", ["+14155550144", "sip:ann@example.com"])
def test_who_has_a_phone_needs_none(endpoint: str) -> None:
    answer = agent(endpoint).post(TOKEN)
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "endpoint")


def test_who_is_no_agent_has_none(ann: Caller) -> None:
    assert people.program(ann.organization).post(TOKEN).status_code == 403
    assert people.member(ann.organization, "supervisor").post(TOKEN).status_code == 404
    assert people.member(ann.organization, "viewer").post(TOKEN).status_code == 403


def test_it_takes_no_fields(ann: Caller) -> None:
    answer = ann.post(TOKEN, {"identity": "somebody_else"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "identity")
