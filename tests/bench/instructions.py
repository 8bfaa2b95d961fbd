"""What the carrier asks while somebody is on the line, many lines at once, against a bare view with the same SQL."""

from __future__ import annotations

import http.client
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from tests import databases
from tests.bench.web import WARM_UP, gunicorn
from tests.carrier.signing import signature
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN

NAME = "zvbenchlines"
LINES = 8  # callers, each with a connection of their own
IN_LINE = 50  # who wait in the same queue
TURNS = 4  # in which ours and the bare view are asked, one after the other
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Instruction:
    """Answers a second of all lines together, median and 99th percentile in milliseconds; ours, and the limit's."""

    name: str
    lines: int
    rate: float
    ours: float
    ours_p99: float
    limit_rate: float
    limit: float
    limit_p99: float

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


class Line:
    """One caller's leg: asks what is next, over and over, with what the next answer must bring along."""

    def __init__(self, name: str, leg_id: str, sid: str, menu_id: str) -> None:
        self.name, self.leg_id, self.sid, self.menu_id = name, leg_id, sid, menu_id
        self.step = 1

    def path(self) -> str:
        if not self.menu_id:
            return f"/webhooks/twilio/voice/legs/{self.leg_id}"
        return f"/webhooks/twilio/voice/legs/{self.leg_id}/menus/{self.menu_id}?step={self.step}"

    def form(self) -> dict[str, str]:
        form = {
            "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "CallSid": self.sid, "CallStatus": "in-progress",
            "Direction": "inbound", "From": "+14155550199", "To": "+14155550100",
        }  # fmt: skip
        return {**form, "Digits": "9"} if self.menu_id else form  # 9 is none of the choices: they are asked again

    def answered(self) -> None:
        self.step += 1


def measure(var: Path, *, requests: int, tell: Told) -> list[Instruction]:
    databases.drop(NAME)
    os.environ["DATABASE_URL"] = databases.create(NAME)
    import django

    django.setup()
    from django.db import connection, connections

    connections["default"].settings_dict["NAME"] = NAME
    connections.close_all()
    try:
        kinds = _callers()
        statements = var / "instructions.json"
        told = {line.name: _statements(line, connection) for lines in kinds.values() for line in lines}
        statements.write_bytes(orjson.dumps(told))
        with gunicorn(var, statements) as port:
            return list(_measure(kinds, port, requests, tell))
    finally:
        connections.close_all()
        databases.drop(NAME)


def _callers() -> dict[str, list[Line]]:
    from calls.actions import leading, queueing
    from calls.models import Call, CallLeg, IvrMenu
    from tests import people
    from tests.calls.factories import waiting_call

    acme = people.organization("Bench lines")
    queue = queueing.default_queue(acme.pk)
    menu = IvrMenu.objects.create(
        organization=acme,
        name="Main",
        greeting="For sales, press 1. For support, press 2. For anything else, stay on the line.",
        invalid_retries=30_000,
        options=[{"digits": "1", "phrases": [], "route": {"type": "queue", "target_id": str(queue.pk)}}],
    )
    for _ in range(IN_LINE - LINES):
        waiting_call(acme)

    def line(kind: str, number: int, call: Call) -> Line:
        leg = CallLeg.objects.get(call=call, role="customer")
        return Line(f"{kind} {number}", str(leg.pk), str(leg.sid), str(menu.pk) if call.menu_id else "")

    waiting = [line("waiting", number, waiting_call(acme)) for number in range(LINES)]
    in_menus = []
    for number in range(LINES):
        call = waiting_call(acme)
        call.entries.all().delete()
        leading.to_menu(call, menu, asks=True)
        in_menus.append(line("menu", number, call))
    return {"the waiting loop": waiting, "an answer in a menu": in_menus}


def _statements(line: Line, connection: Any) -> list[str]:
    """What one request of this line sends to the database."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    for _ in range(2):  # the first one fills caches
        with CaptureQueriesContext(connection) as captured:
            method, path, body, headers = _ours(line, settings.PUBLIC_URL)
            answer = client.generic(method, path, body, headers=headers, content_type=headers["Content-Type"])
        assert answer.status_code == 200, answer.content
        line.answered()
    begin = ("SELECT", "UPDATE", "INSERT")
    return [sql for one in captured.captured_queries if (sql := str(one["sql"])).startswith(begin)]


def _ours(line: Line, public_url: str) -> tuple[str, str, str, dict[str, str]]:
    path, form = line.path(), line.form()
    signed = signature(public_url + path, list(form.items()), AUTH_TOKEN)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
    return "POST", path, urlencode(form), headers


def _bare(line: Line, _: str) -> tuple[str, str, str, dict[str, str]]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return "POST", f"/bare/instructions/{line.name.replace(' ', '%20')}", urlencode(line.form()), headers


def _measure(kinds: dict[str, list[Line]], port: int, requests: int, tell: Told) -> Iterator[Instruction]:
    for name, lines in kinds.items():
        tell(name, 0)
        for ask in (_ours, _bare):
            _ask_all(lines, ask, port, WARM_UP)
        ours, limit = _Times(), _Times()
        for turn in range(TURNS):
            tell(name, turn / TURNS)
            ours.add(*_ask_all(lines, _ours, port, requests // TURNS))
            limit.add(*_ask_all(lines, _bare, port, requests // TURNS))
        yield Instruction(name, len(lines), ours.rate, *ours.percentiles(), limit.rate, *limit.percentiles())


class _Times:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.times: list[float] = []

    def add(self, seconds: float, times: list[float]) -> None:
        self.seconds += seconds
        self.times += times

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentiles(self) -> tuple[float, float]:
        return statistics.median(self.times), statistics.quantiles(self.times, n=100)[98]


def _ask_all(lines: list[Line], ask: Callable[..., Any], port: int, times: int) -> tuple[float, list[float]]:
    """Every line asks so many times, all lines at once: seconds in all, and milliseconds of each."""
    barrier = threading.Barrier(len(lines) + 1)

    def run(line: Line) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        barrier.wait()
        spent = []
        for _ in range(times):
            method, path, body, headers = ask(line, f"http://127.0.0.1:{port}")
            begin = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            spent.append((time.perf_counter() - begin) * 1000)
            assert answer.status == 200, (path, answer.status, content[:300])
            assert b"went wrong" not in content, content
            if ask is _ours:
                line.answered()
        connection.close()
        return spent

    with ThreadPoolExecutor(len(lines)) as threads:
        futures = [threads.submit(run, line) for line in lines]
        barrier.wait()
        begin = time.perf_counter()
        found = [future.result() for future in futures]
        return time.perf_counter() - begin, [one for times in found for one in times]
