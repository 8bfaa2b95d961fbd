"""The page of one call: what it says in every state, to whom, at what cost; and what is ordered there."""

import io
import math
import re
import struct
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.admin import call_words
from calls.models import Agent, Call, CallEvent, CallNote, IvrMenu, Queue, Recording, Transcript, WrapUpCode
from calls.waveform import NoWaveform, peaks
from compliance.models import Decision
from contacts.models import Contact
from tests import people
from tests.api import factories
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.billing.models import LedgerEntry
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SCRIPT = "<script>alert(1)</script>"


def staff(organization: Organization, role: str = "supervisor") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def page_of(call: Call) -> str:
    return reverse("admin:calls_call_change", args=[call.pk])


def shown(client: Client, call: Call) -> str:
    """The page's text, without tags."""
    answer = client.get(page_of(call))
    assert answer.status_code == 200, answer
    return text_of(answer.content.decode())


def text_of(html: str) -> str:
    start = html.find('<div class="bo-page"')
    body = re.sub(r"<(script|style|code)\b.*?</\1>", " ", html[max(start, 0) :], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def part(client: Client, name: str, pk: Any) -> dict[str, Any]:
    answer = client.get(reverse(f"admin:{name}", args=[pk]))
    assert answer.status_code == 200, answer.content
    return answer.json()


def about(client: Client, call: Call) -> str:
    return text_of(part(client, "call_about", call.pk)["html"])


def order(client: Client, name: str, pk: Any, body: Any = None) -> Any:
    return client.post(reverse(f"admin:{name}", args=[pk]), body or {}, content_type="application/json")


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme", timezone="America/New_York")


@pytest.fixture
def call(acme: Organization) -> Call:
    """One that is over: a named customer talked with Ada, was heard, and what they said is read."""
    began = clock.now().replace(2026, 3, 2, 17, 3, 0, 0)
    made = Call.objects.get(pk=factories._call(acme, {}))
    ada = new_agent(acme, "Ada Lovelace")
    leg = factories.leg(made.pk, role="agent", status="completed", agent=ada)
    Call.objects.filter(pk=made.pk).update(
        agent=ada, queue=Queue.objects.of(acme.pk).get(), created_at=began, answered_at=began + timedelta(seconds=1),
        ended_at=began + timedelta(seconds=100), ring_seconds=1, wait_seconds=6, talk_seconds=80, hold_seconds=65,
        wrap_up_seconds=15, duration_seconds=99, hung_up_by="callback", record=True,
    )  # fmt: skip
    made.legs.update(created_at=began, ended_at=began + timedelta(seconds=100))
    made.legs.filter(pk=leg.pk).update(accepted_at=began + timedelta(seconds=7))
    made.refresh_from_db()
    queue = str(made.queue_id)
    for second, kind, whose, data in (
        (0, "received", made.customer_leg(), {}),
        (1, "queue.entered", None, {"queue_id": queue, "head": False}),
        (2, "leg.bound", leg, {"role": "agent"}),
        (7, "leg.in_progress", leg, {"role": "agent"}),
        (7, "accepted", leg, {"role": "agent"}),
        (100, "ended", None, {"status": "completed"}),
    ):
        CallEvent.objects.create(
            organization=acme, call=made, leg=whose, kind=kind, data=data, created_at=began + timedelta(seconds=second)
        )
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=made.from_number, company="Lopez Ltd")
    return made


def new_agent(organization: Organization, name: str) -> Agent:
    endpoint = f"+1510{new_id().int % 10_000_000:07}"
    return Agent.objects.create(organization=organization, name=name, endpoint=endpoint)


def heard(call: Call, **fields: Any) -> Transcript:
    """A recorded conversation, sound and words."""
    sound = tone()
    transcript = factories.transcript(call.organization, call=call, **fields)
    Recording.objects.filter(pk=transcript.recording_id).update(
        file=transcript.recording.file.storage.save("recordings/test.wav", ContentFile(sound)), size=len(sound)
    )
    transcript.recording.refresh_from_db()
    return transcript


def tone(seconds: float = 2, channels: int = 2) -> bytes:
    """A second of silence, then a tone, on the first channel; the others are silent."""
    with wave.open(buffer := io.BytesIO(), "wb") as file:
        file.setparams((channels, 2, 8000, 0, "NONE", ""))
        for at in range(int(seconds * 8000)):
            loud = int(16_000 * math.sin(at / 3)) if at >= 8000 else 0
            file.writeframesraw(struct.pack(f"<{channels}h", loud, *[0] * (channels - 1)))
    return buffer.getvalue()


# --- what it says ---


