"""Plays the plan of a day against a running system: sets up the floor over the API, lets people call when it is their
time, holds and transfers conversations meanwhile, and waits until everything is at rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.day import scenario
from tests.day.scenario import Act, Plan
from tests.flows.company import Company
from tests.stack import Stack
from tests.waiting import wait_until

#: How often the API client looks at the conversations it is to do something with, machine seconds.
_LOOK_EVERY = 0.5
#: How long two people have talked when it does, and how long customers are on hold; business seconds.
_TALKED, _HELD = 15, 15
#: Machine seconds that the system may take for what is left when every caller is gone.
_REST_SECONDS = 120
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Step:
    """What the API client did with somebody's call, when (business time), and which number it named."""

    what: str
    at: float
    target: str = ""


@dataclass
class Played:
    """What the plan does not say: when it began (business time), who had which number, what was done with them."""

    company: Company
    plan: Plan
    opened_at: float
    queue_ids: dict[str, str]
    people: dict[str, Act] = field(default_factory=dict)  # by number
    handled: dict[str, list[Step]] = field(default_factory=dict)  # by number

    @property
    def phones(self) -> set[str]:
        return {agent.endpoint for agent in self.company.agents}


def play(stack: Stack, plan: Plan, *, tell: Tell) -> Played:
    """The whole day. Raises AssertionError when it does not come to an end."""
    played = _open(stack, plan)
    over = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        client = beside.submit(_handle, played, over)
        try:
            for number, act in enumerate(plan.acts, start=1):
                _sleep_until(stack, played.opened_at + act.at)
                _begin(played, act)
                tell(f"{number} of {len(plan.acts)} calls have begun", number / len(plan.acts))
            _close(played, tell)
        finally:
            over.set()
        client.result()
    return played


def _now(stack: Stack) -> float:
    """Business time, as every process of the stack keeps it."""
    start = float(stack.env["CLOCK_START"])
    return start + (time.time() - start) * stack.clock_speed


def _sleep_until(stack: Stack, at: float) -> None:
    time.sleep(max(0.0, stack.business_seconds(at - _now(stack))))


# --- before the day ---


