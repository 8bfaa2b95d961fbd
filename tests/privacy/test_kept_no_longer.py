"""Retention periods, legal holds, and what comes late about somebody who was erased."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.actions import recordings
from calls.models import Call, CallLeg, Recording, Segment, Transcript
from compliance import retention
from compliance.models import PrivacyRequest, Removal, RetentionRun
from compliance.privacy import a_month_after, work_on
from contacts.models import Contact
from messaging import actions as messages
from messaging.models import Message, MessageMedia
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry
from zerovoice.carrier import receipts
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.results import CarrierRecording
from zerovoice.lib import clock, personal
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db
OLD = timedelta(days=40)
PHONE = "+14155550142"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


def nightly(owner: Caller, **days: int) -> None:
    owner.patch("/api/v1/compliance/settings", days)
    there = clock.now().replace(hour=3)
    for kind, column in retention._COLUMN.items():
        if column in days:
            retention.begin(owner.organization.pk, kind, days[column], there)
    for run in RetentionRun.objects.filter(state="pending"):
        retention.work_on(str(run.pk))


def old_things(owner: Caller) -> tuple[Recording, Transcript, Message]:
    transcript = factories.transcript(owner.organization)
    message = factories.message(owner.organization)
    before = timezone.now() - OLD
    Recording.objects.update(created_at=before)
    Transcript.objects.update(created_at=before)
    Message.objects.update(created_at=before)
    return transcript.recording, transcript, message


def test_what_is_older_goes_and_the_rest_stays(owner: Caller) -> None:
    recording, transcript, message = old_things(owner)
    young = factories.message(owner.organization)
    nightly(owner, keep_recordings_days=30, keep_messages_days=30)
    recording.refresh_from_db()
    message.refresh_from_db()
    assert (recording.erased_at is not None, message.body) == (True, "")
    assert Segment.objects.filter(transcript=transcript).count() == 2  # of transcripts nothing was said
    young.refresh_from_db()
    assert (young.body, young.erased_at) == ("Hello", None)
    places = sorted(Removal.objects.values_list("place", flat=True))
    assert places == ["carrier_message", "carrier_recording", "files"]
    rows = owner.get("/api/v1/compliance/retention-runs").json()["results"]
    assert sorted((row["kind"], row["removed"], row["held"], row["state"]) for row in rows) == [
        ("messages", 1, 0, "done"), ("recordings", 1, 0, "done"),
    ]  # fmt: skip
    nightly(owner, keep_transcripts_days=30)
    assert not Segment.objects.exists()
    assert Transcript.objects.get().erased_at is not None


def test_one_night_is_one_run(owner: Caller) -> None:
    nightly(owner, keep_messages_days=30)
    old_things(owner)
    nightly(owner, keep_messages_days=30)
    assert RetentionRun.objects.get().removed == 0


def test_a_hold_on_a_call_keeps_it_from_the_night_and_from_an_erasure(owner: Caller) -> None:
    recording, _, _ = old_things(owner)
    other = factories.transcript(owner.organization)
    Recording.objects.update(created_at=timezone.now() - OLD, status="completed")
    CallLeg.objects.update(ended_at=clock.now())
    held = {"call_id": str(recording.call_id), "reason": "Case 17-204"}
    hold = owner.post("/api/v1/compliance/holds", held).json()
    assert owner.post("/api/v1/compliance/holds", held).status_code == 422
    nightly(owner, keep_recordings_days=30)
    assert RetentionRun.objects.values_list("removed", "held").get() == (1, 1)
    recording.refresh_from_db()
    assert recording.erased_at is None
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"phone": "+15551230001", "reason": "By letter"}).json()
    finish(asked["id"])
    done = owner.get(f"/api/v1/compliance/gdpr/{asked['id']}").json()
    assert (done["held"]["calls"], done["held"]["transcript_lines"], done["counts"]["calls"]) == (1, 2, 1)
    assert Call.objects.get(pk=recording.call_id).from_number == "+15551230001"
    assert personal.is_stand_in(Call.objects.get(pk=other.call_id).from_number)
    assert owner.post(f"/api/v1/compliance/holds/{hold['id']}/release", {}).json()["released_at"]
    assert owner.post(f"/api/v1/compliance/holds/{hold['id']}/release", {}).status_code == 422


def test_a_hold_on_a_contact_keeps_all_of_them(owner: Caller) -> None:
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE)
    message = factories.message(owner.organization, factories.conversation(owner.organization, PHONE))
    Message.objects.update(created_at=timezone.now() - OLD)
    owner.post("/api/v1/compliance/holds", {"contact_id": str(contact.pk), "reason": "A case"})
    nightly(owner, keep_messages_days=30)
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"phone": PHONE, "reason": "By letter"}).json()
    work_on(asked["id"])
    done = owner.get(f"/api/v1/compliance/gdpr/{asked['id']}").json()
    assert (done["state"], done["counts"]) == ("done", {})
    assert (done["held"]["contacts"], done["held"]["messages"]) == (1, 1)
    assert owner.delete(f"/api/v1/contacts/{contact.pk}").status_code == 422
    message.refresh_from_db()
    assert (message.body, RetentionRun.objects.get().held) == ("Hello", 1)


def test_a_held_contact_keeps_the_phone_that_tells_what_is_theirs(owner: Caller) -> None:
    contact = Contact.objects.create(organization=owner.organization, name="Maria Lopez", phone=PHONE)
    owner.post("/api/v1/compliance/holds", {"contact_id": str(contact.pk), "reason": "A case"})
    refused = owner.patch(f"/api/v1/contacts/{contact.pk}", {"phone": "+14155550143"})
    assert (refused.status_code, refused.json()["details"]["field"]) == (422, "phone")
    assert owner.patch(f"/api/v1/contacts/{contact.pk}", {"company": "Lopez & Co", "phone": PHONE}).status_code == 200


def test_a_number_of_our_own_is_nobody(owner: Caller) -> None:
    own_id = factories.FACTORIES["numbers/{number_id}"](owner.organization, {})
    own = PhoneNumber.objects.get(pk=own_id).number
    contact = Contact.objects.create(organization=owner.organization, name="Support", phone=own, email="a@b.example")
    for path in ("delete", "export"):
        refused = owner.post(f"/api/v1/compliance/gdpr/{path}", {"phone": own, "reason": "By letter"})
        assert (refused.status_code, refused.json()["details"]["field"]) == (422, "phone")
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"contact_id": str(contact.pk), "reason": "By letter"}).json()
    assert PrivacyRequest.objects.get(pk=asked["id"]).phones == []


def test_a_message_that_the_carrier_had_after_all_goes_there_too(owner: Caller) -> None:
    message = factories.message(
        owner.organization, sid=None, status="failed", failure_reason="carrier_unknown", erased_at=timezone.now()
    )
    for _ in range(2):
        messages.take_notice(message.pk, sid=f"SM{32 * '1'}", status="sent", error_code=None)
    assert list(Removal.objects.values_list("place", "what")) == [("carrier_message", {"sid": f"SM{32 * '1'}"})]


def test_an_export_under_way_is_waited_for(owner: Caller) -> None:
    factories.message(owner.organization, factories.conversation(owner.organization, PHONE))
    exported = owner.post("/api/v1/compliance/gdpr/export", {"phone": PHONE, "reason": "By letter"}).json()["id"]
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"phone": PHONE, "reason": "By letter"}).json()["id"]
    work_on(asked)
    assert owner.get(f"/api/v1/compliance/gdpr/{asked}").json()["waiting_for"] == "an export of their data"
    work_on(exported)
    PrivacyRequest.objects.filter(pk=asked).update(due_at=clock.machine_now())
    finish(asked)
    gone = PrivacyRequest.objects.get(pk=exported)
    assert (gone.phones, gone.result.name) == ([], "")


def finish(request_id: str) -> None:
    """Work on a request as workers would; what is to go elsewhere is gone at once."""
    for _ in range(6):
        work_on(request_id)
        Removal.objects.update(state="done")
        PrivacyRequest.objects.filter(pk=request_id, state="pending").update(due_at=clock.machine_now())
    assert PrivacyRequest.objects.get(pk=request_id).state == "done"


def erase(owner: Caller, phone: str) -> dict[str, Any]:
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"phone": phone, "reason": f"{phone} asked"}).json()
    finish(asked["id"])
    return dict(owner.get(f"/api/v1/compliance/gdpr/{asked['id']}").json())


def test_a_call_that_lasts_is_waited_for(owner: Caller) -> None:
    factories.live_call(owner.organization)
    asked = owner.post("/api/v1/compliance/gdpr/delete", {"phone": "+15551230001", "reason": "By letter"}).json()
    work_on(asked["id"])
    told = owner.get(f"/api/v1/compliance/gdpr/{asked['id']}").json()
    assert (told["state"], told["waiting_for"], told["counts"]) == ("pending", "a call that lasts", {})


def test_what_the_carrier_tells_late_is_not_kept(owner: Caller) -> None:
    call = Call.objects.get(pk=factories._call(owner.organization, {}))
    call.legs.update(ended_at=clock.now())
    done = erase(owner, "+15551230001")
    assert done["reason"] == "[erased] asked"
    call.refresh_from_db()
    assert personal.is_stand_in(call.from_number)
    leg = call.customer_leg()
    told = CarrierRecording(f"RE{new_id().hex}", "", "completed", 2, clock.now(), 5)
    recording = recordings.note(call, told)
    assert (recording.state, recording.erased_at is not None) == ("done", True)
    assert Removal.objects.filter(place="carrier_recording", what={"sid": told.sid}).exists()
    receipt = Receipt.objects.create(
        kind="call", ref=leg.pk, key="late", account_sid="AC", payload={"From": "+15551230001", "CallSid": "CA1"}
    )
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (receipt.state, receipt.payload) == ("done", {})


def test_who_writes_again_and_is_erased_again_has_one_conversation(owner: Caller) -> None:
    first = factories.conversation(owner.organization, PHONE)
    factories.message(owner.organization, first)
    erase(owner, PHONE)
    factories.message(owner.organization, factories.conversation(owner.organization, PHONE))
    erase(owner, PHONE)
    assert Message.objects.filter(conversation=first, from_number=personal.stand_in(PHONE)).count() == 2
    assert not MessageMedia.objects.exists()


def test_who_asked_is_in_the_audit_and_nothing_else_is(owner: Caller) -> None:
    erase(owner, PHONE)
    entry = AuditEntry.objects.get(action="gdpr.delete_asked")
    assert (entry.actor_kind, entry.fields) == ("user", ["reason"])


@pytest.mark.parametrize(
    "body",
    [{}, {"phone": PHONE}, {"reason": "x"}, {"phone": PHONE, "email": "a@example.com", "reason": "x"},
     {"phone": "5550142", "reason": "x"}, {"phone": PHONE, "reason": "x", "dry": True}],
)  # fmt: skip
def test_a_request_names_one_person(owner: Caller, body: dict[str, Any]) -> None:
    assert owner.post("/api/v1/compliance/gdpr/delete", body).status_code == 400


def test_a_month_is_one_of_the_calendar() -> None:
    days = [("2026-01-31", "2026-02-28"), ("2028-01-30", "2028-02-29"), ("2026-12-15", "2027-01-15")]
    for asked, due in days:
        assert a_month_after(date.fromisoformat(asked)).isoformat() == due
