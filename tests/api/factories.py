"""One object of an organisation for each kind of path, by what the path names; new routes add theirs here."""

import hashlib
import io
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile

from calls.models import (
    Agent,
    BusinessHours,
    Call,
    CallLeg,
    IvrMenu,
    Prompt,
    Queue,
    Recording,
    Segment,
    Transcript,
    TranscriptStep,
    Voicemail,
    WrapUpCode,
)
from compliance.models import Decision, DncEntry, LegalHold, PrivacyRequest, RetentionRun
from contacts.models import Contact
from messaging.models import Conversation, Message, MessageMedia
from numbers.models import Drift, PhoneNumber
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization
from zerovoice.billing.models import Invoice, InvoiceLine
from zerovoice.bulk.models import Job
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id
from zerovoice.webhooks import messages
from zerovoice.webhooks.models import Delivery, Endpoint, Event

Ids = dict[str, UUID]
Factory = Callable[[Organization, Ids], UUID]
OUR_NUMBER = "+15551230002"


def _member(organization: Organization, made: Ids) -> UUID:
    user = actions.create_user(email=f"{new_id().hex}@example.com", name="Colleague")
    return actions.add_member(organization=organization, user=user, role="viewer").id


def _api_key(organization: Organization, made: Ids) -> UUID:
    return actions.create_api_key(organization=organization, name="CRM", scopes=["calls:read"])[0].id


def _contact(organization: Organization, made: Ids) -> UUID:
    phone = f"+1555{new_id().int % 10_000_000:07}"
    return Contact.objects.create(organization=organization, name="Maria Lopez", phone=phone).id


def _dnc_entry(organization: Organization, made: Ids) -> UUID:
    phone = f"+1555{new_id().int % 10_000_000:07}"
    return DncEntry.objects.create(organization=organization, author_kind="system", **DncEntry.naming(phone)).id


def job(organization: Organization, kind: str) -> UUID:
    """An export that is done."""
    file = ContentFile(b"name,phone\r\n", name=f"{new_id()}.csv")
    return Job.objects.create(organization=organization, kind=kind, state="done", result=file).id


def conversation(organization: Organization, phone: str = "") -> Conversation:
    phone = phone or f"+1555{new_id().int % 10_000_000:07}"
    return Conversation.objects.create(
        organization=organization, phone=phone, our_number=OUR_NUMBER, last_at=clock.now(), message_count=1
    )


def message(organization: Organization, of: Conversation | None = None, **fields: Any) -> Message:
    of = of or conversation(organization)
    made = Message.objects.create(**{
        "organization": organization, "conversation": of, "direction": "inbound", "status": "received",
        "from_number": of.phone, "to_number": of.our_number, "body": "Hello", "encoding": "GSM-7", "segments": 1,
        "sid": f"SM{new_id().hex}", **fields,
    })  # fmt: skip
    Conversation.objects.filter(pk=of.pk).update(last_message=made)
    return made


def _message_media(organization: Organization, made: Ids) -> UUID:
    picture = ContentFile(b"GIF89a", name=f"{new_id()}.gif")
    return MessageMedia.objects.create(
        organization=organization, message_id=made["sms/{message_id}"], sid=f"ME{new_id().hex}",
        content_type="image/gif", file=picture, size=6, state="done",
    ).id  # fmt: skip


def _number(organization: Organization, made: Ids) -> UUID:
    """One that the carrier never had, so that it is released without asking it."""
    phone = f"+1555{new_id().int % 10_000_000:07}"
    return PhoneNumber.objects.create(organization=organization, number=phone, country="US", number_type="local").id


def _queue(organization: Organization, made: Ids) -> UUID:
    return Queue.objects.create(organization=organization, name=f"Sales {new_id().hex[-8:]}").id


def _agent(organization: Organization, made: Ids) -> UUID:
    phone = f"+1555{new_id().int % 10_000_000:07}"
    return Agent.objects.create(organization=organization, name="Ann", endpoint=phone).id


def _menu(organization: Organization, made: Ids) -> UUID:
    option = {"digits": "1", "phrases": [], "route": {"type": "hangup", "target_id": None}}
    return IvrMenu.objects.create(
        organization=organization, name=f"Menu {new_id().hex[-8:]}", greeting="Press 1", options=[option]
    ).id


def _hours(organization: Organization, made: Ids) -> UUID:
    return BusinessHours.objects.create(
        organization=organization, name=f"Office {new_id().hex[-8:]}", weekly={"monday": [["09:00", "17:30"]]}
    ).id


def prompt(organization: Organization, **fields: Any) -> Prompt:
    """A tenth of a second of silence."""
    silence = wav()
    return Prompt.objects.create(**{
        "organization": organization, "name": f"Greeting {new_id().hex[-8:]}", "content_type": "audio/wav",
        "file": ContentFile(silence, name=f"{new_id()}.wav"), "size": len(silence), "duration_seconds": 1,
        "sha256": hashlib.sha256(silence).hexdigest(), **fields,
    })  # fmt: skip


