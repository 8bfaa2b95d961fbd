"""A process that is killed just before or just after any of its commits or requests to the carrier: the others go on,
no caller is forgotten, no agent stuck, no leg left behind at the network.

Every scene is first played by a process that lives, which shows the points there are; then once for each point, in an
organisation of its own, by one that dies there. All the dying is done while the workers are stopped; then they go on.
The suite takes every third point; `make storm` takes all (EVERY_POINT=1).
"""

import json
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flows.company import ASKS, Company, leg
from tests.shell import Shell
from tests.stack import Stack
from tests.waiting import wait_until
from zerovoice.embedded.environment import ACCOUNT_SID

STAYS_LONG = [{"wait_for": "How can I help you?"}, {"wait": 2000}, {"hangup": True}]
#: Of how many points one is taken.
ONE_IN = 1 if os.environ.get("EVERY_POINT") else 3
#: Business seconds for which phones ring that are not to be answered until all the dying is done.
SLOW = 300
#: Machine seconds after which everything must have ended well, counted from when the workers go on.
PATIENCE = 200


class Scene(ABC):
    """One company, in which one process dies at `point`, or lives when there is none."""

    def __init__(self, stack: Stack, point: str = "") -> None:
        self.point = point
        options = {"ring_timeout_seconds": 600, "wrap_up_seconds": 0, "offers_callback": True, "max_wait_seconds": 3600}
        self.company = Company(stack, stack.new_organization(presence="offline", **options))
        self.agent = self.company.agent()
        self.call_id = ""

    @abstractmethod
    def begin(self) -> None:
        """What happens before; waits for nothing."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it has come to where it can wait for the others."""

    def rings(self) -> bool:
        """Whether the phone rings that must, in a scene that begins with a phone that rings."""
        return True

    @abstractmethod
    def steps(self) -> list[dict[str, Any]]:
        """What that process does. The workers are stopped."""

    def ends_well(self) -> bool:
        """Whether it has come to where it was to lead."""
        return self.is_over()

    def is_over(self) -> bool:
        """Everybody has gone home, after a conversation."""
        call = self.call()
        return bool(call["disposition"] == "answered" and not self.company.live())

    def call(self) -> dict[str, Any]:
        return self.company.call(self.call_id)

    def live(self) -> dict[str, Any] | None:
        return next(iter(self.company.live()), None)

    def ring(self) -> bool:
        """Have the agent's phone rung, and not answered for a while; whether it rings."""
        if self.company.state_of(self.agent) == "offline":
            self.company.behaves(self.agent.endpoint, answer_after=SLOW)
            self.company.presence(self.agent, "available")
        return bool(self.company.network_legs(self.agent.endpoint))

    def press_1(self) -> dict[str, Any]:
        """The agent's phone sends what it sends when the key is pressed."""
        rung = leg(self.call(), "agent")
        sid = self.company.network_legs(self.agent.endpoint)[-1]["sid"]
        form = {
            "AccountSid": ACCOUNT_SID, "CallSid": sid, "From": self.company.number, "To": self.agent.endpoint,
            "CallStatus": "in-progress", "Direction": "outbound-api", "Digits": "1",
        }  # fmt: skip
        return {"asked": {"path": f"/webhooks/twilio/voice/legs/{rung['id']}/digit", "form": form}}

    def work(self) -> dict[str, Any]:
        return {"work": {"organization_id": self.company.tenant.id}}

    def api(self, path: str, **body: Any) -> dict[str, Any]:
        return {"api": {"path": path, "body": json.dumps(body), "key": self.company.tenant.api_key}}


class Assigning(Scene):
    """A caller waits, an agent comes free: a worker chooses, and has the agent's phone rung."""

    def begin(self) -> None:
        self.company.sim.call(self.company.stack.new_phone(), self.company.number, ASKS)

    def ready(self) -> bool:
        call = self.live()
        self.call_id = call["id"] if call else ""
        return bool(call)

    def steps(self) -> list[dict[str, Any]]:
        self.company.presence(self.agent, "available")
        return [{"assign": {"organization_id": self.company.tenant.id}}, self.work()]


