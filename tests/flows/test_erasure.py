"""A person, with everything that could be known of them, is handed out and then erased: nowhere is anything left."""

import io
import json
import random
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.flows.company import Company
from tests.flows.test_callbacks import ASKS_FOR_CALLBACK
from tests.flows.test_transcripts import HELP, transcript_of
from tests.stack import Stack
from tests.waiting import wait_until

GREETING = "Please leave a message after the tone."


@dataclass
class Someone:
    """Who they are; what they say and write has words in it that nobody else's has."""

    phone: str
    name: str
    email: str
    said: str
    written: str
    spoken_words: tuple[str, ...]
    other_phone: str = ""
    calls: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        """What must be nowhere afterwards."""
        numbers = [number.lstrip("+") for number in (self.phone, self.other_phone) if number]
        return [*numbers, self.email, self.name, self.written, *self.spoken_words]


@pytest.fixture(scope="module")
def system(make_stack: Callable[..., Stack]) -> Stack:
    env = {"TRANSCRIPTION_ENGINE": "local", "LOG_FORMAT": "json"}
    return make_stack(clock_speed=10, zerodb=True, env=env)


@pytest.fixture(scope="module")
def office(system: Stack) -> Company:
    office = Company(system, system.new_organization(ring_timeout_seconds=5, wrap_up_seconds=0))
    office.set_queue(voicemail_greeting=GREETING, offers_callback=True)
    return office


