"""The examples of the guides are run, word for word, by a shell against a running system.

Blocks marked `sh run` must succeed; those marked `sh refused 422` must be answered so, at every request.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api import factories
from tests.stack import PROJECT, Stack, Tenant
from tests.waiting import wait_until
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="The examples are curl commands, and there is no curl")

_BLOCK = re.compile(r"^```sh ?(?P<mark>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
#: Commands that fail end the script; a refusal is a failure, unless it is the one that was expected.
_PRELUDE = """
set -euo pipefail
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
curl() { command curl --silent --show-error --fail-with-body "$@"; }
"""
_EXPECT = """
curl() {{
  local status
  status=$(command curl --silent --show-error --output /dev/null --write-out '%{{http_code}}' "$@")
  [ "$status" = {status} ] || {{ echo "answered $status instead of {status}: $*" >&2; exit 1; }}
}}
"""


def script(text: str) -> str:
    """The executable blocks of a guide, as one script."""
    parts = []
    for block in _BLOCK.finditer(text):
        kind, _, status = block["mark"].partition(" ")
        if kind == "run":
            parts.append(f"{block['code']}")
        elif kind == "refused":
            parts.append(f"(\n{_EXPECT.format(status=status)}\n{block['code']})\n")
    assert parts, "nothing to run"
    return "\n".join(parts)


def run(code: str, directory: Path, **env: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", _PRELUDE + code],
        cwd=directory,
        env={**os.environ, **env, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n--- said\n{done.stdout}\n{done.stderr}"
    return done.stdout


def guide(name: str) -> str:
    return (PROJECT / "docs" / "api" / f"{name}.md").read_text()


@pytest.fixture(scope="module")
def office(stack: Stack) -> Tenant:
    return stack.new_organization("Guides", agents=2, wrap_up_seconds=0)


@pytest.fixture(scope="module")
def env(stack: Stack, office: Tenant) -> dict[str, str]:
    """What the guides tell their readers to have in their shell."""
    return {"BASE": stack.base_url, "KEY": office.api_key, "FROM": office.number}


def somebody(stack: Stack) -> str:
    """Who picks up and stays on the line."""
    stack.sim.person(number := stack.new_phone(), outcome="answer", script=[])
    return number


def talking(stack: Stack, office: Tenant, **fields: object) -> str:
    body = {"from_number": office.number, "to_number": somebody(stack), **fields}
    call = stack.api(office).post("/calls/outbound", json=body).json()["id"]
    wait_until(lambda: stack.api(office).get(f"/calls/{call}").json()["phase"] == "joined", timeout=60)
    return str(call)


def test_calls(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    to = somebody(stack)
    run(script(guide("calls")), tmp_path, **env, TO=to)
    (call,) = stack.api(office).get("/calls/logs", params={"to": to}).json()["results"]
    assert (call["disposition"], call["hung_up_by"]) == ("sold", "api")
    assert stack.api(office).get(f"/calls/{call['id']}/notes").json()["count"] == 1


def test_transfers(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    call = talking(stack, office)
    first = stack.api(office).get(f"/calls/{call}").json()["agent"]["id"]
    free = next(agent.id for agent in office.agents if agent.id != first)
    names = {"CALL": call, "TARGET": somebody(stack), "AGENT": free, "QUEUE": office.queue_id}
    run(script(guide("transfers")), tmp_path, **env, **names)
    after = stack.api(office).get(f"/calls/{call}").json()
    handed = [(leg["role"], leg["transfer"], bool(leg["accepted_at"])) for leg in after["legs"] if leg["transfer"]]
    assert handed == [("target", "warm", True), ("agent", "warm", True)]
    assert after["queue"]["id"] == office.queue_id
    assert stack.api(office).post(f"/calls/{call}/hangup", json={}).status_code == 200


def test_monitoring(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    call, supervisor = talking(stack, office), somebody(stack)
    run(script(guide("monitoring")), tmp_path, **env, CALL=call, SUPERVISOR=supervisor)
    (leg,) = (leg for leg in stack.api(office).get(f"/calls/{call}").json()["legs"] if leg["role"] == "supervisor")
    assert (leg["mode"], leg["to_number"]) == ("barge", supervisor)


def test_voicemails(stack: Stack, env: dict[str, str], tmp_path: Path) -> None:
    away = stack.new_organization("Guides to messages", wrap_up_seconds=0)
    routing = {"routing": {"type": "voicemail", "target_id": None}}
    stack.api(away).put(f"/numbers/{away.number_id}/config", json=routing).raise_for_status()
    message = [{"wait_for": "leave a message"}, {"wait": 1}, {"say": "Please call me back."}, {"hangup": True}]
    stack.sim.call(caller := somebody(stack), away.number, message)
    run(script(guide("voicemails")), tmp_path, **{**env, "KEY": away.api_key, "QUEUE": away.queue_id})
    assert (tmp_path / "message.wav").read_bytes()[:4] == b"RIFF"
    (back,) = stack.api(away).get("/calls/live").json()["results"]
    (left,) = stack.api(away).get("/voicemails").json()["results"]
    assert (back["to_number"], back["original_id"], left["status"]) == (caller, left["call_id"], "read")


def test_recordings(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    call = talking(stack, office, record=True)
    live, recordings = talking(stack, office, record=True), f"/calls/{call}/recordings"
    wait_until(lambda: stack.api(office).get(recordings).json()["count"], timeout=30)
    stack.api(office).post(f"/calls/{call}/hangup", json={}).raise_for_status()
    run(script(guide("recordings")), tmp_path, **env, CALL=call, LIVE=live)
    stack.api(office).post(f"/calls/{live}/hangup", json={}).raise_for_status()
    (recording,) = stack.api(office).get(recordings).json()["results"]
    whole = (tmp_path / "call.wav").read_bytes()
    assert (len(whole), whole[:4]) == (recording["size"], b"RIFF")
    assert (tmp_path / "beginning.wav").read_bytes() == whole[:1024]


def test_analytics(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    run(script(guide("analytics")), tmp_path, **env, QUEUE=office.queue_id)
    assert (tmp_path / "queues.csv").read_text().startswith("queue.id,queue.name,offered")


def test_queues_and_agents(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    bea = {"email": "bea@guides.example", "password": "correct horse battery staple", "role": "agent"}
    user_id = stack.api(office).post("/members", json=bea).json()["user_id"]
    people = {"AGENT_PHONE": stack.new_phone(), "EMAIL": bea["email"], "PASSWORD": bea["password"], "USER_ID": user_id}
    run(script(guide("queues_and_agents")), tmp_path, **env, **people)
    agents = {agent["name"]: agent for agent in stack.api(office).get("/agents").json()["results"]}
    assert (agents["Ann"]["state"], agents["Ann"]["queues"]) == ("offline", [])
    assert agents["Ann"]["skills"] == {"billing": 8, "french": 5}
    assert "Support" not in {queue["name"] for queue in stack.api(office).get("/queues").json()["results"]}
    assert json.loads((tmp_path / "voice_token.json").read_text())["identity"] == "bea"


def test_prompts(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "music.wav").write_bytes(music := factories.wav(3))
    run(script(guide("prompts")), tmp_path, **env)
    assert (tmp_path / "copy.wav").read_bytes() == music
    assert (tmp_path / "beginning.wav").read_bytes() == music[:1024]
    assert stack.api(office).get("/prompts").json()["count"] == 0


def test_ivr(stack: Stack, env: dict[str, str], tmp_path: Path) -> None:
    asked = stack.new_organization("Guides to menus")
    own = {**env, "KEY": asked.api_key, "NUMBER": asked.number_id}
    run(script(guide("ivr")), tmp_path, **own)
    says = [{"wait_for": "say orders"}, {"say": "It is about my order."}, {"wait_for": "new order"}, {"press": "1"}]
    stack.sim.call(stack.new_phone(), asked.number, [*says, {"wait": 600}])
    queues = stack.api(asked).get("/queues").json()["results"]
    sales = next(queue["id"] for queue in queues if queue["name"] == "Sales")
    wait_until(
        lambda: stack.api(asked).get("/calls/live", params={"queue_id": sales}).json()["count"],
        timeout=60,
        what="the caller waits in the queue",
    )


def test_business_hours(stack: Stack, env: dict[str, str], tmp_path: Path) -> None:
    own = stack.new_organization("Guides to hours")
    run(script(guide("business_hours")), tmp_path, **{**env, "KEY": own.api_key, "NUMBER": own.number_id})
    answer = json.loads((tmp_path / "christmas_eve.json").read_text())
    assert answer == {"open": False, "reason": "exception", "at": "2026-12-24T19:00:00Z"}


def test_contacts(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    run(script(guide("contacts")), tmp_path, **env, PERSON=stack.new_phone())
    report = (tmp_path / "report.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in report] == ["line", "3"]
    names = [line.split(",")[0] for line in (tmp_path / "vip.csv").read_text().splitlines()]
    assert names == ["name", "Ann Onymous", "Maria Lopez"]


def test_messages(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    person = stack.new_phone()
    run(script(guide("messages")), tmp_path, **env, PERSON=person)
    (message,) = stack.sim.messages(person)
    assert message["body"] == "Your table is ready."


def test_webhooks(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    with receiving() as receiver:
        run(script(guide("webhooks")), tmp_path, **env, HOOK=receiver.url)
        assert set(receiver.kinds) == {"endpoint.test"}
        assert len({message.id for message in receiver.seen}) == 1


def test_compliance(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    person = stack.new_phone()
    run(script(guide("compliance")), tmp_path, **env, PERSON=person)
    refused = stack.api(office).get("/compliance/decisions", params={"phone": person}).json()["results"]
    assert sorted(row["channel"] for row in refused) == ["sms", "voice"]
    assert stack.sim.messages(person) == []
    (entry,) = stack.api(office).get("/compliance/dnc", params={"phone": person}).json()["entries"]
    assert (entry["source"], entry["reason"]) == ("import", "From the old system")


def test_billing(stack: Stack, env: dict[str, str], tmp_path: Path) -> None:
    own = stack.new_organization("Guides to money")
    run(script(guide("billing")), tmp_path, **{**env, "KEY": own.api_key, "FROM": own.number})
    told = stack.api(own).get("/billing/limits").json()
    assert (told["daily_limit"], told["allowed_countries"], told["premium_rate"]) == (None, ["CA", "US"], False)


def test_privacy(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    person = stack.new_phone()
    listed = run(script(guide("privacy")), tmp_path, **env, PERSON=person)
    assert "data/messages.json" in listed
    settings = {"record_inbound": False, "recording_consent": "none"}
    stack.api(office).patch("/compliance/settings", json=settings).raise_for_status()


def test_numbers(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    run(script(guide("numbers")), tmp_path, **env)
    assert [row["phone_number"] for row in stack.api(office).get("/numbers").json()["results"]] == [office.number]
    assert "Support line" in {queue["name"] for queue in stack.api(office).get("/queues").json()["results"]}


def test_errors_of_the_carrier(stack: Stack, office: Tenant, env: dict[str, str], tmp_path: Path) -> None:
    run(script(guide("carrier_errors")), tmp_path, **env)
    (call,) = stack.api(office).get("/calls/logs", params={"to": "+15005550001"}).json()["results"]
    assert call["failure_reason"] == "invalid_number"


def test_the_first_call_of_the_readme(stack: Stack, office: Tenant, tmp_path: Path) -> None:
    section = (PROJECT / "README.md").read_text().split("## The first call", 1)[1].split("\n## ", 1)[0]
    code = "\n".join(block["code"] for block in _BLOCK.finditer(section))
    for written, here in (("http://localhost:8000", stack.base_url), ("http://localhost:8010", stack.sim_url)):
        assert written in code
        code = code.replace(written, here)
    demo = tmp_path / "var" / "demo.json"
    demo.parent.mkdir()
    demo.write_text(json.dumps({"api_key": office.api_key, "numbers": [office.number]}))
    run(code, tmp_path)
    call = wait_until(lambda: answered(stack, office, "+14155550142"), timeout=60, what="the call was answered")
    assert call["record"]


def answered(stack: Stack, office: Tenant, to: str) -> dict[str, Any] | None:
    rows = [row for path in ("live", "logs") for row in stack.api(office).get(f"/calls/{path}").json()["results"]]
    return next((row for row in rows if row["to_number"] == to and row["answered_at"]), None)
