"""A year of calls in a database of its own: one large organisation, nine small ones, the same for the same seed.

Rows go in by COPY, in the order in which they would have happened, with indexes and foreign keys added afterwards.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
from psycopg import sql

from tests import databases
from tests.bench import rollups

NAME = "zvbench"
SEED = 20_26
SMALL_ORGANIZATIONS = 9
LARGE_SHARE = 0.9
LIVE = 200
DAYS = 365
NULL = r"\N"  # as COPY reads it

Told = Callable[[str, float], None]

CALL_COLUMNS = (
    "id, organization_id, created_at, direction, from_number, to_number, own_number_id, stir_verstat, status, phase, "
    "disposition, wrapped_up, failure_reason, queue_id, agent_id, menu_state, record, recording_paused, "
    "status_callback_url, hung_up_by, answered_at, ended_at, wait_seconds, ring_seconds, talk_seconds, hold_seconds, "
    "wrap_up_seconds, duration_seconds"
)
LEG_COLUMNS = (
    "id, organization_id, call_id, role, mode, transfer, farewell, sid, status, from_number, to_number, agent_id, "
    "released, failure_reason, created_at, answered_at, accepted_at, ended_at, wrap_up_seconds, checked_at"
)
#: What a call ends as, and how often in a thousand; the last two are words that people chose.
DISPOSITIONS = {
    "answered": 700, "no_answer": 140, "busy": 50, "failed": 20, "canceled": 20, "abandoned": 50, "voicemail": 9,
    "sale": 10, "callback agreed": 1,
}  # fmt: skip
STATUS = {"no_answer": "no_answer", "busy": "busy", "failed": "failed", "canceled": "canceled"}


@dataclass(frozen=True)
class Sample:
    """The large organisation, and values to look for: of each filter a frequent and a rare one."""

    calls: int
    organization_id: str
    api_key: str
    queue_id: str
    agent_id: str
    own_number: str
    customer: str
    call_id: str
    leg_id: str
    day: str
    month_start: str
    month_end: str


@dataclass(frozen=True)
class _Tenant:
    id: str
    numbers: list[tuple[str, str]]  # id, E.164
    queues: list[str]
    agents: list[str]


def build(calls: int, *, tell: Told) -> Sample:
    """The database, made or found as an earlier run with `--keep` left it. DATABASE_URL then names it."""
    url = databases.url_of(NAME)
    found = _found(calls)
    if found is None:
        drop()
        tell("migrating", 0)
        databases.create(NAME)
    os.environ["DATABASE_URL"] = url
    import django

    django.setup()
    if found is not None:
        return found
    tenants, api_key = _organizations()
    with psycopg.connect(url) as connection, _without_indexes(connection, "calls_call", "calls_callleg", tell=tell):
        sample = _copy(connection, tenants, api_key, calls, tell)
    rollups.fill(tell)
    with psycopg.connect(url, autocommit=True) as connection:
        tell("VACUUM ANALYZE", 0)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        mark = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(NAME), _marker(sample))
        connection.execute(mark)
    return sample


def drop() -> None:
    databases.drop(NAME)


def _marker(sample: Sample) -> sql.Literal:
    return sql.Literal(orjson.dumps([databases._migrations_digest(), asdict(sample)]).decode())


def _found(calls: int) -> Sample | None:
    with psycopg.connect(databases.url_of("postgres"), autocommit=True) as server:
        row = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [NAME]
        ).fetchone()
    if not row or not row[0]:
        return None
    digest, sample = orjson.loads(row[0])
    return Sample(**sample) if digest == databases._migrations_digest() and sample["calls"] == calls else None


def _organizations() -> tuple[list[_Tenant], str]:
    """Made with the product's own actions and models. The first one is the large one; the key is its."""
    from calls.models import Agent, Queue
    from numbers.models import PhoneNumber
    from zerovoice.accounts import actions, scopes

    tenants, keys = [], []
    for position in range(1 + SMALL_ORGANIZATIONS):
        made = actions.create_organization(name=f"Bench {position}", rate_limit_per_minute=1_000_000)
        keys.append(actions.create_api_key(organization=made, name="bench", scopes=scopes.ALL)[1])
        large = position == 0
        queues = [Queue(organization=made, name=f"Queue {n}") for n in range(8 if large else 1)]
        Queue.objects.bulk_create(queues)
        area = 600 + position
        agents = [
            Agent(organization=made, name=f"Agent {n}", endpoint=f"+1{area}555{n:04}")
            for n in range(60 if large else 3)
        ]
        Agent.objects.bulk_create(agents)
        numbers = [
            PhoneNumber(organization=made, number=f"+1{area}777{n:04}", country="US", number_type="local")
            for n in range(20 if large else 2)
        ]
        PhoneNumber.objects.bulk_create(numbers)
        tenants.append(
            _Tenant(
                made.id.hex,
                [(number.id.hex, number.number) for number in numbers],
                [queue.id.hex for queue in queues],
                [agent.id.hex for agent in agents],
            )
        )
    return tenants, keys[0]