def person(system: Stack, token: str, spoken: str, *words: str) -> Someone:
    return Someone(
        phone=system.new_phone(), name=f"Zoe {token.title()}brook", email=f"{token}.zoe@{token}.example.com",
        said=spoken, written=f"written{token}words", spoken_words=words, other_phone=system.new_phone(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(system: Stack, office: Company) -> tuple[Someone, Someone, Someone]:
    """One for a quiet day, one for a bad one, and one who stays."""
    maria = person(system, "quxquill", "My elephant wants a refund for the umbrella.", "elephant", "umbrella")
    nora = person(system, "vexvale", "The pineapple in my kitchen is green.", "pineappl", "kitchen")
    stays = person(system, "jubjade", "A strawberry was on the window.", "strawberr", "window")
    # As like each other as two people can be: only the address and the number tell them apart.
    stays.name = maria.name
    for who in (maria, nora, stays):
        live(office, who)
    office.until(lambda: not office.unfinished(), 60, "everything is at rest")
    return maria, nora, stays


def live(office: Company, who: Someone) -> None:
    """All that a person leaves behind them."""
    body = {"name": who.name, "phone": who.phone, "email": who.email, "company": f"{who.written} Inc"}
    headers = {"Idempotency-Key": f"contact-{who.written}"}
    office.api.post("/contacts", json=body).raise_for_status()
    file = f"name,phone,email\n{who.name},{who.other_phone},{who.email}\n{who.name},5550142,{who.email}\n"
    job = office.api.post("/contacts/import", content=file, headers={"Content-Type": "text/csv"}).json()["id"]
    office.until(lambda: office.get(f"/contacts/jobs/{job}")["state"] == "done", 60, "the import is done")
    # A recorded call, with notes; and what was said in it.
    office.behaves(
        office.agent().endpoint,
        [{"wait_for": "Press 1"}, {"press": "1"}, {"wait": 40}, {"say": HELP}, {"wait": 60}],
    )
    office.behaves(who.phone, [{"wait_for": "How can I help you?"}, {"say": who.said}, {"wait": 1}, {"hangup": True}])
    made = office.api.post(
        "/calls/outbound",
        json={
            "from_number": office.number, "to_number": who.phone, "record": True,
            "status_callback_url": f"https://example.com/{who.written}",
        },
        headers=headers,
    )  # fmt: skip
    call = made.raise_for_status().json()["id"]
    who.calls.append(call)
    office.in_the_books(call)
    assert transcript_of(office, call)["status"] == "completed"
    office.api.post(f"/calls/{call}/notes", json={"text": f"{who.name}: {who.written}"}).raise_for_status()
    # A message in the box, and the call back.
    office.route("voicemail")
    voicemail_call, _ = office.receive(
        [{"wait_for": GREETING}, {"wait": 1}, {"say": who.said}, {"hangup": True}], caller=who.phone
    )
    who.calls.append(voicemail_call)
    office.in_the_books(voicemail_call)

    def message() -> Any:
        return next((m for m in office.get("/voicemails")["results"] if m["call_id"] == voicemail_call), None)

    box = office.until(lambda: (found := message()) and found["audio_url"] and found, 60, "the message is there")
    office.behaves(who.phone, [{"wait": 2}, {"hangup": True}])
    back = office.api.post(f"/voicemails/{box['id']}/call-back", json={}).raise_for_status().json()["id"]
    who.calls.append(back)
    office.in_the_books(back)
    # A callback that they asked for as they waited in line, and got.
    office.presence(office.agent(), "offline")
    office.route("queue", office.queue_id)
    office.sim.call(who.phone, office.number, ASKS_FOR_CALLBACK)
    waited = office.until(lambda: next((call["id"] for call in office.live() if call["from_number"] == who.phone), ""))
    assert office.until_over(waited)["disposition"] == "callback"
    (called,) = [call["id"] for call in office.live() if call["original_id"] == waited]
    who.calls += [waited, called]
    office.behaves(office.agent().endpoint, [{"wait_for": "Press 1"}, {"press": "1"}, {"wait": 40}])
    office.behaves(who.phone, [{"wait": 3}, {"hangup": True}])
    office.presence(office.agent(), "available")
    office.in_the_books(called)
    # What they wrote, and were written.
    picture = f"{office.stack.base_url}/static/calls/hold.wav"
    office.sim.message(who.phone, office.number, f"Hello, {who.written}", [picture])
    sent = {"from_number": office.number, "to_number": who.phone, "body": f"Dear {who.name}, {who.written}"}
    office.api.post(
        "/sms/send", json=sent, headers={"Idempotency-Key": f"sms-{who.spoken_words[0]}"}
    ).raise_for_status()

    def arrived() -> bool:
        rows = office.get("/sms", limit=100)["results"]
        theirs = [row for row in rows if who.phone in (row["from_number"], row["to_number"])]
        there = [medium["state"] == "done" for row in theirs for medium in row["media"]]
        return len(theirs) == 2 and there == [True] and {row["status"] for row in theirs} <= {"received", "delivered"}

    office.until(arrived, 60, "both messages are there")
    # Who is not called any more, and was tried.
    listed = {"phone": who.phone, "reason": f"{who.name} said {who.written}"}
    office.api.post("/compliance/dnc", json=listed).raise_for_status()
    assert call_them(office, who) == 451
    office.get("/contacts", search=who.name)  # a query that the logs must not keep


def call_them(office: Company, who: Someone) -> int:
    return office.api.post("/calls/outbound", json={"from_number": office.number, "to_number": who.phone}).status_code


# --- looking everywhere ---

_IN_THE_DATABASE = """
from django.db import connection

found = []
with connection.cursor() as cursor:
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
    for (table,) in cursor.fetchall():
        for token in tokens:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t WHERE t::text ILIKE %s LIMIT 2', [f"%{token}%"])
            found += [f"{table}: {token}: {row[0][:300]}" for row in cursor.fetchall()]
result = found
"""  # noqa: E501


def traces(system: Stack, tokens: list[str], *, sids: list[str] = []) -> list[str]:  # noqa: B006
    """Where any of them is: tables, files, Valkey, ZeroDB, what the network keeps, the logs."""
    found = list(system.django(_IN_THE_DATABASE, tokens=tokens))
    needles = [token.lower().encode() for token in tokens]

    def look(where: str, data: bytes) -> None:
        small = data.lower()
        found.extend(f"{where}: {needle.decode()}" for needle in needles if needle in small)

    for path in (system.directory / "media").rglob("*"):
        if path.is_file():
            look(str(path), path.read_bytes())
        look(f"name of {path}", path.name.encode())
    for path in logs_of_ours(system):
        look(path.name, path.read_bytes())
    with redis.Redis.from_url(system.env["REDIS_URL"]) as client:
        for key in client.scan_iter("*"):
            look(f"Valkey {key!r}", key + (client.dump(key) or b""))
    look("ZeroDB", json.dumps(system.zerodb.vectors()).encode())
    auth = (system.env["TWILIO_ACCOUNT_SID"], system.env["TWILIO_AUTH_TOKEN"])
    base = f"{system.sim_url}/2010-04-01/Accounts/{auth[0]}"
    look("messages at the carrier", httpx.get(f"{base}/Messages.json?PageSize=1000", auth=auth).content)
    recordings = httpx.get(f"{base}/Recordings.json?PageSize=1000", auth=auth).json()["recordings"]
    found.extend(f"recording at the carrier: {one['sid']}" for one in recordings if one["sid"] in sids)
    return found


def logs_of_ours(system: Stack) -> list[Path]:
    return [system.logs / f"{name}.log" for name in ("web", "worker", "worker-media", "beat", "shell")
            if (system.logs / f"{name}.log").exists()]  # fmt: skip


def recordings_of(system: Stack, who: Someone) -> list[str]:
    """The carrier's ids."""
    return list(system.django(_SIDS, ids=who.calls))


_SIDS = """
from calls.models import Recording
result = list(Recording.objects.filter(call__in=ids).values_list("sid", flat=True))
"""


def figures(office: Company) -> Any:
    """All totals of the organisation, over days that do not move."""
    days = {"date_start": f"{date.today() - timedelta(days=2)}", "date_end": f"{date.today() + timedelta(days=2)}"}
    volume = office.get("/analytics/call-volume", interval="day", **days)
    others = [office.get(f"/analytics/{name}", **days) for name in ("dispositions", "queue-reports")]
    counted = [office.get(path)["count"] for path in ("/calls/logs", "/sms", "/transcripts")]
    return volume, others, counted


def finished(office: Company, request: str, seconds: float = 120) -> dict[str, Any]:
    def done() -> dict[str, Any] | None:
        found = office.get(f"/compliance/gdpr/{request}")
        return found if found["state"] in ("done", "failed") else None

    found = wait_until(done, timeout=seconds, every=0.5, what=str(office.get(f"/compliance/gdpr/{request}")))
    assert found
    return found


def ask(office: Company, what: str, **who: Any) -> str:
    answer = office.api.post(f"/compliance/gdpr/{what}", json={"reason": "By letter", **who})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


# --- tests, in the order of a life ---


def test_an_export_has_all_of_one_person_and_nothing_of_another(system: Stack, office: Company, people) -> None:
    maria, _, stays = people
    done = finished(office, ask(office, "export", phone=maria.other_phone))
    assert done["state"] == "done", done
    answer = httpx.get(done["download_url"])
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data = {Path(name).stem: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    assert {name: len(rows) for name, rows in data.items() if rows} == {
        name: number for name, number in done["counts"].items() if number
    }
    assert {row["phone"] for row in data["contacts"]} == {maria.phone, maria.other_phone}
    assert {row["id"] for row in data["calls"]} >= set(maria.calls)
    assert {row["direction"] for row in data["messages"]} == {"inbound", "outbound"}
    assert all(maria.written in row["body"] for row in data["messages"])
    assert [row["text"] for row in data["call_notes"]] == [f"{maria.name}: {maria.written}"]
    said = " ".join(row["text"] for row in data["transcript_lines"]).lower()
    assert all(word in said for word in maria.spoken_words), said
    assert [row["reason"] for row in data["do_not_call_entries"]] == [f"{maria.name} said {maria.written}"]
    assert len(data["voicemails"]) == len(data["attachments"]) == len(data["refused_contacts"]) == 1
    assert maria.email in data["import_errors"][0]["row"]
    kept = {name for name in archive.namelist() if name.startswith("files/")}
    assert {Path(name).parent.name for name in kept} == {"recordings", "attachments"}
    sounds = {row["id"] for row in data["recordings"] if row["sha256"]}
    assert {Path(name).stem for name in kept if "/recordings/" in name} == sounds
    assert "data/calls.json" in archive.read("README.md").decode()
    whole = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".json")).decode()
    for token in (stays.phone, stays.other_phone, stays.email, stays.written, *stays.spoken_words):
        assert token not in whole
    # The link is a secret of its own, and nobody else's key opens the request.
    assert httpx.get(done["download_url"][:-3] + "xyz").status_code == 404


def test_a_dry_run_counts_and_erases_nothing(system: Stack, office: Company, people) -> None:
    maria, _, _ = people
    done = finished(office, ask(office, "delete", email=maria.email.upper(), dry_run=True))
    assert (done["counts"]["contacts"], done["counts"]["messages"], done["certificate"]) == (2, 2, {})
    assert traces(system, [maria.written])


def test_an_erased_person_is_nowhere(system: Stack, office: Company, people) -> None:
    maria, _, stays = people
    sids = recordings_of(system, maria)
    before, found_before = figures(office), traces(system, maria.tokens, sids=sids)
    for place in ("calls_call:", "messaging_message:", "calls_segment:", "api_idempotentanswer:", "bulk_rowerror:",
                  "carrier_receipt:", "ZeroDB:", "messages at the carrier:", "recording at the carrier:"):  # fmt: skip
        assert any(trace.startswith(place) for trace in found_before), place
    tokens = [token for token in maria.tokens if token != stays.name]  # that is another's as well
    done = finished(office, ask(office, "delete", phone=maria.phone))
    assert (done["state"], done["percent"], done["removals"]["waiting"]) == ("done", 100, 0), done
    assert traces(system, tokens, sids=sids) == []
    assert done["certificate"]["erased"]["contacts"] == 2
    assert done["certificate"]["elsewhere"].keys() >= {"files", "carrier_recording", "carrier_message", "zerodb"}
    assert (done["phones"], done["emails"]) == ([], [])
    assert figures(office) == before
    assert "agree" in system.manage("rebuild_rollups", "--check", "--organization", office.tenant.id)
    assert call_them(office, maria) == 451
    assert all(any(token in trace for trace in traces(system, stays.tokens)) for token in stays.tokens)
    # The refusal just now is a new fact about them: it goes when they ask again, with the one before.
    again = finished(office, ask(office, "delete", phone=maria.phone))
    assert again["counts"]["refused_contacts"] == 1
    assert traces(system, tokens, sids=sids) == []


@pytest.mark.soak
def test_a_worker_that_dies_and_others_who_fail_change_nothing(system: Stack, office: Company, people) -> None:
    _, nora, _ = people
    sids = recordings_of(system, nora)
    before = figures(office)
    system.sim.faults(rest=[{"path": "(Recordings|Messages)", "kind": "500", "rate": 0.6}])
    system.zerodb.faults(error=True)
    request = ask(office, "delete", contact_id=office.get("/contacts", search=nora.phone)["results"][0]["id"])
    for _ in range(4):
        time.sleep(random.uniform(0.2, 1.5))
        system.kill("worker")
    shown = wait_until(
        lambda: (found := office.get(f"/compliance/gdpr/{request}"))["removals"]["problems"] and found, timeout=120
    )
    assert shown["state"] != "done", shown
    system.sim.clear_faults()
    system.zerodb.clear_faults()
    done = finished(office, request, 240)
    assert (done["state"], done["removals"]["waiting"]) == ("done", 0), done
    assert traces(system, nora.tokens, sids=sids) == []
    assert done["counts"]["messages"] == 2
    assert figures(office) == before
    assert call_them(office, nora) == 451
