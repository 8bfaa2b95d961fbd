"""Answers of the rollups against plain statements over the rows: for random rows, ranges and filters, at any moment."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from analytics import buckets, ledgers, rollups, settling, tasks
from analytics.models import Dimension, Source, Tally, Touch, Volume
from calls.models import Call, Queue
from messaging.models import Message
from numbers.models import PhoneNumber
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.lib import clock
from zerovoice.lib.ids import NIL

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = datetime(2026, 2, 26, 3, 7, 11, 250_000, tzinfo=UTC)
DAYS = 6
ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham")


@pytest.fixture
def floor() -> Floor:
    return Floor(people.organization("Acme"), seed=7)


class Floor:
    """An organisation whose calls can be made, changed and removed at random."""

    def __init__(self, organization: Organization, *, seed: int) -> None:
        self.organization = organization
        self.chance = random.Random(seed)
        self.queues = [Queue.objects.create(organization=organization, name=name) for name in ("Sales", "Service")]
        self.numbers = [
            PhoneNumber.objects.create(
                organization=organization,
                number=f"+1415555{seed:02}{digit:02}",
                sid=f"PN{seed:030}{digit:02}",
                country="US",
            )
            for digit in range(2)
        ]

    def moment(self) -> datetime:
        """Often at, or just beside, the beginning of a quarter."""
        at = FIRST + timedelta(seconds=self.chance.random() * DAYS * 86_400)
        if self.chance.random() < 0.3:
            at = ledgers.down(at, ledgers.QUARTER) + timedelta(microseconds=self.chance.choice((-1, 0, 1)))
        return at

    def facts(self) -> dict[str, Any]:
        over = self.chance.random() < 0.9
        return {
            "direction": self.chance.choice(["inbound", "outbound"]),
            "disposition": self.chance.choice(["answered", "abandoned", "voicemail", "sold"]) if over else "",
            "queue": self.chance.choice([None, *self.queues]),
            "own_number": self.chance.choice([None, *self.numbers]),
            "ended_at": FIRST if over else None,
            **{name: self.chance.choice([0, self.chance.randrange(500)]) for name in ledgers.SECONDS},
        }

    def call(self) -> Call:
        return Call.objects.create(
            organization=self.organization, from_number="+14155550142", to_number="+14155550100",
            created_at=self.moment(), **self.facts(),
        )  # fmt: skip

    def change(self) -> None:
        """Something happens to a call: it is made, goes on, is taken away, or was another quarter's after all."""
        ids = list(Call.objects.of(self.organization.pk).values_list("pk", flat=True))
        one = Call.objects.filter(pk=self.chance.choice(ids))
        what = self.chance.random()
        if what < 0.3:
            self.call()
        elif what < 0.8:
            one.update(**self.facts())
        elif what < 0.9:
            one.update(created_at=self.moment())
        else:
            one.delete()

    def asked(self) -> tuple[ledgers.Of, str, list[Any]]:
        """Some filters: as the rollups know them, and as a condition on rows."""
        dimension = self.chance.choice(list(Dimension))
        keys = {"direction": self.chance.choice(["inbound", "outbound"])} if self.chance.random() < 0.4 else {}
        values: list[UUID] = [NIL]
        condition, params = "organization_id = %s", [self.organization.pk]
        if dimension != Dimension.ALL:
            several = self.queues if dimension == Dimension.QUEUE else self.numbers
            values = [one.pk for one in self.chance.sample(several, self.chance.randint(1, 2))]
            condition += f" AND {ledgers.VOLUME.dimensions[dimension]} = ANY(%s)"
            params.append(values)  # type: ignore[arg-type]
        if keys:
            condition += " AND direction = %s"
            params.append(keys["direction"])  # type: ignore[arg-type]
        return ledgers.Of(self.organization.pk, dimension, values, keys), condition, params

    def range(self) -> tuple[datetime, datetime]:
        start = self.moment() - timedelta(hours=self.chance.choice([0, 0, 30]))
        return start, start + timedelta(seconds=self.chance.choice([1, 400, 4_000, 90_000, 700_000]))