class Accepting(Scene):
    """The agent presses 1: a web process takes it in, a worker sends the caller to them."""

    def begin(self) -> None:
        self.company.sim.call(self.company.stack.new_phone(), self.company.number, ASKS)

    def ready(self) -> bool:
        call = self.live()
        self.call_id = call["id"] if call else ""
        return bool(call)

    def rings(self) -> bool:
        return self.ring()

    def steps(self) -> list[dict[str, Any]]:
        return [self.press_1(), self.work()]


class CallingBack(Scene):
    """It is the turn of somebody who is to be called back: the agent presses 1, a worker dials the customer."""

    def begin(self) -> None:
        self.customer = self.company.person(ASKS)
        asks = [{"wait_for": "Press 1 to hang up"}, {"press": "1"}, {"wait": 60}]
        self.company.sim.call(self.customer, self.company.number, asks)

    def ready(self) -> bool:
        back = next((call for call in self.company.live() if call["phase"] == "callback"), None)
        self.call_id = back["id"] if back else ""
        return bool(back)

    def rings(self) -> bool:
        return self.ring()

    def steps(self) -> list[dict[str, Any]]:
        return [self.press_1(), self.work()]


class BeginningATransfer(Scene):
    """A web process rings whom the agent wants to speak with first."""

    def begin(self) -> None:
        self.target = self.company.person(STAYS_LONG)
        self.caller = self.company.stack.new_phone()
        self.company.sim.call(self.caller, self.company.number, STAYS_LONG)
        self.company.presence(self.agent, "available")

    def ready(self) -> bool:
        call = self.live()
        self.call_id = call["id"] if call else ""
        return bool(call and call["phase"] == "joined" and self.company.hears(self.caller, self.agent.endpoint))

    def steps(self) -> list[dict[str, Any]]:
        return [
            self.api(f"/calls/{self.call_id}/transfer", target_number=self.target, transfer_type="warm"),
            self.work(),
        ]

    def ends_well(self) -> bool:
        """Whatever became of the transfer: it can be called off, then they talk again, and go home."""
        call = self.call()
        if not call["ended_at"]:
            target = leg(call, "target") if any(one["role"] == "target" for one in call["legs"]) else None
            if call["phase"] == "consulting":
                self.company.command(self.call_id, "transfer/cancel")
            elif call["phase"] == "joined" and (target is None or target["ended_at"]):
                self.company.hang_up(self.call_id)
        return self.is_over()


class CompletingATransfer(BeginningATransfer):
    """A web process hands the customer over, a worker tells the carrier."""

    def ready(self) -> bool:
        if not super().ready() and not self.call_id:
            return False
        call = self.call()
        if call["phase"] == "joined" and len(call["legs"]) == 2:
            self.company.transfer(self.call_id, self.target, how="warm")
        return bool(call["phase"] == "consulting" and leg(call, "target")["answered_at"])

    def steps(self) -> list[dict[str, Any]]:
        return [self.api(f"/calls/{self.call_id}/transfer/complete"), self.work()]

    def ends_well(self) -> bool:
        """It is completed: at once, or when asked again."""
        call = self.call()
        if call["phase"] == "consulting":
            self.company.command(self.call_id, "transfer/complete")
        elif call["phase"] == "joined" and self.company.state_of(self.agent) == "available":
            self.company.hang_up(self.call_id)
        return self.is_over()


SCENES = (Accepting, CallingBack, Assigning, BeginningATransfer, CompletingATransfer)


_QUIET = """
from zerovoice.carrier.models import Command, Receipt
result = not any(model.objects.filter(state__in=["pending", "processing"]).exists() for model in (Command, Receipt))
"""
#: What a dead worker held is found once its lease has run out: that is now.
_LEASES_RUN_OUT = """
from zerovoice.carrier.models import Command
from zerovoice.lib import clock
Command.objects.filter(state="processing").update(lease_expires_at=clock.machine_now())
"""
_LEFT = """
from calls.models import Agent, CallLeg, QueueEntry
from zerovoice.carrier.models import Command

left = {
    "legs": CallLeg.objects.of(tenant).active().values("role", "status", "sid", "released"),
    "entries": QueueEntry.objects.of(tenant).open().values("state"),
    "agents": Agent.objects.of(tenant).filter(state__in=["ringing", "busy"]).values("state"),
    "commands": Command.objects.of(tenant).filter(state__in=["pending", "processing"]).values("kind", "last_error"),
}
result = {name: list(rows) for name, rows in left.items() if rows}
"""