class _without_indexes:
    """Drops the tables' foreign keys and non-unique indexes, and makes them again: the quick way to fill a table."""

    def __init__(self, connection: psycopg.Connection[Any], *tables: str, tell: Told) -> None:
        self.connection, self.tables, self.tell = connection, list(tables), tell

    def __enter__(self) -> None:
        run = self.connection.execute
        self.keys = run(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
            [self.tables],
        ).fetchall()
        self.indexes = run(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE NOT indisunique AND indrelid = ANY(%s::regclass[])",
            [self.tables],
        ).fetchall()
        for table in self.tables:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # touches: the rollups are made afterwards
        for table, name, _ in self.keys:
            run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in self.indexes:
            run(f"DROP INDEX {name}")

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            return
        self.connection.execute("SET maintenance_work_mem = '512MB'")
        for done, (_, definition) in enumerate(self.indexes):
            self.tell("indexes", done / len(self.indexes))
            self.connection.execute(definition)
        for done, (table, name, definition) in enumerate(self.keys):
            self.tell("foreign keys", done / len(self.keys))
            self.connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for table in self.tables:
            self.connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _rest_as_made(cursor: psycopg.Cursor[Any]) -> None:
    """Columns that are not copied get what a new object has in them."""
    from calls.models import Call, CallLeg

    for model, named in ((Call, CALL_COLUMNS), (CallLeg, LEG_COLUMNS)):
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            if field.column not in named.split(", ") and not field.null:
                value = sql.Literal(field.get_default())
                statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}")
                cursor.execute(statement.format(sql.Identifier(table), sql.Identifier(field.column), value))


def _copy(connection: psycopg.Connection[Any], tenants: list[_Tenant], api_key: str, calls: int, tell: Told) -> Sample:
    chosen: dict[str, str] = {}
    # A connection holds one COPY at a time, so the legs wait in a file.
    with tempfile.TemporaryFile() as legs, connection.cursor() as cursor:
        _rest_as_made(cursor)
        with cursor.copy(f"COPY calls_call ({CALL_COLUMNS}) FROM STDIN") as copy:
            batch: list[str] = []
            for done, (call, leg) in enumerate(_rows(tenants, calls, chosen)):
                batch.append(call)
                legs.write(leg.encode())
                if len(batch) == 1000:
                    copy.write("".join(batch))
                    batch.clear()
                    if not done // 1000 % 50:
                        tell("COPY calls", done / calls)
            copy.write("".join(batch))
        size = legs.tell()
        legs.seek(0)
        with cursor.copy(f"COPY calls_callleg ({LEG_COLUMNS}) FROM STDIN") as copy:
            while block := legs.read(1 << 23):
                copy.write(block)
                tell("COPY legs", legs.tell() / size)
    large = tenants[0]
    return Sample(
        calls=calls,
        organization_id=large.id,
        api_key=api_key,
        queue_id=large.queues[3],
        agent_id=large.agents[7],
        own_number=large.numbers[0][1],
        **chosen,
    )