def plain(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


ANSWERED = "(talk_seconds > 0 OR disposition = 'answered')"
VOLUME = f"""
SELECT count(*), count(*) FILTER (WHERE direction = 'inbound'), count(*) FILTER (WHERE direction = 'outbound'),
    count(*) FILTER (WHERE {ANSWERED}), count(*) FILTER (WHERE disposition = 'abandoned'),
    count(*) FILTER (WHERE disposition = 'voicemail'),
    coalesce(sum(talk_seconds), 0), coalesce(sum(hold_seconds), 0), coalesce(sum(wait_seconds), 0),
    coalesce(sum(wrap_up_seconds), 0), coalesce(sum(duration_seconds), 0)
FROM calls_call
"""


def compare(floor: Floor) -> None:
    """Everything that the rollups answer, once, in one transaction that sees one moment."""
    of, condition, params = floor.asked()
    start, end = floor.range()
    condition += " AND created_at >= %s AND created_at < %s"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        edges = buckets.edges(start, end, floor.chance.choice(buckets.INTERVALS), floor.chance.choice(ZONES))
        counted = rollups.volume(of, edges, many=floor.chance.choice([1, 1_000]))
        assert len(counted) == len(edges) - 1
        for found, (since, until) in zip(counted, pairwise(edges), strict=True):
            (expected,) = plain(f"{VOLUME} WHERE {condition}", [*params, since, until])
            assert found == expected, (of, since, until)
        over = f"FROM calls_call WHERE {condition} AND ended_at IS NOT NULL"
        outcomes = plain(
            f"SELECT disposition, count(*) AS n {over} GROUP BY 1 ORDER BY n DESC, 1", [*params, start, end]
        )
        assert rollups.dispositions(of, start, end) == outcomes
        assert rollups.count(Source.CALLS, of, start, end) == sum(found for _, found in outcomes)
        ids = [row[0] for row in plain(f"SELECT id {over} ORDER BY created_at DESC, id DESC", [*params, start, end])]
        number = floor.chance.randrange(len(ids) + 2)
        total, place = rollups.seek(Source.CALLS, of, number, start, end)
        assert total == len(ids)
        if number >= len(ids):
            assert place is None
        else:
            assert place is not None
            sought = plain(
                f"SELECT id {over} AND created_at < %s ORDER BY created_at DESC, id DESC OFFSET %s LIMIT 1",
                [*params, start, end, place.until, place.skipped],
            )
            assert sought == [(ids[number],)]


def settle_some(floor: Floor) -> None:
    settling.settle(most=floor.chance.choice([1, 5, 500]))


@pytest.mark.parametrize("seed", range(6))
def test_answers_are_those_of_the_rows_whatever_is_settled(floor: Floor, seed: int) -> None:
    floor.chance.seed(seed)
    for _ in range(120):
        floor.call()
    for _ in range(25):
        for _ in range(floor.chance.randrange(6)):
            floor.change()
        if floor.chance.random() < 0.7:
            settle_some(floor)
        compare(floor)
    while settling.settle():
        pass
    assert not Touch.objects.exists()
    for _ in range(10):
        compare(floor)


def test_answers_are_exact_while_others_write_and_settle(floor: Floor) -> None:
    for _ in range(100):
        floor.call()
    over, failed = threading.Event(), []

    def work(act: Any) -> None:
        try:
            while not over.is_set():
                act()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    others = [Floor.__new__(Floor) for _ in range(3)]
    for number, other in enumerate(others):
        other.__dict__ = {**floor.__dict__, "chance": random.Random(number)}
    threads = [threading.Thread(target=work, args=(other.change,)) for other in others[:2]]
    threads += [threading.Thread(target=work, args=(lambda: settle_some(others[2]),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40):
            compare(floor)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failed


def test_a_rolled_back_change_leaves_no_touch(floor: Floor) -> None:
    call = floor.call()
    settling.settle()
    with transaction.atomic():
        Call.objects.filter(pk=call.pk).update(disposition="sold", ended_at=FIRST)
        assert Touch.objects.exists()
        transaction.set_rollback(True)
    assert not Touch.objects.exists()


def test_what_is_not_counted_leaves_no_touch(floor: Floor) -> None:
    call = floor.call()
    settling.settle()
    Call.objects.filter(pk=call.pk).update(phase="joined", from_number="+14155550143")
    assert not Touch.objects.exists()


def test_the_quarter_that_lasts_is_left(floor: Floor) -> None:
    before = floor.call()
    Call.objects.filter(pk=before.pk).update(created_at=clock.now() - timedelta(minutes=16))
    Touch.objects.all().delete()
    Call.objects.filter(pk=before.pk).update(direction="outbound", talk_seconds=77)
    lasting = Call.objects.create(
        organization=floor.organization, direction="inbound", from_number="", to_number="", created_at=clock.now()
    )
    assert tasks.settle() == 1
    assert [touch.quarter for touch in Touch.objects.all()] == [ledgers.down(lasting.created_at, ledgers.QUARTER)]


def test_another_organization_is_not_counted(floor: Floor) -> None:
    floor.call()
    other = Floor(people.organization("Other"), seed=1)
    other.call()
    settling.settle()
    (every,) = rollups.volume(ledgers.Of(other.organization.pk), [rollups.BEGINNING, rollups.END])
    assert every[0] == 1


def test_messages_are_counted_by_status(floor: Floor) -> None:
    for number in range(5):
        Message.objects.create(
            organization=floor.organization, conversation=_conversation(floor), direction="outbound",
            from_number="+14155550100", to_number="+14155550142", created_at=FIRST + timedelta(minutes=number),
            segments=1, status="sent" if number else "delivered",
        )  # fmt: skip
    for _ in range(2):
        of = ledgers.Of(floor.organization.pk, keys={"outcome": "sent"})
        assert rollups.count(Source.MESSAGES, of) == 4
        settling.settle()


def _conversation(floor: Floor) -> Any:
    from messaging.models import Conversation

    return Conversation.objects.get_or_create(
        organization=floor.organization, phone="+14155550142", our_number="+14155550100", defaults={"last_at": FIRST}
    )[0]


# --- the command ---


def rebuild(*arguments: str) -> str:
    told = StringIO()
    call_command("rebuild_rollups", *arguments, stdout=told)
    return told.getvalue()


@pytest.fixture
def settled(floor: Floor) -> Floor:
    for _ in range(60):
        floor.call()
    while settling.settle():
        pass
    return floor


def test_check_says_that_all_agrees(settled: Floor) -> None:
    told = rebuild("--check")
    assert "agree with the rows" in told
    assert "Acme" in told
    assert "100 %" in told


@pytest.mark.parametrize(
    "harm",
    [
        lambda: Tally.objects.filter(minutes=15).first().delete(),
        lambda: Tally.objects.filter(minutes=1440).update(rows=1_000),
        lambda: Volume.objects.filter(minutes=60).first().delete(),
        lambda: Volume.objects.filter(minutes=15).update(inbound_talk_seconds=1),
    ],
)
def test_check_finds_and_repairs_what_differs(settled: Floor, harm: Any) -> None:
    harm()
    with pytest.raises(CommandError, match=r"differed from the rows\. Repaired"):
        rebuild("--check")
    assert "agree with the rows" in rebuild("--check")
    for _ in range(10):
        compare(settled)


def test_it_counts_what_no_trigger_saw(floor: Floor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE calls_call DISABLE TRIGGER USER")
    try:
        for _ in range(60):
            floor.call()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE calls_call ENABLE TRIGGER USER")
    assert rollups.count(Source.CALLS, ledgers.Of(floor.organization.pk)) == 0
    assert "Counted" in rebuild("--organization", str(floor.organization.pk))
    for _ in range(10):
        compare(floor)


def test_it_knows_its_organizations(floor: Floor) -> None:
    with pytest.raises(CommandError, match="no id"):
        rebuild("--organization", "Acme")
    with pytest.raises(CommandError, match="There is no organisation"):
        rebuild("--organization", str(NIL))
