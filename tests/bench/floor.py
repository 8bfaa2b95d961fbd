"""Calls through the whole system: web, worker, beat, simulator, signed callbacks, and that nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.stack import Stack
from tests.waiting import wait_until

#: Faster, and an agent's phone would ring for less time than a busy machine needs to answer it.
CLOCK_SPEED = 10.0
AGENTS = 20
#: How long the workers may take, once every call is over, for what they still have before them.
DRAIN_SECONDS = 180
TALK = [{"wait_for": "How can I help you?"}, {"say": "Hello"}, {"wait": 2}, {"hangup": True}]

_LOST = """
from calls.models import Agent, CallLeg, Recording
from zerovoice.carrier.models import Command, Receipt
result = {
    "legs not over": CallLeg.objects.filter(ended_at=None).count(),
    "receipts not done": Receipt.objects.exclude(state="done").count(),
    "commands not settled": Command.objects.filter(state__in=["pending", "processing"]).count(),
    "recordings not fetched": Recording.objects.exclude(state="done").count(),
    "agents still busy": Agent.objects.filter(state__in=["ringing", "busy"]).count(),
}
"""
_PROBLEMS = """
from zerovoice.carrier.models import Command, Receipt
rows = [*Command.objects.exclude(state="done"), *Receipt.objects.exclude(state="done")]
result = [f"{row} {row.state}: {row.last_error}" for row in rows]
"""
_OURS = "from calls.models import CallLeg; result = list(CallLeg.objects.values_list('sid', flat=True))"


@dataclass(frozen=True)
class Floor:
    calls: int
    seconds: float
    answered: int
    lost: dict[str, int]
    problems: list[str]

    @property
    def failed(self) -> bool:
        return any(self.lost.values())


def play(calls: int, *, tell: Callable[[str, float], None]) -> Floor:
    """Place `calls` calls over the API to people who answer, talk and hang up; wait until every one is over."""
    stack = Stack("bench", clock_speed=CLOCK_SPEED, web_workers=1, task_workers=2)
    stack.start()
    try:
        tenant = stack.new_organization(agents=AGENTS, wrap_up_seconds=0)
        api = stack.api(tenant)

        def place(person: str) -> None:
            body = {"from_number": tenant.number, "to_number": person, "queue_id": tenant.queue_id}
            api.post("/calls/outbound", json=body).raise_for_status()

        people = [stack.new_phone() for _ in range(calls)]
        for person in people:
            stack.sim.person(person, script=TALK)
        begin = time.perf_counter()
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(place, people))

        def over() -> bool:
            done = api.get("/calls/logs", params={"limit": 1}).raise_for_status().json()["count"]
            tell("calls over", done / calls)
            return bool(done >= calls)

        wait_until(over, timeout=300, every=0.25, what=f"{calls} calls over")
        seconds = time.perf_counter() - begin
        answered = api.get("/calls/logs", params={"disposition": "answered", "limit": 1}).json()["count"]

        def lost() -> dict[str, int]:
            found: dict[str, int] = stack.django(_LOST)
            return found

        until = time.monotonic() + DRAIN_SECONDS  # what follows a call's end: late notices, agents set free
        while any(lost().values()) and time.monotonic() < until:
            time.sleep(0.5)
        known = {record["sid"] for record in stack.sim.calls()}
        ours = stack.django(_OURS)
        strays = {"calls of the network that we do not know": len(known - set(ours))}
        return Floor(calls, seconds, answered, {**lost(), **strays}, stack.django(_PROBLEMS))
    finally:
        stack.stop()
