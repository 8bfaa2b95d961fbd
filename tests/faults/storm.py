"""Hundreds of calls in a storm, and the account of what became of them."""

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.stack import Stack, Tenant
from tests.waiting import wait_until

#: How many calls a storm has. The suite's is large enough for every kind of call to meet every blow; `make storm` has
#: the size to be sure of.
CALLS = int(os.environ.get("STORM_CALLS", "50"))
OUTCOMES = {"answer": 120, "busy": 25, "no-answer": 25, "reject": 15, "unreachable": 15}
INBOUND = 100
AT_ONCE = 60  # calls that last at one time: at twenty times the speed, each that waits asks once a second what to do
#: What the network calls them, and we.
STATUS = {
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}
CALLBACK_FAULTS = {"duplicate": 0.2, "reorder": 0.2, "drop": 0.05, "delay": 0.1, "delay_seconds": 5}


def plan(stack: Stack, chance: random.Random) -> list[dict[str, Any]]:
    """Who calls and is called, in which order."""
    kinds: list[dict[str, Any]] = [{"inbound": True}, *({"outcome": outcome} for outcome in OUTCOMES)]
    acts = [dict(kind) for kind in chance.choices(kinds, weights=[INBOUND, *OUTCOMES.values()], k=CALLS)]
    for act in acts:
        act["person"] = stack.new_phone("212")
        # Some give up, some wait until they are served; the busier the machine, the more give up.
        patience = {"wait_for": "Thank you for calling"} if chance.random() < 0.3 else {"wait": chance.randint(20, 400)}
        act["script"] = [patience, {"wait": 3}, {"hangup": True}]
    return acts


def is_served(act: dict[str, Any]) -> bool:
    """Whether this person comes to speak with an agent if they only wait."""
    return bool(act.get("inbound")) or act["outcome"] == "answer"


def begin(stack: Stack, tenant: Tenant, act: dict[str, Any]) -> None:
    if act.get("inbound"):
        stack.sim.call(act["person"], tenant.number, act["script"])
        return
    stack.sim.person(act["person"], outcome=act["outcome"], answer_after=1, script=act["script"])
    answer = stack.api(tenant).post(
        "/calls/outbound", json={"from_number": tenant.number, "to_number": act["person"], "record": False}
    )
    assert answer.status_code == 201, answer.text


def live(stack: Stack, tenant: Tenant) -> int:
    return int(stack.api(tenant).get("/calls/live", params={"limit": 1}).json()["count"])


def settle(stack: Stack, tenant: Tenant, calls: int, *, timeout: float) -> None:
    """Wait, doing nothing, until every call is over and nothing is left to do."""
    api = stack.api(tenant)

    def all_over() -> bool:
        return (
            api.get("/calls/logs", params={"limit": 1}).json()["count"] == calls
            and api.get("/calls/live").json()["count"] == 0
        )

    wait_until(all_over, timeout=timeout, every=0.5, what=f"{calls} calls are over")
    left: list[dict[str, object]] = []

    def nothing_left() -> bool:
        left[:] = [unfinished(stack)]
        return left == [{}]

    try:
        wait_until(nothing_left, timeout=60, every=0.5)
    except AssertionError as error:
        raise AssertionError(f"Left to do for ever: {left}") from error


UNFINISHED = """
from calls.models import Agent, CallLeg, QueueEntry
from zerovoice.carrier.models import Command, Receipt
left = {}
left["receipts"] = Receipt.objects.exclude(state="done").count()
left["commands"] = Command.objects.filter(state__in=["pending", "processing"]).count()
left["agents"] = Agent.objects.filter(state__in=["ringing", "busy", "wrap_up"]).count()
left["legs"] = CallLeg.objects.active().count()
left["entries"] = QueueEntry.objects.open().count()
left["errors"] = [
    (row.kind, row.state, row.attempts, row.last_error[-300:], str(row.due_at))
    for row in Receipt.objects.exclude(state="done").exclude(last_error="")[:5]
]
left["waiting"] = [
    (row.kind, row.state, row.attempts, str(row.due_at), str(row.lease_expires_at), str(row.hinted_at), row.last_error)
    for row in Receipt.objects.exclude(state="done")[:10]
]
stuck = Agent.objects.filter(state__in=["ringing", "busy", "wrap_up"])
left["states"] = list(stuck.values_list("state", "state_since", "wrap_up_until"))
result = {name: number for name, number in left.items() if number}
"""


def unfinished(stack: Stack) -> dict[str, object]:
    return dict(stack.django(UNFINISHED))


OURS = """
from calls.models import Call, CallLeg
result = {
    leg.sid: {
        "status": leg.call.status, "disposition": leg.call.disposition, "talk": leg.call.talk_seconds,
        "accepted": leg.call.legs.filter(accepted_at__isnull=False).exclude(role="customer").count(),
    }
    for leg in CallLeg.objects.filter(role="customer", organization_id=tenant).select_related("call")
}
"""


def compare(stack: Stack, tenant: Tenant, acts: list[dict[str, Any]]) -> Counter[str]:
    """Our rows against the network's own account of the customers' legs. Raises AssertionError for any difference."""
    people = {act["person"] for act in acts}
    ours: dict[str, Any] = stack.django(OURS, tenant=tenant.id)
    theirs = [call for call in stack.sim.calls() if call["to"] in people or call["from"] in people]
    assert len(theirs) == len(acts), "the network saw another number of calls: one was lost, or made twice"
    assert {call["sid"] for call in theirs} == set(ours)
    seen: Counter[str] = Counter()
    for call in theirs:
        mine = ours[call["sid"]]
        assert mine["status"] == STATUS[call["status"]], (call["sid"], call["status"], mine)
        seen[mine["disposition"]] += 1
        if call["status"] != "completed":
            assert mine["disposition"] == mine["status"]
            continue
        heard_agent = any(
            line["kind"] == "say"
            and line["speaker_sid"] not in (None, call["sid"])
            and line["listener_sid"] == call["sid"]
            for line in stack.sim.call_record(call["sid"])["heard"]
            if line["listener_sid"] == call["sid"]
        )
        if heard_agent:
            assert mine["disposition"] == "answered", (call["sid"], mine)
        if not mine["accepted"]:
            assert mine["disposition"] == "abandoned", (call["sid"], mine)
    return seen


def run(stack: Stack, *, seed: int, blows: dict[float, Callable[[], object]]) -> None:
    """All the calls, one after the other; `blows` says what happens to the system after which part of them."""
    tenant = stack.new_organization(agents=20, ring_timeout_seconds=20, wrap_up_seconds=5, max_wait_seconds=3600)
    acts = plan(stack, random.Random(seed))
    due = {round(part * CALLS): blow for part, blow in blows.items()}
    meant = Counter("answer" if act.get("inbound") else act["outcome"] for act in acts)
    stack.sim.faults(callbacks=CALLBACK_FAULTS)
    for number, act in enumerate(acts):
        if number in due:
            due[number]()
        if number % 10 == 0:
            wait_until(lambda: live(stack, tenant) < AT_ONCE, timeout=120, every=0.25)
        begin(stack, tenant, act)
    settle(stack, tenant, len(acts), timeout=180 + CALLS / 3)
    seen = compare(stack, tenant, acts)
    assert seen["answered"] >= sum("wait_for" in act["script"][0] and is_served(act) for act in acts), seen
    assert seen["answered"] + seen["abandoned"] == meant["answer"]
    assert seen["busy"] == meant["busy"] + meant["reject"]
    assert seen["no_answer"] == meant["no-answer"]
    assert seen["failed"] == meant["unreachable"]