Told = dict[str, Any]


@dataclass(frozen=True)
class Played:
    """Each kind of scene with one who lives, and with one who dies at each of the points which that one passed; until
    when everything must have ended well."""

    lived: list[tuple[Scene, Told]]
    died: list[tuple[Scene, Told]]
    until: float


class Theatre:
    """One running system in which scenes are played, many at a time."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.until = 0.0

    def play(self, scenes: list[Scene]) -> list[tuple[Scene, Told]]:
        """Each scene up to where somebody died, and what they passed until then; the workers go on."""
        stack = self.stack
        for scene in scenes:
            scene.begin()
        _until_all(scenes, lambda scene: scene.ready())
        _until_all(scenes, lambda scene: scene.rings())
        wait_until(lambda: stack.django(_QUIET), timeout=30, what="nobody has anything to do")
        for name in ("beat", "worker"):
            stack.pause(name)
        with closing(Victims(stack)) as victims:
            told = [(scene, victims.play(scene)) for scene in scenes]
        for scene in scenes:
            scene.company.behaves(scene.agent.endpoint)  # rung again, they answer at once
        stack.django(_LEASES_RUN_OUT)
        for name in ("worker", "beat"):
            stack.resume(name)
        self.until = time.monotonic() + PATIENCE
        return told


def _until_all(scenes: list[Scene], have_come: Callable[[Scene], bool]) -> None:
    left = list(scenes)

    def nobody_left() -> bool:
        left[:] = [scene for scene in left if not have_come(scene)]
        return not left

    wait_until(nobody_left, timeout=90, every=0.3)


@pytest.fixture(scope="module")
def played(make_stack: Callable[..., Stack]) -> Played:
    stack = make_stack(clock_speed=10)
    theatre = Theatre(stack)
    lived = theatre.play([kind(stack) for kind in SCENES])
    died = theatre.play([type(scene)(stack, point) for scene, told in lived for point in told["passed"][::ONE_IN]])
    return Played(lived, died, theatre.until)


class Victims:
    """The process from which those are forked who die."""

    def __init__(self, stack: Stack) -> None:
        self._shell = Shell(stack.env, stack.logs / "victims.log")

    def play(self, scene: Scene) -> dict[str, Any]:
        code = "from tests.faults import dying; result = dying.run(steps, point)"
        return dict(self._shell.run(code, steps=scene.steps(), point=scene.point))

    def close(self) -> None:
        self._shell.stop()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", SCENES)
def test_whoever_dies_there_leaves_nobody_forgotten_stuck_or_behind(played: Played, kind: type[Scene]) -> None:
    ((_, living),) = [one for one in played.lived if type(one[0]) is kind]
    assert not living["error"]
    assert {"commit-1-before", "commit-1-after", "carrier-1-before", "carrier-1-after"} <= set(living["passed"])
    died = [one for one in played.died if type(one[0]) is kind]
    assert [scene.point for scene, told in died if told["died"]] == living["passed"][::ONE_IN]
    problems = {scene.point: what_is_wrong(scene, played.until) for scene, _ in died}
    assert not any(problems.values()), "\n\n".join(f"{point}: {text}" for point, text in problems.items() if text)


def what_is_wrong(scene: Scene, until: float) -> str:
    """Empty: nothing."""
    company = scene.company

    def left() -> dict[str, Any]:
        return dict(company.stack.django(_LEFT, tenant=company.tenant.id))

    try:
        patience = max(20.0, until - time.monotonic())
        wait_until(scene.ends_well, timeout=patience, every=0.3, what="it ends well")
        wait_until(lambda: not left(), timeout=20, every=0.3, what="nothing is left to do")
    except AssertionError as error:
        return f"{error}; left: {left()}. {company.story(scene.call_id)}"
    legs = [leg for leg in company.sim.calls() if company.number in (leg["from"], leg["to"])]
    if behind := [leg["to"] for leg in legs if not leg["end_time"]]:
        return f"phones that nobody will ever hang up: {behind}"
    state = company.state_of(scene.agent)
    return "" if state == "available" else f"the agent is {state}"
