"""Analytics, counts and far pages against the plain SQL over the rows; and what keeping the rollups costs a call."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.bench.data import Sample

Told = Callable[[str, float], None]
LOGS, VOLUME, DISPOSITIONS = "/api/v1/calls/logs", "/api/v1/analytics/call-volume", "/api/v1/analytics/dispositions"
#: Of the pages that are compared: rows before them.
FAR = 2_500_000
_WRITERS, _ROUNDS = 4, 16


@dataclass(frozen=True)
class Counted:
    """Milliseconds, medians: ours, and the plain statement for the same. `needed`: how many times faster ours is to
    be."""

    what: str
    ours: float
    plain: float
    needed: float

    @property
    def ratio(self) -> float:
        return self.plain / self.ours


@dataclass(frozen=True)
class Kept:
    """Calls completed a second, with what keeps the rollups and without; how often a look found somebody waiting for a
    lock meanwhile, and how often anybody looked."""

    with_rollups: float
    without: float
    waited: int
    looks: int
    cost: float  # of the throughput: the median over pairs of neighbouring rounds


def fill(tell: Told) -> float:
    """Count the whole sample, whose rows came in without triggers; seconds."""
    from io import StringIO

    from django.core.management import call_command

    class Progress(StringIO):
        def write(self, text: str) -> int:
            tell(text.strip().split(",")[0], 0)
            return len(text)

    begin = time.perf_counter()
    call_command("rebuild_rollups", stdout=Progress())
    return time.perf_counter() - begin


def compare(sample: Sample, *, tell: Told) -> list[Counted]:
    from django.db import connection
    from django.test import Client

    client = Client(headers={"X-API-Key": sample.api_key})
    organization = UUID(sample.organization_id)
    (first, last), *_ = _plain("SELECT min(created_at), max(created_at) FROM calls_call")
    year = {"date_start": first.isoformat(), "date_end": last.isoformat()}
    far = min(FAR, int(sample.calls * 0.8)) // 25

    def asked(path: str, **query: str) -> Callable[[], Any]:
        def act() -> None:
            answer = client.get(path, query)
            assert answer.status_code == 200, answer.content[:500]

        return act

    def counted(**dates: datetime) -> Callable[[], Any]:
        from analytics import ledgers, rollups
        from analytics.models import Source

        return lambda: rollups.count(Source.CALLS, ledgers.Of(organization), **dates)

    def plain(sql: str, *params: Any) -> Callable[[], Any]:
        return lambda: _plain(sql, organization, *params)

    over = "FROM calls_call WHERE organization_id = %s AND ended_at IS NOT NULL"
    month = datetime.fromisoformat(f"{sample.month_start}T00:07:00+00:00")
    between = "AND created_at >= %s AND created_at < %s"
    cases: list[tuple[str, Callable[[], Any], Callable[[], Any], float]] = [
        (
            "call volume of a year by the hour",
            asked(VOLUME, interval="hour", **year),
            plain(f"{_VOLUME} {between} GROUP BY 1", first, last),
            50,
        ),
        (
            "the same of a queue, by the day",
            asked(VOLUME, interval="day", queue_id=str(UUID(sample.queue_id)), **year),
            plain(f"{_VOLUME} {between} AND queue_id = %s GROUP BY 1", first, last, UUID(sample.queue_id)),
            1,
        ),
        (
            "dispositions of a year",
            asked(DISPOSITIONS, **year),
            plain(f"SELECT disposition, count(*) {over} {between} GROUP BY 1", first, last),
            50,
        ),
        ("exact count of everything", counted(), plain(f"SELECT count(*) {over}"), 50),
        (
            "exact count from a moment on",
            counted(start=month),
            plain(f"SELECT count(*) {over} AND created_at >= %s", month),
            50,
        ),
        (
            f"page {far:,} of the logs, and page 1",
            asked(LOGS, page=str(far)),
            asked(LOGS),
            0.5,
        ),
        (
            f"page {far:,} of the logs, and skipping to it",
            asked(LOGS, page=str(far)),
            plain(f"SELECT * {over} ORDER BY created_at DESC, id DESC OFFSET {far * 25} LIMIT 25"),
            1,
        ),
    ]  # fmt: skip
    found = []
    for number, (what, ours, limit, needed) in enumerate(cases):
        tell(what, number / len(cases))
        found.append(Counted(what, _median(ours, 20), _median(limit, 3 if needed >= 50 else 7), needed))
    connection.close()
    return found


_VOLUME = """
SELECT date_bin('1 hour', created_at, 'epoch'), count(*), count(*) FILTER (WHERE direction = 'inbound'),
    count(*) FILTER (WHERE direction = 'outbound'),
    count(*) FILTER (WHERE talk_seconds > 0 OR disposition = 'answered'),
    count(*) FILTER (WHERE disposition = 'abandoned'), count(*) FILTER (WHERE disposition = 'voicemail'),
    sum(talk_seconds), sum(hold_seconds), sum(wait_seconds), sum(wrap_up_seconds), sum(duration_seconds)
