"""The gate in front of a long Do-Not-Call list, against the plain look-up in its index and against a short list."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests import databases

NAME = "zvbenchdnc"
SHORT = 200
BATCH = 500  # as an import's
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Gate:
    entries: int
    listing_seconds: float  # of all of them, in an import's batches
    ask: float  # milliseconds, medians: may_contact, a number that is listed
    ask_short: float  # the same in front of a list of 200
    bare: float  # the one look-up in the index
    held: float  # all of `authorized`: lock, question, unlock
    thousand: float  # POST /compliance/check of 1,000 numbers, over the API in this process
    plan: str
    sequential: bool


def measure(entries: int, *, asked: int, tell: Told) -> Gate:
    databases.drop(NAME)
    databases.create(NAME)
    os.environ["DATABASE_URL"] = databases.url_of(NAME)
    import django

    django.setup()
    from django.db import connection, connections

    connections["default"].settings_dict["NAME"] = NAME
    connections.close_all()
    try:
        return _measure(entries, asked, tell, connection)
    finally:
        connections.close_all()
        databases.drop(NAME)


def _measure(entries: int, asked: int, tell: Told, connection: Any) -> Gate:
    from compliance import actions, gate
    from compliance.models import DncEntry
    from zerovoice.accounts import actions as accounts
    from zerovoice.lib import pseudonym

    long_list, short_list = (accounts.create_organization(name=name) for name in ("Long", "Short"))
    numbers = [f"+1415{2_000_000 + number}" for number in range(entries)]
    begin = time.perf_counter()
    for start in range(0, entries, BATCH):
        batch = [(number, "Imported") for number in numbers[start : start + BATCH]]
        actions.add_many(organization_id=long_list.id, author=None, entries=batch)
        tell("do-not-call entries", start / entries)
    listing_seconds = time.perf_counter() - begin
    actions.add_many(organization_id=short_list.id, author=None, entries=[(number, "") for number in numbers[:SHORT]])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE compliance_dncentry")

    def ask(organization_id: Any) -> Callable[[str], object]:
        return lambda number: gate.may_contact(organization_id=organization_id, number=number, channel="voice")

    def hold(number: str) -> None:
        with gate.authorized(organization_id=long_list.id, number=number, channel="voice"):
            pass

    def bare(number: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number_hash, source FROM compliance_dncentry WHERE organization_id = %s AND number_hash = %s",
                [long_list.id, pseudonym.of_number(number)],
            )
            cursor.fetchall()

    some = numbers[:: max(1, entries // asked)][:asked]
    free = [f"+1628{2_000_000 + number}" for number in range(asked)]
    explained = (
        DncEntry.objects.of(long_list.id).about(some[0]).order_by().values_list("number_hash", "source").explain()
    )
    return Gate(
        entries=entries,
        listing_seconds=listing_seconds,
        ask=_median(ask(long_list.id), some),
        ask_short=_median(ask(short_list.id), numbers[:SHORT]),
        bare=_median(bare, some),
        held=_median(hold, free),
        thousand=_check(long_list, [*numbers[:500], *free[:500]]),
        plan=explained.split("  (cost", 1)[0],
        sequential="Seq Scan" in explained,
    )


def _median(act: Callable[[str], object], numbers: list[str]) -> float:
    taken = []
    for number in numbers:
        begin = time.perf_counter()
        act(number)
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def _check(organization: Any, numbers: list[str]) -> float:
    import orjson
    from django.test import Client

    from zerovoice.accounts import actions, scopes

    _, key = actions.create_api_key(organization=organization, name="bench", scopes=scopes.ALL)
    body = orjson.dumps({"numbers": numbers, "channel": "sms"})

    def post(_: str) -> None:
        answer = Client().post(
            "/api/v1/compliance/check", body, content_type="application/json", headers={"X-API-Key": key}
        )
        assert answer.status_code == 200, answer.content

    return _median(post, ["warm up"] + [""] * 10)
