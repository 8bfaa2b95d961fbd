"""An organisation in a running system, with its people and their phones, as the flow tests drive and watch it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import httpx

from tests.stack import AgentPhone, Stack, Tenant
from tests.waiting import wait_until

T = TypeVar("T")
Script = list[dict[str, Any]]

QUESTION = "I have a question about my order."
#: A customer who is helped, asks and leaves.
ASKS: Script = [{"wait_for": "How can I help you?"}, {"say": QUESTION}, {"hangup": True}]
#: Somebody who picks up and stays on the line, silent.
STAYS: Script = []
#: Machine seconds that any wait may take longer than the callers' seconds say.
SLACK = 60


class Company:
    """What an API user of one organisation does and sees, beside what the network saw."""

    def __init__(self, stack: Stack, tenant: Tenant) -> None:
        self.stack, self.tenant, self.sim = stack, tenant, stack.sim
        self.number, self.queue_id, self.agents = tenant.number, tenant.queue_id, tenant.agents
        self.api: httpx.Client = stack.api(tenant)

    # --- people ------------------------------------------------------------------------------------------------------

    def person(self, script: Script | None = None, *, answer_after: float = 0, outcome: str = "answer") -> str:
        """The number of a new person outside, who does this when rung."""
        return self.behaves(self.stack.new_phone(), script, answer_after=answer_after, outcome=outcome)

    def behaves(
        self, phone: str, script: Script | None = None, *, answer_after: float = 0, outcome: str = "answer"
    ) -> str:
        """From now on, who is rung at `phone` does this."""
        manner: dict[str, Any] = {"outcome": outcome, "answer_after": answer_after}
        self.sim.person(phone, **manner, **({} if script is None else {"script": script}))
        return phone

    def agent(self, index: int = 0) -> AgentPhone:
        return self.agents[index]

    def state_of(self, agent: AgentPhone) -> str:
        return str(self.get(f"/agents/{agent.id}")["state"])

    def presence(self, agent: AgentPhone, state: str) -> None:
        self.api.put(f"/agents/{agent.id}/presence", json={"state": state}).raise_for_status()

    def member(self, role: str, agent: AgentPhone | None = None) -> httpx.Client:
        """The API as a new member of that role, logged in; with `agent`, they are that agent."""
        token = self.stack.django(_NEW_MEMBER, tenant_id=self.tenant.id, role=role, agent_id=agent and agent.id)
        return self.stack.api(token=token)

    def rings_for(self, seconds: int) -> None:
        """How long agents' phones ring."""
        self.api.patch(f"/queues/{self.queue_id}", json={"ring_timeout_seconds": seconds}).raise_for_status()

    # --- the floor ---------------------------------------------------------------------------------------------------

    def make(self, path: str, **fields: Any) -> str:
        """The id of a new row of that collection."""
        answer = self.api.post(path, json=fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def queue(self, name: str = "Sales", **fields: Any) -> str:
        return self.make("/queues", name=name, **{"ring_timeout_seconds": 5, "wrap_up_seconds": 0, **fields})

    def set_queue(self, **fields: Any) -> None:
        """Change the default queue."""
        answer = self.api.patch(f"/queues/{self.queue_id}", json=fields)
        assert answer.status_code == 200, answer.text

    def works_in(self, agent: AgentPhone, *queue_ids: str) -> None:
        self.api.patch(f"/agents/{agent.id}", json={"queue_ids": list(queue_ids)}).raise_for_status()

    def route(self, kind: str, target_id: str | None = None, **more: Any) -> None:
        """Where calls to our number go."""
        routing = {"type": kind, "target_id": target_id, **more}
        answer = self.api.put(f"/numbers/{self.tenant.number_id}/config", json={"routing": routing})
        assert answer.status_code == 200, answer.text

    # --- calls -------------------------------------------------------------------------------------------------------

    def place(self, to: str, **fields: Any) -> str:
        """The id of a new outbound call."""
        answer = self.api.post("/calls/outbound", json={"from_number": self.number, "to_number": to, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def receive(self, script: Script | None = None, *, caller: str = "") -> tuple[str, str]:
        """A person calls us: the call's id and their number."""
        caller = caller or self.stack.new_phone()
        self.sim.call(caller, self.number, script)

        def arrived() -> str | None:
            calls = [*self.live(), *self.get("/calls/logs")["results"]]
            return next((call["id"] for call in calls if call["from_number"] == caller), None)

        return self.until(arrived), caller

    def talking(self, customer: str = "", *, agent: AgentPhone | None = None, **fields: Any) -> str:
        """The id of an outbound call in which customer and agent talk by now."""
        call_id = self.place(customer or self.person(STAYS), **fields)
        self.until_talking(call_id, agent)
        return call_id

    def until_talking(self, call_id: str, agent: AgentPhone | None = None, seconds: float = 60) -> dict[str, Any]:
        """Until the customer hears an agent (this one, if named)."""

        def talk() -> dict[str, Any] | None:
            call = self.call(call_id)
            assert not call["ended_at"], call
            if call["phase"] != "joined" or (agent and call["agent"]["id"] != agent.id):
                return None
            endpoint = next(a.endpoint for a in self.agents if a.id == call["agent"]["id"])
            return call if self.hears(customer_number(call), endpoint) else None

        try:
            return self.until(talk, seconds)
        except AssertionError as error:
            raise AssertionError(f"Customer and agent do not talk. {self.story(call_id)}") from error

    def story(self, call_id: str) -> str:
        """What happened to the call, and the network's account of who was rung: for the message of a failed test."""
        events = self.stack.django(_EVENTS, call_id=call_id)
        legs = [
            {name: leg[name] for name in ("to", "status", "created_time", "answer_time", "end_time", "heard")}
            for agent in self.agents
            for leg in self.network_legs(agent.endpoint)
        ]
        return f"Events: {events}\nAgents: {self.get('/agents')['results']}\nAgents' legs: {legs}"

    def hears(self, listener: str, speaker: str) -> bool:
        """Whether on their latest leg, still up, this person heard that one last of all people."""
        heard = [h for leg in self.network_legs(listener) if not leg["end_time"] for h in leg["heard"]]
        voices = [h["speaker"] for h in heard if h["kind"] == "say" and h["listener"] == listener]
        return bool(voices) and voices[-1] == speaker

    def call(self, call_id: str) -> dict[str, Any]:
        return self.get(f"/calls/{call_id}")

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def live(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.get("/calls/live", **query)["results"])

    def hang_up(self, call_id: str) -> httpx.Response:
        return self.api.post(f"/calls/{call_id}/hangup", json={})

    def transfer(self, call_id: str, target: str, *, how: str = "cold") -> httpx.Response:
        body = {"target_number": target, "transfer_type": how}
        return self.api.post(f"/calls/{call_id}/transfer", json=body)

    def command(self, call_id: str, what: str, **body: Any) -> httpx.Response:
        return self.api.post(f"/calls/{call_id}/{what}", json=body)

    # --- what the network saw ----------------------------------------------------------------------------------------

    def network_legs(self, party: str) -> list[dict[str, Any]]:
        """The network's account of every leg to or from this person, the oldest first."""
        legs = []
        for direction, person in (("inbound", "from"), ("outbound-api", "to")):
            answer = self.sim.http.get("/_sim/calls", params={"direction": direction, person: party})
            legs += answer.raise_for_status().json()
        return sorted(legs, key=lambda leg: leg["created_time"])

    def heard(self, party: str) -> list[tuple[str, str]]:
        """(who, what) this person heard, and said."""
        return [(line["speaker"], line["text"]) for leg in self.network_legs(party) for line in leg["heard"]]

    def music(self, party: str) -> int:
        """How often this person has been played music."""
        return len([line for leg in self.network_legs(party) for line in leg["heard"] if line["kind"] == "music"])

    def rung(self, party: str) -> int:
        return len(self.network_legs(party))

    # --- waiting -----------------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], T | None], seconds: float = 30, what: str = "") -> T:
        """The first true value of `condition()`, within so many of the callers' seconds (and some of the machine's)."""
        value = wait_until(condition, timeout=self.stack.business_seconds(seconds) + SLACK, every=0.2, what=what)
        assert value is not None
        return value

    def until_over(self, call_id: str, seconds: float = 120) -> dict[str, Any]:
        """The call as it is when every leg of it has ended."""

        def over() -> dict[str, Any] | None:
            call = self.call(call_id)
            return call if call["ended_at"] and all(leg["ended_at"] for leg in call["legs"]) else None

        return self.until(over, seconds, "the call is over")

    def in_the_books(self, call_id: str, seconds: float = 120) -> dict[str, Any]:
        """The call when all that the network told about it has been taken in."""
        self.until_over(call_id, seconds)
        self.until(lambda: not self.unfinished(), 30, "everything is at rest")
        return self.call(call_id)

    def pass_time(self, seconds: float) -> None:
        """Let so many of the callers' seconds go by, for what must not happen meanwhile."""
        time.sleep(self.stack.business_seconds(seconds))

    # --- at the end --------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Hang up what still lasts; then nothing may be stuck: no live call or leg, no busy agent, no work undone."""
        for call in self.live():
            answer = self.hang_up(call["id"])
            assert answer.status_code in (200, 422), answer.text
        self.until(lambda: not self.unfinished(), 30, f"nothing is stuck; left: {self.unfinished()}")

    def unfinished(self) -> Any:
        """Everything of this organisation that is not at rest. A command that the carrier refused is."""
        return self.stack.django(_UNFINISHED, tenant_id=self.tenant.id)


def customer_number(call: dict[str, Any]) -> str:
    return str(call["to_number"] if call["direction"] == "outbound" else call["from_number"])


def leg(call: dict[str, Any], role: str, index: int = -1) -> dict[str, Any]:
    """The call's (last) leg of that role."""
    return [found for found in call["legs"] if found["role"] == role][index]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seconds_between(start: str, end: str) -> float:
    return (moment(end) - moment(start)).total_seconds()


_NEW_MEMBER = """
from calls.models import Agent
from zerovoice.accounts import actions, tokens
from zerovoice.accounts.models import Organization
from zerovoice.lib.ids import new_id

user = actions.create_user(email=f"{role}-{new_id().hex[-8:]}@example.com", password="correct horse battery", name=role)
membership = actions.add_member(organization=Organization.objects.get(pk=tenant_id), user=user, role=role)
if agent_id:
    Agent.objects.filter(pk=agent_id).update(user=user)
result = tokens.issue(membership).access_token
"""

_EVENTS = """
from calls.models import CallEvent

events = CallEvent.objects.filter(call_id=call_id).values_list("created_at", "kind", "data")
result = [[f"{at:%H:%M:%S.%f}", kind, data] for at, kind, data in events]
"""

_UNFINISHED = """
from calls.models import Agent, Call, CallLeg, QueueEntry, Recording
from zerovoice.carrier.models import Command, Receipt

refs = list(CallLeg.objects.of(tenant_id).values_list("pk", flat=True))
refs += list(Call.objects.of(tenant_id).values_list("pk", flat=True))
busy = ["ringing", "busy"]
left = {
    "calls": Call.objects.of(tenant_id).live().values("id", "status", "phase"),
    "legs": CallLeg.objects.of(tenant_id).active().values("id", "role", "status", "sid"),
    "entries": QueueEntry.objects.of(tenant_id).open().values("id", "state"),
    "agents": Agent.objects.of(tenant_id).filter(state__in=busy).values("name", "state"),
    "receipts": Receipt.objects.filter(ref__in=refs).exclude(state="done").values("kind", "state", "last_error"),
    "commands": Command.objects.of(tenant_id)
    .exclude(state="done")
    .exclude(state="failed", last_error__startswith="Refused")
    .values("kind", "state", "last_error"),
    "recordings": Recording.objects.of(tenant_id).exclude(state="done").values("status", "state", "last_error"),
}
result = {name: list(rows) for name, rows in left.items() if rows}
"""
