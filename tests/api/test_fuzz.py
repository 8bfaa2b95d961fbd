"""schemathesis over the whole API description, against a running system, with an owner's key.

Every operation, with data that fits its description and data that does not; in `make soak` at random as well, and in
sequences that use what earlier answers gave. No 5xx, no undocumented status, content type or header, no answer that
breaks its schema; data that does not fit is refused, data that fits is not called malformed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api import factories
from tests.stack import PROJECT, Stack, Tenant
from tests.thorough import THOROUGH
from tests.waiting import wait_until

CONFIGURATION = """
request-timeout = 30
continue-on-failure = true
hooks = "tests.api.fuzz_hooks"

[headers]
X-API-Key = "{key}"

[generation]
deterministic = true
max-examples = {examples}
allow-x00 = false  # refused everywhere, which no schema can say; see test_errors

[checks.positive_data_acceptance]
# 422: well formed, but refused in the current state; 451: somebody who must not be contacted.
expected-statuses = ["2xx", "401", "403", "404", "409", "416", "422", "451"]

[[operations]]
# What no schema can say: date_end lies after date_start, a password is not a common one, a file is CSV with the right
# columns or a sound, what a routing's target is depends on its type, hours begin before they end, a person is named
# in exactly one way.
include-operation-id = [
    "search_call_logs", "list_contact_calls", "list_compliance_decisions", "list_messages", "create_member",
    "import_contacts", "import_dnc", "search_available_numbers", "configure_number", "create_prompt", "create_queue",
    "update_queue", "create_ivr_menu", "update_ivr_menu", "create_business_hours", "update_business_hours",
    "list_agent_history", "get_call_volume", "get_dispositions", "list_agent_performance", "list_queue_reports",
    "list_transcripts", "search_transcripts", "list_events", "replay_webhook_events",
    "get_usage", "gdpr_export", "gdpr_delete", "create_legal_hold", "list_webhook_deliveries",
    "list_callback_deliveries",
]
checks.positive_data_acceptance.enabled = false
"""


MENU = {"name": "Main", "greeting": "Press 1.", "options": [{"digits": "1", "route": {"type": "hangup"}}]}


HOOK = "http://127.0.0.1:9999/hook"  # where nobody answers


class World:
    """An organisation with one of everything, so that the fuzzer gets beyond 404."""

    def __init__(self, stack: Stack) -> None:
        self.tenant: Tenant = stack.new_organization("Fuzz", agents=2, wrap_up_seconds=0)
        self.api = stack.api(self.tenant)
        over, live = (self.place(self.patient_person(stack), record=True) for _ in range(2))
        wait_until(lambda: self.recordings(over), timeout=60, what="the recording has begun")
        assert self.api.post(f"/calls/{over}/hangup", json={}).status_code == 200
        rows = wait_until(lambda: self.recordings(over, fetched=True), timeout=60, what="the recording is fetched")
        key = self.post("/api-keys", {"name": "spare", "scopes": ["calls:read"]})
        colleague = {"email": f"spare@{self.tenant.id}.example", "role": "viewer", "password": "correct horse battery"}
        prompt = self.api.post("/prompts", data={"name": "Spare"}, files={"file": ("spare.wav", factories.wav())})
        message = self.message(stack)
        self.values = {
            "path.call_id": [over, live],
            "path.recording_id": [rows[0]["id"]],
            "path.voicemail_id": [message],
            "path.queue_id": [self.tenant.queue_id, self.post("/queues", {"name": "Spare"})["id"]],
            "path.menu_id": [self.post("/ivr-menus", MENU)["id"]],
            "path.hours_id": [self.post("/business-hours", {"name": "Office", "weekly": {}})["id"]],
            "path.number_id": [self.post("/numbers/purchase", {"phone_number": stack.new_phone("303")})["id"]],
            "path.agent_id": [agent.id for agent in self.tenant.agents],
            "path.prompt_id": [prompt.raise_for_status().json()["id"]],
            "path.code_id": [self.post("/wrap-up-codes", {"code": "spare", "label": "Spare"})["id"]],
            "path.api_key_id": [key["id"]],
            "path.endpoint_id": [self.post("/webhook-endpoints", {"url": HOOK, "types": ["*"]})["id"]],
            "path.member_id": [self.post("/members", colleague)["id"]],
            "query.queue_id": [self.tenant.queue_id],
            "query.agent_id": [agent.id for agent in self.tenant.agents],
            "body.from_number": [self.tenant.number, self.tenant.number_id],
            "body.queue_id": [self.tenant.queue_id],
            "body.target_number": [stack.new_phone()],
            "body.target_agent_id": [agent.id for agent in self.tenant.agents],
            "body.target_queue_id": [self.tenant.queue_id],
        }

    def patient_person(self, stack: Stack) -> str:
        stack.sim.person(number := stack.new_phone(), outcome="answer", script=[])
        return number

    def message(self, stack: Stack) -> str:
        """The id of a voicemail that somebody left."""
        number = f"/numbers/{self.tenant.number_id}/config"
        to_voicemail = {"routing": {"type": "voicemail", "target_id": None}}
        self.api.put(number, json=to_voicemail).raise_for_status()
        speaks = [{"wait_for": "leave a message"}, {"wait": 1}, {"say": "Please call me back."}, {"hangup": True}]
        stack.sim.call(self.patient_person(stack), self.tenant.number, speaks)
        left = wait_until(lambda: self.api.get("/voicemails").json()["results"], timeout=60, what="a message is left")
        return str(left[0]["id"])

    def place(self, to: str, **fields: Any) -> str:
        return str(self.post("/calls/outbound", {"from_number": self.tenant.number, "to_number": to, **fields})["id"])

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def recordings(self, call: str, *, fetched: bool = False) -> Any:
        rows = self.api.get(f"/calls/{call}/recordings").json()["results"]
        return [row for row in rows if row["audio_url"] or not fetched]

    def key_id(self) -> str:
        rows = self.api.get("/api-keys").json()["results"]
        return str(next(row["id"] for row in rows if self.tenant.api_key.startswith(f"zv_{row['prefix']}_")))

    def configuration(self, examples: int) -> str:
        text = CONFIGURATION.format(key=self.tenant.api_key, examples=examples)
        for name, values in self.values.items():
            text += f'\n[dictionaries."{name}"]\nvalues = {json.dumps(values)}\n'
        text += "\n[parameters]\n"
        for name in self.values:
            text += f'"{name}" = {{ dictionary = "{name}", probability = 0.8 }}\n'
        return text


@pytest.mark.timeout(600)
def test_the_api_keeps_its_word_whatever_it_is_sent(stack: Stack, tmp_path: Path) -> None:
    world = World(stack)
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(world.configuration(examples=6))
    phases = "examples,coverage,fuzzing,stateful" if THOROUGH else "examples,coverage"
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            "--config-file",
            configuration,
            "run",
            f"{stack.base_url}/api/schema",
            "--phases",
            phases,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "FUZZING_KEY_ID": world.key_id(), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # It got through to the end: the key still works, and there is more than the world's own.
    counts = {path: world.api.get(path).json()["count"] for path in ("/calls/logs", "/queues", "/agents", "/members")}
    if not THOROUGH:
        assert counts.pop("/calls/logs") >= 2, counts  # without the random ones no further call comes to its end
    assert all(count > 2 for count in counts.values()), counts  # the world has two of each
    # What may be spent and where to may have been changed.
    limits = {"allowed_countries": ["CA", "US"], "daily_limit": None, "monthly_limit": None}
    world.api.patch("/billing/limits", json=limits).raise_for_status()
    # The carrier was never taken for broken: refusals do not open the breaker.
    assert world.place(stack.new_phone())
