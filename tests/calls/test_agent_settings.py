"""What an agent is: what rings them, what they know, where they were."""

from datetime import timedelta

import pytest

from calls.models import Agent
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db

AGENTS = "/api/v1/agents"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


@pytest.mark.parametrize(
    ("endpoint", "stored", "presses"),
    [
        ("+14155550144", "+14155550144", True),
        ("sip:ann.b@PBX.example.com", "sip:ann.b@pbx.example.com", False),
        ("sip:+14155550144@192.0.2.7", "sip:+14155550144@192.0.2.7", False),
        ("sip:ann112@example.com", "sip:ann112@example.com", False),
        ("client:ann_911", "client:ann_911", False),
    ],
)
def test_what_rings(owner: Caller, endpoint: str, stored: str, presses: bool) -> None:
    answer = owner.post(AGENTS, {"name": "Ann", "endpoint": endpoint})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["endpoint"], answer.json()["press_to_accept"]) == (stored, presses)
    said = owner.post(AGENTS, {"name": "Bob", "endpoint": "client:bob", "press_to_accept": True})
    assert said.json()["press_to_accept"] is True


@pytest.mark.parametrize(
    "endpoint",
    [
        "", "555-0144", "+1", "sip:", "sip:ann", "sip:@example.com", "sip:ann@", "sip:ann@exa mple.com",
        "sip:%39%31%31@example.com", "sip:ann@example.com;transport=tcp", "sips:ann@example.com", "SIP:ann@example.com",
        "client:", "client:ann lovelace", "client:ann@home", "client:ann-1", "client:" + "a" * 122, "client:ann\n",
        "browser:ann", None, 5, ["client:ann"],
    ],
)  # fmt: skip
def test_what_cannot_ring(owner: Caller, endpoint: object) -> None:
    answer = owner.post(AGENTS, {"name": "Ann", "endpoint": endpoint})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "endpoint"), answer.content
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    "endpoint", ["911", "+1911", "9-1-1", "112", "sip:911@example.com", "sip:+44999@example.com", "sip:1.1.2@host"]
)
def test_emergency_numbers_ring_nobody(owner: Caller, endpoint: str) -> None:
    ann = owner.post(AGENTS, {"name": "Ann", "endpoint": "+14155550144"}).json()
    for answer in (
        owner.post(AGENTS, {"name": "Bob", "endpoint": endpoint}),
        owner.patch(f"{AGENTS}/{ann['id']}", {"endpoint": endpoint}),
    ):
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "endpoint"), answer.content
    assert [agent.endpoint for agent in Agent.objects.all()] == ["+14155550144"]


def test_an_identity_is_one_persons_whatever_the_organization(owner: Caller) -> None:
    globex = people.member(people.organization("Globex"), "owner")
    for endpoint, status in (("client:ann", 422), ("sip:ann@example.com", 201), ("+14155550144", 201)):
        owner.post(AGENTS, {"name": "Ann", "endpoint": endpoint})
        answer = globex.post(AGENTS, {"name": "Ann", "endpoint": endpoint})
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["details"]["field"] == "endpoint"


def test_what_they_know(owner: Caller) -> None:
    skills = {"french": 8, "billing": 1, "x_2": 10}
    ann = owner.post(AGENTS, {"name": "Ann", "endpoint": "client:ann", "skills": skills}).json()
    assert ann["skills"] == skills
    assert owner.patch(f"{AGENTS}/{ann['id']}", {"skills": {}}).json()["skills"] == {}


@pytest.mark.parametrize(
    ("skills", "field"),
    [
        ({"french": 0}, "skills.french"), ({"french": 11}, "skills.french"), ({"french": "8"}, "skills.french"),
        ({"french": True}, "skills.french"), ({"french": None}, "skills.french"), ({"french": 1.5}, "skills.french"),
        ({"French": 8}, "skills.French"), ({"": 8}, "skills."), ({"x" * 33: 8}, f"skills.{'x' * 33}"),
        ({f"s{number}": 5 for number in range(51)}, "skills"), (["french"], "skills"), ("french", "skills"),
        (None, "skills"),
    ],
)  # fmt: skip
def test_what_nobody_knows(owner: Caller, skills: object, field: str) -> None:
    answer = owner.post(AGENTS, {"name": "Ann", "endpoint": "client:ann", "skills": skills})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    "field", [{"missed_limit": 0}, {"missed_limit": 100}, {"voicemail_greeting": "x" * 1001},
              {"voicemail_prompt_id": "music"}],
)  # fmt: skip
def test_bounds(owner: Caller, field: dict[str, object]) -> None:
    answer = owner.post(AGENTS, {"name": "Ann", "endpoint": "client:ann", **field})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, next(iter(field)))


def test_their_voicemail_greets_with_a_prompt_of_the_organizations(owner: Caller) -> None:
    ours = factories.prompt(owner.organization)
    theirs = factories.prompt(people.organization("Globex"))
    ann = owner.post(AGENTS, {"name": "Ann", "endpoint": "client:ann", "voicemail_prompt_id": str(ours.pk)}).json()
    assert ann["voicemail_prompt_id"] == str(ours.pk)
    refused = owner.patch(f"{AGENTS}/{ann['id']}", {"voicemail_prompt_id": str(theirs.pk)})
    assert (refused.status_code, refused.json()["details"]["field"]) == (422, "voicemail_prompt_id")
    assert owner.patch(f"{AGENTS}/{ann['id']}", {"voicemail_prompt_id": None}).json()["voicemail_prompt_id"] is None


def test_where_they_were(owner: Caller) -> None:
    ann = owner.post(AGENTS, {"name": "Ann", "endpoint": "client:ann"}).json()
    other = owner.post(AGENTS, {"name": "Bob", "endpoint": "client:bob"}).json()
    agent = Agent.objects.get(pk=ann["id"])
    agent.set_state("available", clock.now() - timedelta(days=3))
    for body in ({"state": "break", "reason": "lunch"}, {"state": "offline"}):
        owner.put(f"{AGENTS}/{ann['id']}/presence", body)
    owner.put(f"{AGENTS}/{other['id']}/presence", {"state": "available"})
    path = f"{AGENTS}/{ann['id']}/history"
    rows = owner.get(path).json()["results"]
    assert [(row["state"], row["reason"]) for row in rows] == [("offline", ""), ("break", "lunch"), ("available", "")]
    assert rows[0]["since"] > rows[1]["since"]
    yesterday = f"{clock.now() - timedelta(days=1):%FT%TZ}"
    assert owner.get(path, {"date_start": yesterday}).json()["count"] == 2
    assert owner.get(path, {"date_end": yesterday}).json()["count"] == 1
    assert owner.get(path, {"state": "break"}).status_code == 400


def test_an_agent_sees_their_own_history_only(owner: Caller) -> None:
    person = people.member(owner.organization, "agent")
    assert person.membership
    body = {"name": "Ann", "endpoint": "client:ann", "user_id": str(person.membership.user_id)}
    mine, other = owner.post(AGENTS, body).json(), owner.post(AGENTS, {"name": "Bob", "endpoint": "client:bob"}).json()
    assert person.get(f"{AGENTS}/{mine['id']}/history").status_code == 200
    assert person.get(f"{AGENTS}/{other['id']}/history").status_code == 403
    assert people.member(owner.organization, "viewer").get(f"{AGENTS}/{other['id']}/history").status_code == 200