def _open(stack: Stack, plan: Plan) -> Played:
    company = Company(stack, stack.new_organization(agents=scenario.AGENTS))
    queue_ids = _queues(company)
    for number, agent in enumerate(company.agents):
        company.works_in(agent, *(queue_ids[queue] for queue, team in scenario.TEAMS.items() if number in team))
        skills = {"skills": scenario.SKILLS.get(number, {})}
        company.api.patch(f"/agents/{agent.id}", json=skills).raise_for_status()
        outcome = "no-answer" if number == scenario.ASLEEP else "answer"
        company.behaves(agent.endpoint, answer_after=1 + number % 3, outcome=outcome)
        if number in scenario.TEAMS[scenario.MEETING]:
            company.presence(agent, "break")
    # It closes on a whole minute, so it opens as long before that as the plan says.
    closes_at = -(-(_now(stack) + plan.closes_at + 10) // 60) * 60
    hours = company.make("/business-hours", **_hours(closes_at))
    company.route("ivr", _menus(company, queue_ids), business_hours_id=hours)
    return Played(company, plan, closes_at - plan.closes_at, queue_ids)


def _queues(company: Company) -> dict[str, str]:
    (name, fields), *others = scenario.QUEUES.items()
    company.set_queue(name=name, **fields)
    ids = {name: company.queue_id} | {name: company.queue(name, **fields) for name, fields in others}
    box = ids[scenario.LEADS_TO_VOICEMAIL]
    route = {"overflow_route": {"type": "voicemail", "target_id": box}}
    company.api.patch(f"/queues/{box}", json=route).raise_for_status()
    return ids


def _menus(company: Company, queue_ids: dict[str, str]) -> str:
    """Two levels; the id of the first."""

    def to(queue: str, **more: Any) -> dict[str, Any]:
        return {"type": "queue", "target_id": queue_ids[queue], **more}

    asks = {"input": "dtmf speech", "timeout_seconds": scenario.MENU_TIMEOUT, "no_input_retries": 0}
    trouble = company.make(
        "/ivr-menus",
        name="Support",
        greeting=scenario.TROUBLE,
        options=[
            {"digits": "1", "route": to(scenario.SUPPORT, skills=["french"])},
            {"digits": "2", "phrases": ["repairs"], "route": to(scenario.SUPPORT, skills=["repairs"], priority=5)},
            {"digits": "3", "route": to(scenario.SUPPORT)},
        ],
        **asks,
    )
    options = [
        {"digits": "1", "route": to(scenario.SALES)},
        {"digits": "2", "route": {"type": "ivr", "target_id": trouble}},
        {"digits": "3", "phrases": ["billing"], "route": to(scenario.BILLING)},
        {"digits": "4", "route": {"type": "voicemail", "target_id": queue_ids[scenario.LEADS_TO_VOICEMAIL]}},
    ]
    return company.make("/ivr-menus", name="Main", greeting=scenario.MAIN, options=options, **asks)


def _hours(closes_at: float) -> dict[str, Any]:
    """Open until then, in a zone in which that is in the evening, so that no day is over meanwhile."""
    closes = datetime.fromtimestamp(closes_at, UTC)
    offset = 18 - closes.hour
    offset -= 24 if offset > 12 else 0
    zone = "Etc/GMT" + (f"{-offset:+d}" if offset else "")  # these have the sign of POSIX
    end = f"18:{closes.minute:02d}"
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {"name": "Office", "timezone": zone, "weekly": {day: [["00:00", end]] for day in days}}


# --- the day ---


def _begin(played: Played, act: Act) -> None:
    company, sim = played.company, played.company.sim
    person = company.stack.new_phone()
    played.people[person] = act
    if act.kind == scenario.OUTBOUND:
        company.behaves(person, act.script, answer_after=2)
        company.place(person, record=True, queue_id=played.queue_ids[act.queue])
        return
    if act.back:
        sim.person(person, **act.back)
    sim.call(person, company.number, act.script)


def _close(played: Played, tell: Tell) -> None:
    """Until all is at rest."""
    company, stack = played.company, played.company.stack
    longest = max(queue["max_wait_seconds"] for queue in scenario.QUEUES.values()) + 900

    def all_over() -> bool:
        live = _live(company)
        tell(f"all calls have begun, {live} are not over", 1.0)
        return not live

    wait_until(all_over, timeout=stack.business_seconds(longest) + _REST_SECONDS, every=1, what="every call is over")
    left: list[Any] = []

    def at_rest() -> bool:
        left[:] = [company.unfinished(), *stack.django(_TO_COME, tenant_id=company.tenant.id)]
        return not any(left)

    try:
        wait_until(at_rest, timeout=_REST_SECONDS, every=0.5)
    except AssertionError as error:
        raise AssertionError(f"Left for ever: {left}") from error


def _live(company: Company) -> int:
    return int(company.get("/calls/live", limit=1)["count"])


#: Agents who still wrap up, and boxes of which the carrier has not said, nor been asked, whether a message is in them.
_TO_COME = """
from calls.models import Agent, Voicemail
wrapping_up = Agent.objects.of(tenant_id).filter(state="wrap_up").values_list("name", flat=True)
boxes = Voicemail.objects.filter(organization_id=tenant_id, checked_at=None).values_list("from_number", flat=True)
result = [list(wrapping_up), list(boxes)]
"""


# --- the API client who holds and transfers ---


def _handle(played: Played, over: threading.Event) -> None:
    """What the plan wants done with some conversations and agents."""
    desk = _Desk(played)
    while not over.wait(_LOOK_EVERY):
        desk.look()
        desk.call_to_work()


class _Desk:
    """Where an API client sits who looks at the live calls."""

    def __init__(self, played: Played) -> None:
        self.played, self.stack = played, played.company.stack
        self.company = Company(self.stack, played.company.tenant)  # a client of its own: another thread
        self.met: dict[str, float] = {}  # since when we know that they have somebody to talk with
        self.due: dict[str, tuple[float, str, str]] = {}  # person → when, which call, what
        self.away = {scenario.MEETING_UNTIL: scenario.TEAMS[scenario.MEETING], scenario.NOTICED_AT: (scenario.ASLEEP,)}

    def look(self) -> None:
        wanted = {person: act.handling for person, act in list(self.played.people.items()) if act.handling}
        new = wanted.keys() - self.played.handled.keys()
        calls = self.company.live(limit=100) if new else []
        for call in calls:
            person = call["from_number"]
            if person in new and call["phase"] == "joined" and self._have_talked(person):
                self._first(person, call["id"], wanted[person])
        for person, (at, call_id, what) in list(self.due.items()):
            if _now(self.stack) >= at and self._do(person, call_id, what):
                del self.due[person]

    def _have_talked(self, person: str) -> bool:
        return _now(self.stack) >= self.met.setdefault(person, _now(self.stack)) + _TALKED

    def call_to_work(self) -> None:
        """Whose time it is: the phone on the desk is found, the meeting is over."""
        for part in list(self.away):
            if _now(self.stack) > self.played.opened_at + part * self.played.plan.seconds:
                for number in self.away.pop(part):
                    agent = self.company.agents[number]
                    self.company.behaves(agent.endpoint, answer_after=1)
                    self.company.presence(agent, "available")

    def _first(self, person: str, call_id: str, handling: str) -> None:
        how, _, more = handling.partition(" ")
        if how == "hold":
            self._do(person, call_id, "hold")
            self.due[person] = (_now(self.stack) + _HELD, call_id, "resume")
            return
        how = how.rstrip(",")
        if more == "to a queue":
            self._do(person, call_id, "transfer", target_queue_id=self._other_queue(person), transfer_type=how)
            return
        no_answer = more == "no answer"
        target = self.company.person(_EXPERT, answer_after=3, outcome="no-answer" if no_answer else "answer")
        self._do(person, call_id, "transfer", target_number=target, transfer_type=how)
        if how == "warm":
            step = "transfer/complete" if more == "completed" else "transfer/cancel"
            self.due[person] = (_now(self.stack) + _HELD, call_id, step)

    def _other_queue(self, person: str) -> str:
        queues = self.played.queue_ids
        return queues[scenario.SUPPORT if self.played.people[person].queue == scenario.SALES else scenario.SALES]

    def _do(self, person: str, call_id: str, what: str, **body: Any) -> bool:
        """Whether there is nothing more to do: it was done, or the call is over."""
        at = _now(self.stack)
        done = self.company.command(call_id, what, **body)
        assert done.status_code in (200, 422), done.text  # 422: the customer was faster
        step = Step(what, at, str(body.get("target_number", "")))
        self.played.handled.setdefault(person, []).append(step)
        return done.is_success or bool(self.company.call(call_id)["ended_at"]) or what != "transfer/complete"


_EXPERT: list[dict[str, Any]] = [{"say": "Expert speaking."}, {"wait": 3600}]