FROM calls_call WHERE organization_id = %s
"""


def _plain(sql: str, *params: Any) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _median(act: Callable[[], Any], times: int) -> float:
    """Milliseconds, after once for nothing."""
    taken = []
    for _ in range(times + 1):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken[1:])


# --- what keeping them costs ---


def keep(sample: Sample, *, calls: int, tell: Told) -> Kept:
    """Calls of the large organisation are completed by the action that a notice of the carrier leads to, by several
    threads as fast as they can, in rounds: with triggers and a settler, and without."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    seen = _Seen()
    for number in range(_ROUNDS):
        with_rollups = number % 4 in (0, 3)  # neither always first: a machine that tires must not decide it
        tell("completing calls", number / _ROUNDS)
        legs = _ringing(sample, calls)
        _triggers(on=with_rollups)
        try:
            with seen.watching(), _settling() if with_rollups else _nobody():
                rates[with_rollups].append(calls / _complete(legs))
        finally:
            _triggers(on=True)
    cost = statistics.median(1 - ours / bare for ours, bare in zip(rates[True], rates[False], strict=True))
    return Kept(statistics.median(rates[True]), statistics.median(rates[False]), seen.waited, seen.looks, cost)


def _ringing(sample: Sample, calls: int) -> list[tuple[UUID, str]]:
    """Calls that last: their customers' legs, and what these are called by the carrier."""
    from calls.models import Call, CallLeg
    from zerovoice.lib import clock
    from zerovoice.lib.ids import new_id

    organization_id, now = UUID(sample.organization_id), clock.now()
    made = Call.objects.bulk_create(
        Call(
            organization_id=organization_id, direction="outbound", from_number=sample.own_number,
            to_number="+14155550142", status="in_progress", phase="joined", queue_id=UUID(sample.queue_id),
            answered_at=now,
        )
        for _ in range(calls)
    )  # fmt: skip
    legs = CallLeg.objects.bulk_create(
        CallLeg(
            organization_id=organization_id, call=call, role="customer", sid=f"CA{new_id().hex}", answered_at=now,
            status="in_progress", from_number=call.from_number, to_number=call.to_number,
        )
        for call in made
    )  # fmt: skip
    return [(leg.pk, leg.sid) for leg in legs]


def _complete(legs: list[tuple[UUID, str]]) -> float:
    from django.db import connections

    from calls.actions import progress
    from zerovoice.carrier.parsing import call_notice

    def work(share: list[tuple[UUID, str]]) -> None:
        try:
            for leg_id, sid in share:
                form = {"CallSid": sid, "CallStatus": "completed", "CallDuration": "30", "SequenceNumber": "3"}
                progress.apply_call_notice(leg_id, call_notice(form))
        finally:
            connections.close_all()

    shares = [list(islice(legs, start, None, _WRITERS)) for start in range(_WRITERS)]
    begin = time.perf_counter()
    with ThreadPoolExecutor(_WRITERS) as threads:
        list(threads.map(work, shares))
    return time.perf_counter() - begin


def _triggers(*, on: bool) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("touch_rows", "touch_changed"):
            cursor.execute(f"ALTER TABLE calls_call {'ENABLE' if on else 'DISABLE'} TRIGGER {name}")


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _settling() -> Iterator[None]:
    """The settler at its own pace."""
    from analytics import tasks

    with _repeating(tasks.settle, every=5.0):
        yield


class _Seen:
    """Looks whether a process waits for another's lock: ten milliseconds apart, so that no wait that matters is
    missed."""

    def __init__(self) -> None:
        self.waited = self.looks = 0

    def look(self) -> None:
        (waiting,) = _plain("SELECT count(*) FROM pg_locks WHERE NOT granted")[0]
        self.waited += bool(waiting)
        self.looks += 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        with _repeating(self.look, every=0.01):
            yield


@contextmanager
def _repeating(act: Callable[[], Any], *, every: float) -> Iterator[None]:
    from django.db import connections

    over = threading.Event()

    def work() -> None:
        try:
            while not over.is_set():
                act()
                over.wait(every)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