def test_it_says_who_called_whom_how_long_and_what_happened(acme: Organization, call: Call) -> None:
    page = shown(staff(acme), call)
    for words in (
        "Maria Lopez +1 555-123-0001 called +1 555-123-0002",
        "Inbound, Monday, 2 March 2026, 12:03:00 (America/New York time)",
        "Talking 1:20", "On hold 1:05", "Wrap-up 0:15", "Waiting 0:06", "they are called back",
        "12:03:07 Ada Lovelace answered", "12:03:07 Ada Lovelace took the call", "12:03:00 Maria Lopez called",
        "Waits in the queue", "12:04:40 The call ended",
    ):  # fmt: skip
        assert words in page, words
    assert not ID.search(page)
    assert "leg.in_progress" not in page
    assert "12:03:02" not in page  # the carrier's id is for programs


def test_a_call_that_lasts_is_kept_up_to_date(acme: Organization) -> None:
    call = Call.objects.get(pk=factories.live_call(acme))
    menu = IvrMenu.objects.create(organization=acme, name="Main menu", greeting="Hello")
    Call.objects.filter(pk=call.pk).update(menu=menu)
    factories.leg(call.pk, role="target", transfer="warm")
    factories.leg(call.pk, role="supervisor", mode="whisper")
    client = staff(acme)
    page = shown(client, call)
    for words in ("Hang up", "Talking", "Main menu", "warm transfer", "whispering to the agent", "Since it began"):
        assert words in page, words
    assert "Supervisor who listens" not in page
    told = part(client, "call_now", call.pk)
    assert (told["again"], told["live"], told["status"]) == (2000, True, "Talking")
    Call.objects.filter(pk=call.pk).update(ended_at=clock.now(), phase="over", status="completed", record=False)
    told = part(client, "call_now", call.pk)
    assert (told["again"], told["live"]) == (0, False)
    assert "This call was not recorded." in told["html"]


def test_one_with_nothing_says_so(acme: Organization) -> None:
    call = Call.objects.get(pk=factories._call(acme, {}))
    client = staff(acme, "owner")
    page = shown(client, call) + about(client, call)
    for words in (
        "This call was not recorded.", "Nobody wrote a note.", "Nothing was written down about this call.",
        "Not among the contacts.", "This is their only call.", "Nothing was charged for this call.",
        "Nothing was told about this call.", "No call to this number was ever refused.",
    ):  # fmt: skip
        assert words in page, words


def test_an_erased_one_names_nobody(acme: Organization, call: Call) -> None:
    transcript = heard(call)
    now = clock.now()
    Call.objects.filter(pk=call.pk).update(erased_at=now, from_number="erased:abc")
    Recording.objects.update(erased_at=now, file="")
    Transcript.objects.update(erased_at=now)
    transcript.segments.all().delete()
    client = staff(acme)
    page = shown(client, call) + about(client, call)
    for words in ("Erased person", "The sound was removed", "What was said was removed", "Erased at their request."):
        assert words in page, words
    assert "Maria" not in page
    assert "erased:abc" not in page
    assert client.get(reverse("admin:call_peaks", args=[transcript.recording_id])).status_code == 404


@pytest.mark.parametrize(
    ("recording", "transcript", "words"),
    [
        ({"state": "pending"}, None, "The sound is being fetched from the carrier."),
        ({"state": "pending", "status": "in_progress"}, None, "It is being recorded."),
        ({"state": "failed", "last_error": "404"}, None, "The sound could not be fetched from the carrier: 404"),
        ({"file": "x.wav"}, {"status": "pending"}, "Not transcribed yet."),
        ({"file": "x.wav"}, {"status": "failed", "reason": "Too long"}, "The transcription failed: Too long"),
        ({"file": "x.wav"}, {"status": "completed"}, "Nobody speaks in it."),
    ],
)
def test_what_there_is_to_hear_is_said_in_words(
    recording: dict[str, Any], transcript: dict[str, Any] | None, words: str, acme: Organization, call: Call
) -> None:
    made = factories.transcript(acme, call=call)
    made.segments.all().delete()
    Recording.objects.filter(pk=made.recording_id).update(**{"state": "done", "file": "", **recording})
    if transcript is None:
        made.delete()
    else:
        Transcript.objects.filter(pk=made.pk).update(**transcript)
    page = shown(staff(acme), call)
    assert words in page
    assert ("Try again" in page) == ("failed" in words)


def test_what_was_said_stands_beside_the_sound(acme: Organization, call: Call) -> None:
    transcript = heard(call)
    transcript.segments.filter(position=0).update(sentiment="negative")
    page = staff(acme).get(page_of(call)).content.decode()
    assert 'data-start="2.0" data-end="3.5"' in page
    assert "0:00 Maria Lopez Where is my parcel? Negative 0:02 Ada Lovelace It is on its way. Neutral" in text_of(page)
    assert reverse("admin:calls_recording_audio", args=[transcript.recording_id]) in page