def _rows(tenants: list[_Tenant], calls: int, chosen: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each call as lines of COPY: its own, and its legs'. Notes values to look for in `chosen`."""
    chance = random.Random(SEED)
    pick, bits, uniform = chance.choice, chance.getrandbits, chance.random
    words = [word for word, times in DISPOSITIONS.items() for _ in range(times)]
    customers = max(100, calls // 12)
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    begin = int(first.timestamp())
    days = [(first + timedelta(days=number)).date().isoformat() for number in range(DAYS + 2)]
    clock = [f" {s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}+00" for s in range(86_400)]
    step = DAYS * 86_400 / calls
    middle = calls // 2

    def moment(seconds: int) -> str:
        day, second = divmod(seconds, 86_400)
        return days[day] + clock[second]

    for number in range(calls):
        tenant = (
            tenants[0] if uniform() < LARGE_SHARE or number == middle else tenants[1 + number % SMALL_ORGANIZATIONS]
        )
        at = int(number * step)
        stamp, created = (begin + at) * 1000 + bits(9), moment(at)
        call_id, leg_id = _id(stamp, bits(74)), _id(stamp, bits(74))
        # A few call often, most call once or twice.
        customer = f"+1415{int(customers * uniform() ** 2) + 2_000_000:07}"
        own_id, own = pick(tenant.numbers)
        outbound = uniform() < 0.55
        live = number >= calls - LIVE
        word = "answered" if number == middle else "" if live else pick(words)
        spoke = live or word in ("answered", "sale", "callback agreed")
        waited, rang, talked = bits(6), bits(4), bits(9) if spoke else 0
        queue = pick(tenant.queues) if uniform() < 0.85 else NULL
        agent = pick(tenant.agents) if spoke else NULL
        status = "in_progress" if live else STATUS.get(word, "completed")
        answered = moment(at + rang) if spoke or word == "abandoned" else NULL
        ended = NULL if live else moment(at + rang + waited + talked)
        from_number, to_number = (own, customer) if outbound else (customer, own)
        if number == middle:
            day = first.date() + timedelta(days=at // 86_400)
            chosen |= {
                "call_id": call_id, "leg_id": leg_id, "customer": customer, "day": day.isoformat(),
                "month_start": day.replace(day=1).isoformat(),
                "month_end": (day.replace(day=1) + timedelta(days=27)).isoformat(),
            }  # fmt: skip
        call = (
            f"{call_id}\t{tenant.id}\t{created}\t{'outbound' if outbound else 'inbound'}\t{from_number}\t{to_number}\t"
            f"{own_id}\t\t{status}\t{'joined' if live else 'over'}\t{word}\t{'t' if word == 'sale' else 'f'}\t\t{queue}"
            f"\t{agent}\t{{}}\t{'t' if spoke else 'f'}\tf\t\t{'' if live else 'customer'}\t{answered}\t{ended}"
            f"\t{waited}\t{rang}\t{talked}\t0\t0\t{waited + talked}\n"
        )
        leg = (
            f"{leg_id}\t{tenant.id}\t{call_id}\tcustomer\t\t\t\tCA{leg_id}\t{status}\t{from_number}\t{to_number}\t"
            f"{NULL}\tf\t\t{created}\t{answered}\t{NULL}\t{ended}\t0\t{created}\n"
        )
        if spoke and not live:
            second = _id(stamp, bits(74))
            leg += (
                f"{second}\t{tenant.id}\t{call_id}\tagent\t\t\t\tCA{second}\tcompleted\t{own}\t+16005550000\t"
                f"{agent}\tf\t\t{created}\t{answered}\t{answered}\t{ended}\t0\t{created}\n"
            )
        yield call, leg


def _id(stamp: int, chance: int) -> str:
    """UUIDv7 of a millisecond, in hexadecimal."""
    return f"{(stamp << 80) | (7 << 76) | ((chance >> 62) << 64) | (2 << 62) | (chance & (2**62 - 1)):032x}"
