"""The Do-Not-Call list and what it does: who is listed, by whom, and who may take them off."""

from typing import Any

import pytest

from compliance import actions, gate
from compliance.keywords import keyword_of
from compliance.models import Decision, DncEntry
from tests import people
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry
from zerovoice.api.errors import Blocked

pytestmark = pytest.mark.django_db

PERSON, OURS = "+14155550142", "+16285550100"
DNC = "/api/v1/compliance/dnc"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner", "olga")


def status(caller: Caller, phone: str = PERSON) -> tuple[bool, str | None]:
    body = caller.get(DNC, {"phone": phone}).json()
    assert body["phone"] == phone
    return body["listed"], body["reason"]


def may(caller: Caller, channel: str = "sms", sender: str = "", phone: str = PERSON) -> str:
    answer = gate.may_contact(organization_id=caller.organization.pk, number=phone, channel=channel, sender=sender)
    return answer.reason


def test_listed_once_and_for_both_channels(owner: Caller) -> None:
    assert status(owner) == (False, None)
    made = owner.post(DNC, {"phone": PERSON, "reason": "By letter"})
    assert made.status_code == 201
    entry = made.json()
    assert (entry["phone"], entry["source"], entry["reason"]) == (PERSON, "manual", "By letter")
    assert "olga" in entry["added_by"].lower()
    assert status(owner) == (True, "dnc")
    again = owner.post(DNC, {"phone": PERSON, "reason": "Another"})
    assert (again.status_code, again.json()) == (200, entry)
    assert owner.get(DNC).json()["results"] == [entry]
    assert (may(owner, "sms"), may(owner, "voice")) == ("dnc", "dnc")
    assert may(owner, phone="+14155550143") == ""


def test_a_plus_that_lost_its_escape_is_one(owner: Caller) -> None:
    owner.post(DNC, {"phone": PERSON})
    assert owner.get(f"{DNC}?phone={PERSON}").json()["listed"] is True