def test_what_strangers_wrote_is_shown_as_text(acme: Organization, call: Call) -> None:
    heard(call)
    call.transcripts.get().segments.update(text=SCRIPT)
    Contact.objects.update(name=SCRIPT, company=SCRIPT, tags=[SCRIPT])
    CallNote.objects.create(organization=acme, call=call, author_id=new_id(), author_name=SCRIPT, text=SCRIPT)
    Call.objects.filter(pk=call.pk).update(disposition=SCRIPT, failure_reason=SCRIPT, stir_verstat=SCRIPT)
    client = staff(acme)
    for html in (
        client.get(page_of(call)).content.decode(),
        part(client, "call_now", call.pk)["html"],
        part(client, "call_about", call.pk)["html"],
        order(client, "call_notes", call.pk, {"text": SCRIPT}).json()["html"],
    ):
        assert SCRIPT not in html
        assert "&lt;script&gt;alert(1)" in html


def test_every_kind_of_event_has_words() -> None:
    kinds = set()
    for path in Path("calls").rglob("*.py"):
        kinds |= set(re.findall(r'note_event\(\s*"([a-z_.]+)"', path.read_text()))
    kinds |= {f"leg.{status}" for status in Call.Status.values}
    kinds |= {f"recording.{status}" for status in Recording.Status.values}
    kinds |= {"queue.full", "queue.entered", "recording.pause_wanted", "recording.resume_wanted"}
    kinds |= {"conference.join", "conference.leave", "held", "consulting", "transferring"}
    assert kinds >= {"placed", "accepted"}
    assert not kinds - set(call_words.WORDS)
    for kind in kinds:
        assert "{" not in call_words.told(kind, {"reason": "busy", "to": "queue", "how": "warm", "mode": "barge"})


# --- what belongs to it ---


def test_the_person_and_their_other_calls(acme: Organization, call: Call) -> None:
    for _ in range(6):
        factories._call(acme, {})
    Call.objects.create(organization=acme, direction="outbound", from_number="+15551230002", to_number="+15550009999")
    html = part(staff(acme), "call_about", call.pk)["html"]
    assert "Lopez Ltd" in html
    assert html.count("/admin/calls/call/") == 5


def test_refusals_cost_and_webhooks(acme: Organization, call: Call) -> None:
    Decision.objects.create(
        organization=acme, **Decision.naming(call.from_number), channel="voice", reason="dnc", detail="Listed",
        actor_kind="user", actor_name="Ann",
    )  # fmt: skip
    for leg, amount in zip(call.legs.all(), ("0.014", "0.006"), strict=True):
        LedgerEntry.objects.create(
            organization=acme, kind="call_minute", object_id=leg.pk, occurred_at=clock.now(), day=clock.now().date(),
            direction="inbound", country="US", quantity=2, unit_amount="0.007", amount=amount, currency="USD",
        )  # fmt: skip
    event = factories.event(acme, subject_id=call.pk)
    factories.delivery(acme, event=event, attempts=3)
    owner = about(staff(acme, "owner"), call)
    for words in ("Do not call", "Listed (asked by Ann)", "0.02 USD", "3 attempts"):
        assert words in owner, words
    supervisor = about(staff(acme), call)
    assert "Do not call" in supervisor
    assert "USD" not in supervisor
    assert "Cost" not in supervisor


# --- who, and at what cost ---


def test_nothing_of_another_organization(acme: Organization, call: Call) -> None:
    transcript = heard(call)
    stranger = staff(people.organization("Globex"), "owner")
    assert stranger.get(page_of(call)).status_code == 302
    for name, pk in (
        ("call_now", call.pk), ("call_about", call.pk), ("call_peaks", transcript.recording_id),
        ("call_now", people.absent_id()),
    ):  # fmt: skip
        assert stranger.get(reverse(f"admin:{name}", args=[pk])).status_code == 404, name
    for name, pk in (
        ("call_notes", call.pk), ("call_disposition", call.pk), ("call_hang_up", call.pk),
        ("transcribe_again", transcript.pk), ("fetch_again", transcript.recording_id),
    ):  # fmt: skip
        body = {"text": "Hello"} if name == "call_notes" else {"disposition": "x"} if "disp" in name else {}
        assert order(stranger, name, pk, body).status_code == 404, name
    assert not AuditEntry.objects.filter(action__in=["call.note_added", "transcript.made_again"]).exists()


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_who_may_not_order_orders_nothing(role: str, acme: Organization, call: Call) -> None:
    client = staff(acme, role)
    if role == "viewer":
        page = shown(client, call)
        assert "Add the note" not in page
        assert "Hang up" not in page
    for name, body in (("call_notes", {"text": "x"}), ("call_disposition", {"disposition": "x"}), ("call_hang_up", {})):
        assert order(client, name, call.pk, body).status_code == 403, name
    assert not call.notes.exists()