def wav(seconds: float = 0.1) -> bytes:
    """A WAV file of silence: 8 kHz, 16 bit, mono."""
    with wave.open(buffer := io.BytesIO(), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(round(seconds * 8000) * 2))
    return buffer.getvalue()


def _wrap_up_code(organization: Organization, made: Ids) -> UUID:
    return WrapUpCode.objects.create(organization=organization, code=f"sold_{new_id().hex[-8:]}", label="Sold").id


def _call(organization: Organization, made: Ids, **fields: Any) -> UUID:
    """A call that is over, unless `fields` say otherwise: what can be done without the carrier."""
    over = {"status": "completed", "phase": "over", "disposition": "answered", "ended_at": clock.now()}
    call = Call.objects.create(
        organization=organization,
        direction="inbound",
        from_number="+15551230001",
        to_number=OUR_NUMBER,
        **(fields or over),
    )
    CallLeg.objects.create(
        organization=organization, call=call, role="customer", from_number=call.from_number, to_number=call.to_number
    )
    return call.id


def live_call(organization: Organization, phase: str = "joined") -> UUID:
    """One in which the customer talks with an agent, recorded; or is on hold; or is about to be handed over."""
    call_id = _call(organization, {}, status="in_progress", phase=phase, answered_at=clock.now(), record=True)
    agent = Agent.objects.get(pk=_agent(organization, {}))
    Call.objects.filter(pk=call_id).update(agent=agent, partner=leg(call_id, role="agent", agent=agent))
    if phase == "consulting":
        leg(call_id, role="target", transfer="warm")
    return call_id


def leg(call_id: UUID, **fields: Any) -> CallLeg:
    """Of somebody who has picked up and taken the call."""
    call, now = Call.objects.get(pk=call_id), clock.now()
    return CallLeg.objects.create(**{
        "organization_id": call.organization_id, "call": call, "sid": f"CA{new_id().hex}", "status": "in_progress",
        "from_number": OUR_NUMBER, "to_number": f"+1555{new_id().int % 10_000_000:07}",
        "answered_at": now, "accepted_at": now, **fields,
    })  # fmt: skip


def _recording(organization: Organization, made: Ids) -> UUID:
    call = Call.objects.get(id=made["calls/{call_id}"])
    sound = ContentFile(b"RIFF....WAVE", name=f"{new_id()}.wav")
    return Recording.objects.create(
        organization=organization, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", file=sound, size=12
    ).id


def voicemail(organization: Organization, **fields: Any) -> Voicemail:
    """A message of a tenth of a second in the box of the default queue, unless `fields` name another."""
    call, sound = Call.objects.get(pk=_call(organization, {})), wav()
    recording = Recording.objects.create(
        organization=organization, call=call, leg=call.customer_leg(), kind="voicemail", sid=f"RE{new_id().hex}",
        status="completed", channels=["customer"], duration_seconds=1, state="done",
        file=ContentFile(sound, name=f"{new_id()}.wav"), size=len(sound),
    )  # fmt: skip
    box = {} if "agent" in fields else {"queue": Queue.objects.of(organization.pk).get(is_default=True)}
    return Voicemail.objects.create(**{
        "organization": organization, "call": call, "from_number": call.from_number, "recording": recording, **box,
        **fields,
    })  # fmt: skip


def transcript(organization: Organization, *lines: tuple[str, str], **fields: Any) -> Transcript:
    """Of a conversation with these lines, (speaker, text) each; finished, and not indexed for its meaning."""
    lines = lines or (("customer", "Where is my parcel?"), ("agent", "It is on its way."))
    call = fields.pop("call", None) or Call.objects.get(pk=_call(organization, {}))
    recording = Recording.objects.create(
        organization=organization, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", status="completed",
        channels=["customer", "agent"], duration_seconds=10, state="done", started_at=call.created_at,
    )  # fmt: skip
    made = Transcript.objects.create(**{
        "organization": organization, "call": call, "recording": recording, "created_at": call.created_at,
        "direction": call.direction, "queue": call.queue, "agent": call.agent, "status": "completed",
        "language": "en", "engine": "a test", "words": sum(len(text.split()) for _, text in lines),
        "sentiment": "neutral", "sentiment_score": 0.0, "sentiment_engine": "a test", **fields,
    })  # fmt: skip
    TranscriptStep.objects.create(
        organization=organization, transcript=made, kind="transcribe", state="done", progress=100
    )
    Segment.objects.bulk_create(
        Segment(
            organization=organization, transcript=made, call=call, position=place, speaker=speaker, text=text,
            start=2.0 * place, end=2.0 * place + 1.5, confidence=0.9, language="en", sentiment="neutral",
            sentiment_score=0.0, called_at=made.created_at, direction=made.direction, queue_id=made.queue_id,
            agent_id=made.agent_id,
            words=[[word, 2 * place + n / 10, 2 * place + (n + 1) / 10, 0.9] for n, word in enumerate(text.split())],
        )
        for place, (speaker, text) in enumerate(lines)
    )  # fmt: skip
    return made


def event(organization: Organization, **fields: Any) -> Event:
    """One that is in line."""
    return Event.objects.create(**{
        "organization": organization, "kind": "call.completed", "subject_type": "call", "subject_id": new_id(),
        "data": {"status": "completed"}, "position": new_id().int % 10**9 + 1, "sequence": 1, **fields,
    })  # fmt: skip