@pytest.mark.parametrize(
    ("query", "field"),
    [("phone=5550142", "phone"), ("phone=", "phone"), ("number=1", "number"),
     ("source=letter", "source"), ("phone=%2B1415%00", "phone")],
)  # fmt: skip
def test_a_wrong_question_is_named(owner: Caller, query: str, field: str) -> None:
    answer = owner.get(f"{DNC}?{query}")
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("body", "field"), [({}, "phone"), ({"phone": "x"}, "phone"), ({"phone": PERSON, "reason": "x" * 201}, "reason")]
)
def test_a_wrong_entry_is_named(owner: Caller, body: dict[str, str], field: str) -> None:
    answer = owner.post(DNC, body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not DncEntry.objects.exists()


def test_removed_is_allowed_again(owner: Caller) -> None:
    entry = owner.post(DNC, {"phone": PERSON}).json()
    assert owner.delete(f"{DNC}/{entry['id']}").status_code == 204
    assert status(owner) == (False, None)
    assert may(owner) == ""
    actions_done = AuditEntry.objects.filter(target_id=entry["id"]).order_by("id").values_list("action", flat=True)
    assert list(actions_done) == ["dnc.added", "dnc.removed"]


def test_another_organization_is_not_concerned(owner: Caller) -> None:
    stranger = people.member(people.organization("Other"), "owner")
    entry = owner.post(DNC, {"phone": PERSON}).json()
    assert status(stranger) == (False, None)
    assert stranger.get(DNC).json()["count"] == 0
    assert stranger.delete(f"{DNC}/{entry['id']}").status_code == 404
    assert may(stranger) == ""
    assert status(owner) == (True, "dnc")


def test_supervisors_read_and_agents_do_not(owner: Caller) -> None:
    supervisor, agent = people.member(owner.organization, "supervisor"), people.member(owner.organization, "agent")
    assert supervisor.get(DNC).status_code == 200
    assert supervisor.post(DNC, {"phone": PERSON}).status_code == 403
    assert agent.get(DNC).status_code == 403


def test_start_takes_back_what_stop_did_and_nothing_else(owner: Caller) -> None:
    organization_id = owner.organization.pk
    for _ in range(2):
        actions.opt_out(organization_id=organization_id, number=PERSON, sender=OURS)
    assert (status(owner), may(owner, "voice")) == ((True, "opted_out"), "opted_out")
    opted_out = owner.get(DNC, {"source": "opt_out"}).json()["results"]
    assert [entry["reason"] for entry in opted_out] == [f"Sent STOP to {OURS}"]
    refused = owner.delete(f"{DNC}/{opted_out[0]['id']}")
    assert refused.status_code == 422
    assert owner.post(DNC, {"phone": PERSON, "reason": "By letter"}).status_code == 201
    assert status(owner) == (True, "dnc")

    for _ in range(2):
        actions.opt_in(organization_id=organization_id, number=PERSON, sender=OURS)
    assert (status(owner), may(owner)) == ((True, "dnc"), "dnc")


def test_a_block_at_the_carrier_is_that_pairs(owner: Caller) -> None:
    organization_id = owner.organization.pk
    for _ in range(2):
        actions.record_carrier_block(organization_id=organization_id, number=PERSON, sender=OURS)
    assert may(owner, "sms", OURS) == "carrier_block"
    assert may(owner, "voice", OURS) == ""
    assert may(owner, "sms", "+16285550101") == ""
    assert status(owner) == (False, None)
    actions.opt_in(organization_id=organization_id, number=PERSON, sender="+16285550101")
    assert may(owner, "sms", OURS) == "carrier_block"
    actions.opt_in(organization_id=organization_id, number=PERSON, sender=OURS)
    assert may(owner, "sms", OURS) == ""


def test_a_refusal_is_kept_and_listed(owner: Caller) -> None:
    owner.post(DNC, {"phone": PERSON})
    with (
        pytest.raises(Blocked) as refused,
        gate.authorized(organization_id=owner.organization.pk, number=PERSON, channel="voice", sender=OURS),
    ):
        raise AssertionError("must not come here")
    assert (refused.value.reason, refused.value.field, refused.value.status) == ("dnc", "to_number", 451)
    listed = owner.get("/api/v1/compliance/decisions", {"phone": PERSON, "channel": "voice", "reason": "dnc"}).json()
    assert [(row["phone"], row["from_number"], row["detail"]) for row in listed["results"]] == [
        (PERSON, OURS, "The number is on the Do-Not-Call list")
    ]
    for query in ({"reason": "opted_out"}, {"channel": "sms"}, {"phone": OURS}, {"date_end": "2020-01-01"}):
        assert owner.get("/api/v1/compliance/decisions", query).json()["count"] == 0
    stranger = people.member(people.organization("Other"), "owner")
    assert stranger.get("/api/v1/compliance/decisions").json()["count"] == 0


def test_an_erased_person_stays_listed(owner: Caller) -> None:
    owner.post(DNC, {"phone": PERSON})
    DncEntry.objects.update(number="")
    assert status(owner) == (True, "dnc")
    assert may(owner) == "dnc"


def test_who_was_listed_under_an_earlier_key_stays_listed(owner: Caller, settings: Any) -> None:
    organization_id = owner.organization.pk
    entry = owner.post(DNC, {"phone": PERSON}).json()
    actions.opt_out(organization_id=organization_id, number=PERSON, sender=OURS)
    settings.PSEUDONYM_KEY_FALLBACKS = [settings.PSEUDONYM_KEY]
    settings.PSEUDONYM_KEY = "another"
    assert (status(owner), may(owner)) == ((True, "dnc"), "dnc")
    again = owner.post(DNC, {"phone": PERSON})
    assert (again.status_code, again.json()) == (200, entry)
    assert actions.add_many(organization_id=organization_id, author=None, entries=[(PERSON, "")]) == [False]
    assert owner.delete(f"{DNC}/{entry['id']}").status_code == 204
    assert may(owner) == "opted_out"
    actions.opt_in(organization_id=organization_id, number=PERSON, sender=OURS)
    assert (status(owner), may(owner)) == ((False, None), "")


@pytest.mark.parametrize(
    ("body", "keyword"),
    [
        ("STOP", "stop"), ("stop", "stop"), ("  Stop \n", "stop"), ("StopAll", "stop"), ("unsubscribe", "stop"),
        ("CANCEL", "stop"), ("end", "stop"), ("Quit", "stop"), ("optout", "stop"), ("revoke", "stop"),
        ("START", "start"), (" yes", "start"), ("unstop", "start"), ("HELP", "help"), ("info", "help"),
        ("please don't stop", ""), ("stop it", ""), ("stop.", ""), ("s top", ""), ("", ""), ("nonstop", ""),
    ],
)  # fmt: skip
def test_a_keyword_is_the_whole_message(body: str, keyword: str) -> None:
    assert keyword_of(body) == keyword


def test_nothing_is_left_locked(owner: Caller) -> None:
    from django.db import connection

    with gate.authorized(organization_id=owner.organization.pk, number=PERSON, channel="sms"):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
    assert not Decision.objects.exists()