def test_an_agent_and_a_guest_see_nothing(acme: Organization, call: Call) -> None:
    assert staff(acme, "agent").get(page_of(call)).status_code == 403
    assert staff(acme, "agent").get(reverse("admin:call_now", args=[call.pk])).status_code == 403
    assert Client().get(page_of(call)).status_code == 302
    assert Client().get(reverse("admin:call_about", args=[call.pk])).status_code in (302, 401)


def test_it_costs_the_same_however_much_happened(acme: Organization, call: Call) -> None:
    heard(call)
    factories.delivery(acme, event=factories.event(acme, subject_id=call.pk))
    factories._call(acme, {})
    client = staff(acme, "owner")

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = [page_of(call), *(reverse(f"admin:{name}", args=[call.pk]) for name in ("call_now", "call_about"))]
    for url in urls:
        cost(url)
    few = [cost(url) for url in urls]
    for number in range(8):
        leg = factories.leg(
            call.pk, role="agent", agent=new_agent(acme, "Bob"), ended_at=clock.now(), status="completed"
        )
        call.note_event("agent.rung", leg=leg, agent_id=str(leg.agent_id))
        call.note_event("queue.entered", queue_id=str(call.queue_id))
        CallNote.objects.create(organization=acme, call=call, author_id=new_id(), author_name="Ann", text="Hm")
        WrapUpCode.objects.create(organization=acme, code=f"code_{number}", label="Sold")
        factories.delivery(acme, event=factories.event(acme, subject_id=call.pk, sequence=number + 2))
        factories._call(acme, {})
        heard(call)
    assert [cost(url) for url in urls] == few
    assert max(few) < 15, few


# --- orders ---


def test_a_note_is_added_through_the_action(acme: Organization, call: Call) -> None:
    client = staff(acme)
    assert "Call her back" in order(client, "call_notes", call.pk, {"text": "Call her back"}).json()["html"]
    assert call.notes.get().text == "Call her back"
    assert AuditEntry.objects.filter(action="call.note_added").count() == 1
    refused = order(client, "call_notes", call.pk, {"text": ""})
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "text")
    assert order(client, "call_notes", call.pk, {"text": "x" * 10_001}).status_code == 400


def test_the_disposition_is_set_as_the_api_allows(acme: Organization, call: Call) -> None:
    client = staff(acme)
    WrapUpCode.objects.create(organization=acme, code="sold", label="Sold something")
    WrapUpCode.objects.create(organization=acme, code="old", label="Old", active=False)
    assert part(client, "call_disposition", call.pk) == {"codes": [{"code": "sold", "label": "Sold something"}]}
    assert order(client, "call_disposition", call.pk, {"disposition": "sold"}).status_code == 200
    assert "Sold something" in shown(client, call)
    refused = order(client, "call_disposition", call.pk, {"disposition": "old"})
    assert (refused.status_code, refused.json()["details"]["message"]) == (422, "This wrap-up code is not active")
    Call.objects.filter(pk=call.pk).update(ended_at=None)
    assert order(client, "call_disposition", call.pk, {"disposition": "sold"}).status_code == 422


def test_a_failed_transcript_is_made_again(acme: Organization, call: Call) -> None:
    transcript = heard(call, status="failed")
    client = staff(acme)
    assert order(client, "transcribe_again", transcript.pk).status_code == 200
    assert order(client, "transcribe_again", transcript.pk).status_code == 422
    transcript.refresh_from_db()
    assert transcript.status == "pending"
    assert order(client, "fetch_again", transcript.recording_id).status_code == 422
    Recording.objects.update(state="failed")
    assert order(client, "fetch_again", transcript.recording_id).status_code == 200


# --- the waveform ---


def test_peaks_show_where_somebody_speaks(acme: Organization, call: Call) -> None:
    transcript = heard(call)
    told = part(staff(acme), "call_peaks", transcript.recording_id)
    first, second = told["channels"]
    assert (len(first), len(second)) == (800, 800)
    assert (max(first[:399]), max(second)) == (0, 0)
    assert 45 <= max(first[401:]) <= 50


def test_what_is_no_sound_has_no_waveform(acme: Organization, call: Call) -> None:
    transcript = heard(call)
    Recording.objects.update(file=transcript.recording.file.storage.save("recordings/bad.wav", ContentFile(b"RIFF")))
    url = reverse("admin:call_peaks", args=[transcript.recording_id])
    assert staff(acme).get(url).status_code == 422
    Recording.objects.update(file="recordings/gone.wav")
    assert staff(acme).get(url).status_code == 404
    with pytest.raises(NoWaveform):
        peaks(io.BytesIO(b""))


def test_a_short_sound_has_as_many_points_as_frames() -> None:
    (points,) = peaks(io.BytesIO(factories.wav(0.001)), 800)
    assert points == [0] * 8
    assert peaks(io.BytesIO(factories.wav(0))) == [[]]
