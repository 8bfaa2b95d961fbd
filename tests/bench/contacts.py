"""Finding one of very many contacts against the plain indexed SQL, and importing a long file."""

from __future__ import annotations

import io
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from tests import databases

NAME = "zvbenchcontacts"
Told = Callable[[str, float | None], None]

_FIRST = (
    *("Maria", "Jose", "John", "Michael", "Anna", "Peter", "James", "Robert", "David", "Sarah", "Laura", "Emma"),
    *("Noah", "Liam", "Olivia", "Ava", "Sophia", "Mia"),
)
_PARTS = (
    *("ka", "ro", "mi", "ten", "sol", "ber", "li", "na", "ver", "dan", "mo", "rix", "pel", "tur", "gan", "wes"),
    *("hol", "bran", "kel", "stad"),
)


@dataclass(frozen=True)
class Search:
    what: str
    term: str
    found: int
    ours: float  # milliseconds, medians: GET /contacts?search=, in this process
    plain: float  # the first 25 matches and their count, to 10,001, in SQL
    index: bool

    @property
    def ratio(self) -> float:
        return self.ours / self.plain


@dataclass(frozen=True)
class Imported:
    rows: int
    bad: int
    seconds: float
    created: int
    reported: int
    megabytes: float  # by which the process grew from the first tenth of the file to its end


def measure(contacts: int, rows: int, *, tell: Told) -> tuple[list[Search], Imported]:
    databases.drop(NAME)
    databases.create(NAME)
    os.environ["DATABASE_URL"] = databases.url_of(NAME)
    import django

    django.setup()
    from django.db import connection, connections

    connections["default"].settings_dict["NAME"] = NAME
    connections.close_all()
    try:
        from zerovoice.accounts import actions

        acme = actions.create_organization(name="Acme", rate_limit_per_minute=1_000_000)
        known = _fill(acme, contacts, tell, connection)
        return list(_searches(acme, known, connection, tell)), _import(rows, tell)
    finally:
        connections.close_all()
        databases.drop(NAME)


def _fill(organization: Any, contacts: int, tell: Told, connection: Any) -> tuple[str, str]:
    """Contacts of many names; returns one of their rare last names, and a number."""
    from zerovoice.lib import clock
    from zerovoice.lib.ids import new_id

    chance = random.Random(7)
    rare = number = ""
    columns = (
        "id, organization_id, created_at, updated_at, name, phone, email, company, tags, street, city, region,"
        " postal_code, country, timezone"
    )
    connection.ensure_connection()
    with connection.connection.cursor().copy(f"COPY contacts_contact ({columns}) FROM STDIN") as copy:
        for n in range(contacts):
            last = "".join(chance.choice(_PARTS) for _ in range(chance.randint(2, 4))).capitalize()
            phone = f"+1{2_000_000_000 + n * 7}"
            rare, number = (last, phone) if len(last) > 11 else (rare, phone)
            now = clock.now()
            copy.write_row((
                new_id(), organization.pk, now, now, f"{chance.choice(_FIRST)} {last}", phone,
                f"{last.lower()}{n}@mail.example", f"{chance.choice(_PARTS).capitalize()} Inc",
                "{vip}" if n % 50 == 0 else "{}", "", "", "", "", "US", "",
            ))  # fmt: skip
            if n % 10_000 == 0:
                tell("contacts", n / contacts)
    with connection.cursor() as cursor:
        tell("contacts: vacuum", None)
        cursor.execute("VACUUM ANALYZE contacts_contact")
    return rare, number


def _searches(organization: Any, known: tuple[str, str], connection: Any, tell: Told) -> Iterator[Search]:
    from django.test import Client

    from zerovoice.accounts import actions, scopes

    _, key = actions.create_api_key(organization=organization, name="bench", scopes=scopes.ALL)
    last, phone = known
    terms = {
        "a rare name": last,
        "a common name": "maria",
        "both": f"maria {last[:6]}",
        "part of a number": phone[3:10],
        "a whole number": phone,
        "an e-mail": f"{last.lower()}",
        "two letters": "ma",
        "a typing error": f"{last[:4]}x{last[4:]}",
        "nothing there": "qqqqzzzz",
    }
    for what, term in terms.items():
        tell(f"search: {what}", None)

        def ours(term: str = term) -> int:
            answer = Client().get("/api/v1/contacts", {"search": term}, headers={"X-API-Key": key})
            assert answer.status_code == 200, answer.content
            return int(answer.json()["count"])

        words = [word.lower().lstrip("+") for word in term.split()]
        alike = what == "a typing error"
        condition = " AND ".join("search_text %%> %s" if alike else "search_text LIKE %s" for _ in words)
        values = [word if alike else f"% {word}%" if len(word) < 3 else f"%{word}%" for word in words]
        matches = f"SELECT id FROM contacts_contact WHERE organization_id = %s AND {condition} LIMIT 10001"

        def plain(matches: str = matches, values: list[str] = values) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM ({matches}) AS found", [organization.pk, *values])
                cursor.fetchall()
                cursor.execute(
                    f"SELECT * FROM contacts_contact WHERE id IN ({matches}) ORDER BY id DESC LIMIT 25",
                    [organization.pk, *values],
                )
                cursor.fetchall()

        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {matches}", [organization.pk, *values])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        found = ours()
        yield Search(what, term, found, _median(ours), _median(plain), "contacts_search" in plan or found > 5000)


def _median(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(7):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def _import(rows: int, tell: Told) -> Imported:
    from contacts import transfers
    from zerovoice.accounts import actions, keys, principals, scopes
    from zerovoice.bulk import jobs
    from zerovoice.bulk.models import Job, RowError

    globex = actions.create_organization(name="Globex")
    _, text = actions.create_api_key(organization=globex, name="bench", scopes=scopes.ALL)
    parsed = keys.parse_key(text)
    assert parsed is not None
    holder = principals.api_key(parsed.prefix)
    assert holder is not None
    lines = ["name,phone,email,company,tags"]
    lines += [
        f"Person {n},{f'+1{2_000_000_000 + n * 7}' if n % 100 else 'no number'},p{n}@mail.example,Company {n},a|b"
        for n in range(rows)
    ]
    file = io.BytesIO("\n".join(lines).encode())
    del lines
    process, sizes = psutil.Process(), []

    def told(job: Job) -> None:
        sizes.append((job.percent, process.memory_info().rss))
        tell("import", job.percent / 100)

    begin = time.perf_counter()
    job = jobs.start_import(principal=holder.principal, kind=transfers.IMPORT, file=file)
    job = jobs.wait_for(job.pk, told=told)
    seconds = time.perf_counter() - begin
    early = next((size for percent, size in sizes if percent >= 10), sizes[0][1])
    return Imported(
        rows=rows,
        bad=len(range(0, rows, 100)),
        seconds=seconds,
        created=job.created_count,
        reported=RowError.objects.filter(job=job).count(),
        megabytes=(sizes[-1][1] - early) / 1_048_576,
    )
