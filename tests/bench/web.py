"""The API over HTTP, each endpoint in turn with the bare view for the same rows, in one gunicorn."""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import orjson
import psycopg

from tests.bench import bare, plans
from tests.bench.data import Sample
from tests.carrier.signing import signature
from tests.waiting import wait_until
from zerovoice.embedded.environment import AUTH_TOKEN
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.process import spawn, stop
from zerovoice.embedded.servers import PROJECT
from zerovoice.lib.ids import new_id

WARM_UP = 20
Told = Callable[[str, float], None]
Ask = Callable[[], tuple[str, str, bytes, dict[str, str]]]  # method, path, body, headers


@dataclass(frozen=True)
class Compared:
    """Median and 95th percentile in milliseconds, ours and the limit's, one request at a time."""

    name: str
    ours: float
    ours_p95: float
    limit: float
    limit_p95: float

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


def compare(sample: Sample, var: Path, *, requests: int, tell: Told) -> Iterator[Compared]:
    asked = _asked(sample)
    from django.conf import settings

    statements = var / "statements.json"
    seen = {name: plans.statements(sample, path, query) for name, (path, query) in asked.items()}
    pages = _pages(sample)
    supervisor = plans.supervisor(sample)
    seen |= {name: plans.page_of_calls(supervisor, path, query) for name, (path, query) in pages.items()}
    statements.write_bytes(orjson.dumps(seen))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(bare.TABLE)
    key = {"X-API-Key": sample.api_key}
    session = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={supervisor.cookies[settings.SESSION_COOKIE_NAME].value}"}
    with gunicorn(var, statements) as port:
        for number, (name, (path, query)) in enumerate(asked.items()):
            tell(name, number / (len(asked) + 1))
            url = f"{path}?{urlencode(query)}" if query else path
            yield _compare(port, name, _get(url, key), _get(f"/bare/{name}", {}), requests)
        for name, (path, query) in pages.items():
            tell(name, len(asked) / (len(asked) + 1))
            url = f"{path}?{urlencode(query)}" if query else path
            yield _compare(port, name, _get(url, session), _get(f"/bare/{name}", {}), requests)
        tell("notice", len(asked) / (len(asked) + 1))
        yield _compare(port, "notice", _notice(port, sample), _bare_notice(sample), requests)


def _asked(sample: Sample) -> dict[str, tuple[str, dict[str, str]]]:
    """Name of a row → what is asked for."""
    logs = "/api/v1/calls/logs"
    month = {"date_start": sample.month_start, "date_end": sample.month_end}
    return {
        "logs, 25 rows": (logs, {"limit": "25"}),
        "logs, a customer": (logs, {"from": sample.customer}),
        "logs, queue and month": (logs, {"queue_id": sample.queue_id, **month}),
        "logs, direction": (logs, {"direction": "inbound"}),
        "logs, 100 rows": (logs, {"agent_id": sample.agent_id, "limit": "100"}),
        "live": ("/api/v1/calls/live", {}),
        "call": (f"/api/v1/calls/{_dashed(sample.call_id)}", {}),
        "notes of a call": (f"/api/v1/calls/{_dashed(sample.call_id)}/notes", {}),
        "recordings of a call": (f"/api/v1/calls/{_dashed(sample.call_id)}/recordings", {}),
        "agents": ("/api/v1/agents", {}),
        "agent": (f"/api/v1/agents/{_dashed(sample.agent_id)}", {}),
        "queues": ("/api/v1/queues", {}),
        "queue": (f"/api/v1/queues/{_dashed(sample.queue_id)}", {}),
        "numbers": ("/api/v1/numbers", {}),
    }


def _pages(sample: Sample) -> dict[str, tuple[str, dict[str, str]]]:
    """Of the back office, as a supervisor opens them."""
    return {
        "admin, calls": ("/admin/calls/call/", {}),
        "admin, a customer": ("/admin/calls/call/", {"q": sample.customer}),
        "admin, queue and day": ("/admin/calls/call/", {"queue": _dashed(sample.queue_id), "when": sample.day}),
    }


def _dashed(hexadecimal: str) -> str:
    return str(UUID(hexadecimal))


@contextlib.contextmanager
def gunicorn(var: Path, statements: Path) -> Iterator[int]:
    port = free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "BENCH_STATEMENTS": str(statements),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "zerovoice.wsgi", "-k", "gthread", "--threads", "16", "-w", "1"]
    with (var / "gunicorn.log").open("wb") as log:
        web = spawn([*command, "--no-control-socket", "-b", f"127.0.0.1:{port}"], env=env, cwd=PROJECT, output=log)

    def is_up() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    try:
        wait_until(is_up, timeout=60, every=0.2, what="gunicorn answers")
        yield port
    finally:
        stop(web)


def _get(url: str, headers: dict[str, str]) -> Ask:
    url = url.replace(" ", "%20")
    return lambda: ("GET", url, b"", headers)


def _form(sample: Sample) -> dict[str, str]:
    sid = f"CA{sample.leg_id}"
    return {
        "AccountSid": "AC" + "d0" * 16, "ApiVersion": "2010-04-01", "CallSid": sid, "CallStatus": "in-progress",
        "CallbackSource": "call-progress-events", "Direction": "outbound-api", "From": sample.own_number,
        "SequenceNumber": "2", "Timestamp": "Mon, 23 Nov 2026 10:00:00 +0000", "To": sample.customer,
    }  # fmt: skip


def _notice(port: int, sample: Sample) -> Ask:
    """A signed notice that was not seen before, as each of the carrier's is."""
    path, form = f"/webhooks/twilio/notices/call/{_dashed(sample.leg_id)}", _form(sample)
    signed = signature(f"http://127.0.0.1:{port}{path}", list(form.items()), AUTH_TOKEN)
    body = urlencode(form).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
    return lambda: ("POST", path, body, {**headers, "I-Twilio-Idempotency-Token": str(new_id())})


def _bare_notice(sample: Sample) -> Ask:
    body = urlencode(_form(sample)).encode()
    return lambda: ("POST", "/bare/notice", body, {"Content-Type": "application/x-www-form-urlencoded"})


def _compare(port: int, name: str, ours: Ask, limit: Ask, requests: int) -> Compared:
    """The two take turns, so that what else the machine does meets both."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(WARM_UP):
        _send(connection, ours)
        _send(connection, limit)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(requests):
        times[0].append(_send(connection, ours))
        times[1].append(_send(connection, limit))
    connection.close()
    (mine, mine_p95), (least, least_p95) = (_summary(one) for one in times)
    return Compared(name, mine, mine_p95, least, least_p95)


def _send(connection: http.client.HTTPConnection, ask: Ask) -> float:
    """Milliseconds until the whole answer is read."""
    method, path, body, headers = ask()
    begin = time.perf_counter()
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    spent = time.perf_counter() - begin
    assert answer.status in (200, 204), (method, path, answer.status, content[:500])
    return spent * 1000


def _summary(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]