def _endpoint(organization: Organization, made: Ids) -> UUID:
    return Endpoint.objects.create(organization=organization, url="https://8.8.8.8/hooks", types=["*"]).id


def delivery(organization: Organization, **fields: Any) -> Delivery:
    """One that is over: at an endpoint, if `fields` name one, else at a single request's address."""
    about = event(organization)
    url = {} if "endpoint_id" in fields else {"url": "https://8.8.8.8/callback"}
    return Delivery.objects.create(**{
        "organization": organization, "event": about, "kind": about.kind, "lane": new_id(), "state": "delivered",
        "body": messages.body(about), "attempts": 1, "response_status": 204, "finished_at": clock.machine_now(),
        "log": [{"at": "2026-03-02T14:00:02Z", "status": 204, "latency_ms": 12, "error": ""}], **url, **fields,
    })  # fmt: skip


def invoice(organization: Organization, **fields: Any) -> Invoice:
    made = Invoice.objects.create(**{
        "organization": organization, "month": "2026-03", "currency": "USD", "total": Decimal("1.50"),
        "period_start": datetime(2026, 3, 1, tzinfo=UTC), "period_end": datetime(2026, 4, 1, tzinfo=UTC), **fields,
    })  # fmt: skip
    InvoiceLine.objects.create(
        invoice=made, position=1, kind="number_month", country="US", unit_amount=made.total, quantity=1,
        exact_amount=made.total, amount=made.total,
    )  # fmt: skip
    return made


def _privacy_request(organization: Organization, made: Ids) -> UUID:
    phone = f"+1555{new_id().int % 10_000_000:07}"
    return PrivacyRequest.objects.create(
        organization=organization, kind="delete", dry_run=True, given="phone", phones=[phone], reason="By letter",
        author_kind="user", due_date=clock.now().date(),
    ).id  # fmt: skip


def _legal_hold(organization: Organization, made: Ids) -> UUID:
    return LegalHold.objects.create(
        organization=organization, call_id=_call(organization, {}), reason="A case", author_kind="user"
    ).id


FACTORIES: dict[str, Factory] = {
    "webhook-endpoints/{endpoint_id}": _endpoint,
    "webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}": lambda organization, made: (
        delivery(organization, endpoint_id=made["webhook-endpoints/{endpoint_id}"]).id
    ),
    "webhook-callbacks/deliveries/{delivery_id}": lambda organization, made: delivery(organization).id,
    "billing/invoices/{invoice_id}": lambda organization, made: invoice(organization).id,
    "compliance/gdpr/{request_id}": _privacy_request,
    "compliance/holds/{hold_id}": _legal_hold,
    "members/{member_id}": _member,
    "api-keys/{api_key_id}": _api_key,
    "compliance/dnc/{entry_id}": _dnc_entry,
    "compliance/jobs/{job_id}": lambda organization, made: job(organization, "compliance.dnc_export"),
    "contacts/jobs/{job_id}": lambda organization, made: job(organization, "contacts.export"),
    "contacts/{contact_id}": _contact,
    "numbers/{number_id}": _number,
    "queues/{queue_id}": _queue,
    "agents/{agent_id}": _agent,
    "ivr-menus/{menu_id}": _menu,
    "business-hours/{hours_id}": _hours,
    "prompts/{prompt_id}": lambda organization, made: prompt(organization).id,
    "wrap-up-codes/{code_id}": _wrap_up_code,
    "sms/{message_id}": lambda organization, made: message(organization).id,
    "sms/{message_id}/media/{media_id}": _message_media,
    "sms/conversations/{conversation_id}": lambda organization, made: message(organization).conversation_id,
    "calls/{call_id}": _call,
    "calls/{call_id}/recordings/{recording_id}": _recording,
    "transcripts/{transcript_id}": lambda organization, made: transcript(organization).id,
    "transcripts/call/{call_id}": lambda organization, made: transcript(organization).call_id,
    "analytics/sentiment/{call_id}": lambda organization, made: transcript(organization).call_id,
    "voicemails/{voicemail_id}": lambda organization, made: voicemail(organization).id,
}


def make(named: list[str], organization: Organization) -> Ids:
    """Everything the path names, from the outside in."""
    made: Ids = {}
    for name in named:
        made[name] = FACTORIES[name](organization, made)
    return made


def furnish(organization: Organization) -> None:
    """One object of every kind, for the lists."""
    made: dict[str, Any] = {}
    for name in sorted(FACTORIES):
        made[name] = FACTORIES[name](organization, made)
    _call(organization, made, status="in_progress", phase="joined")
    Drift.objects.create(
        organization=organization, account_sid=f"AC{new_id().hex}", kind="unknown", number="+15551230009"
    )
    Decision.objects.create(organization=organization, **Decision.naming("+15551230001"), channel="sms", reason="dnc")
    RetentionRun.objects.create(
        organization=organization, kind="messages", day=clock.now().date(), days=30, before=clock.now(), state="done"
    )
