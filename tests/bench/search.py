"""The search in transcripts against the plain SQL of its two indexes, and how much the approximate one misses."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from tests import databases

NAME = "zvbenchsearch"
LINES = Path(__file__).parents[2] / "scripts" / "sentiment"
PER_CALL = 20
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 180
NEAREST = 10
#: How far a line's vector is moved at random: no two are the same, and those of one text stay together.
NOISE = 0.35
QUERIES = (
    "cancel my plan", "refund", "where is my parcel", "nobody called me back", '"thank you"', "invoice -late",
    "the app does not work", "speak to a manager", "delivery or appointment", "change of address", "wrong amount",
    "very happy with the service", "password", "how long does it take", "the line is bad", "I am moving house",
)  # fmt: skip
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Searched:
    """Milliseconds of a first page, the vector of the query included; `plain` are the bare statements."""

    what: str
    ours: float
    ours_p95: float
    plain: float
    plain_p95: float

    @property
    def ratio(self) -> float:
        return self.ours_p95 / self.plain_p95


@dataclass(frozen=True)
class Recalled:
    """Of the true nearest ten, the part that was found."""

    what: str
    segments: int
    recall: float


def measure(segments: int, *, asked: int, tell: Told) -> tuple[list[Searched], list[Recalled]]:
    databases.drop(NAME)
    databases.create(NAME)
    os.environ["DATABASE_URL"] = databases.url_of(NAME)
    import django

    django.setup()
    from django.db import connection, connections

    connections["default"].settings_dict["NAME"] = NAME
    connections.close_all()
    try:
        large = _build(segments, tell, connection)
        return _search(large, asked, tell, connection), _recall(large, asked, tell)
    finally:
        connections.close_all()
        databases.drop(NAME)


def _build(segments: int, tell: Told, connection: Any) -> Any:
    """An organisation with nine tenths of them, and another with the rest."""
    from calls.models import Call, CallLeg, Queue, Recording, Transcript
    from zerovoice.accounts import actions

    chance = random.Random(5)
    texts = [line for path in sorted(LINES.glob("*.txt")) for line in path.read_text().splitlines() if line]
    vectors = _vectors(texts)
    large, small = (actions.create_organization(name=name) for name in ("Large", "Small"))
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX calls_segments_meaning")
    calls = segments // PER_CALL
    for start in range(0, calls, 500):
        tell("transcripts", start / calls)
        organization = small if start >= calls * 0.9 else large
        queue = Queue.objects.of(organization.pk).get()
        made = [
            Call(
                organization=organization, direction=chance.choice(["inbound", "outbound"]), queue=queue,
                from_number=f"+1415{2_000_000 + start + number}", to_number="+14155550100",
                created_at=FIRST + timedelta(days=DAYS * chance.random()), ended_at=FIRST,
            )
            for number in range(min(500, calls - start))
        ]  # fmt: skip
        Call.objects.bulk_create(made)
        legs = CallLeg.objects.bulk_create(
            CallLeg(organization=organization, call=call, role="customer") for call in made
        )
        recordings = Recording.objects.bulk_create(
            Recording(organization=organization, call=leg.call, leg=leg, sid=f"RE{leg.pk.hex}") for leg in legs
        )
        transcripts = Transcript.objects.bulk_create(
            Transcript(
                organization=organization, call=one.call, recording=one, created_at=one.call.created_at,
                direction=one.call.direction, queue=queue, status="completed",
            )
            for one in recordings
        )  # fmt: skip
        _copy(connection, _rows(transcripts, texts, vectors, chance))
    tell("index of the meaning", 0.5)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            "CREATE INDEX calls_segments_meaning ON calls_segment USING hnsw (embedding halfvec_cosine_ops)"
            " WITH (m = 24, ef_construction = 200)"
        )
        cursor.execute("VACUUM ANALYZE calls_segment")
    return large


def _vectors(texts: list[str]) -> Any:
    from zerovoice.speech import embedding

    return embedding.embed(texts)


def _rows(transcripts: list[Any], texts: list[str], vectors: Any, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    import numpy as np

    from zerovoice.lib.ids import new_id
    from zerovoice.speech import embedding

    noise = np.random.default_rng(chance.randrange(2**32))
    for transcript in transcripts:
        for position in range(PER_CALL):
            place = chance.randrange(len(texts))
            vector = vectors[place] + noise.normal(0, NOISE / embedding.DIMENSIONS**0.5, embedding.DIMENSIONS)
            yield (
                new_id(), transcript.organization_id, transcript.pk, transcript.call_id, position,
                chance.choice(["customer", "agent"]), 4.0 * position, 4.0 * position + 3, texts[place], 0.9, "[]", "en",
                chance.choice(["negative", "neutral", "neutral", "positive"]), 0.0, transcript.created_at,
                transcript.direction, transcript.queue_id, None,
                "[" + ",".join(f"{number:.4f}" for number in vector / np.linalg.norm(vector)) + "]", embedding.MODEL,
            )  # fmt: skip


_COLUMNS = (
    'id, organization_id, transcript_id, call_id, position, speaker, start, "end", text, confidence, words, language,'
    " sentiment, sentiment_score, called_at, direction, queue_id, agent_id, embedding, embedding_model"
)


def _copy(connection: Any, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY calls_segment ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _search(organization: Any, asked: int, tell: Told, connection: Any) -> list[Searched]:
    from django.db import transaction

    from calls import transcript_search
    from calls.models import Segment
    from zerovoice.speech import embedding

    def ours(query: str, **filters: Any) -> None:
        segments = Segment.objects.of(organization.pk).filter(**filters)
        found = transcript_search.search(query, segments, organization_id=organization.pk, narrowed=bool(filters))
        found[:25]

    def plain(query: str, **filters: Any) -> None:
        where = "organization_id = %s" + "".join(
            f" AND {name.replace('__gte', '')} {'>=' if '__gte' in name else '='} %s" for name in filters
        )
        values = [organization.pk, *filters.values()]
        vector = str(embedding.embed([query])[0].tolist())
        with transaction.atomic(), connection.cursor() as cursor:
            # As ours asks the index: else it would find less, and through a filter next to nothing.
            cursor.execute(
                "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
                " set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true)",
                [str(transcript_search.EF_SEARCH), str(transcript_search.MAX_SCANNED)],
            )
            cursor.execute(
                f"SELECT id, ts_rank(search, query) AS rank, ts_headline('english', text, query) FROM calls_segment,"
                f" websearch_to_tsquery('english', %s) query WHERE {where} AND search @@ query"
                " ORDER BY rank DESC LIMIT 25",
                [query, *values],
            )
            cursor.fetchall()
            cursor.execute(
                f"SELECT id FROM calls_segment WHERE {where} ORDER BY embedding <=> %s::halfvec LIMIT 50",
                [*values, vector],
            )
            cursor.fetchall()

    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("everything", {}),
        ("what customers said", {"speaker": "customer"}),
        ("the last month", {"called_at__gte": FIRST + timedelta(days=DAYS - 30)}),
    )
    searched = []
    for number, (what, filters) in enumerate(cases):
        tell(f"search: {what}", number / len(cases))
        taken: dict[Any, list[float]] = {ours: [], plain: []}
        for place in range(asked):
            query = QUERIES[place % len(QUERIES)]
            for act in (ours, plain) if place % 2 else (plain, ours):
                begin = time.perf_counter()
                act(query, **filters)
                if place >= len(QUERIES):  # the first round warms up
                    taken[act].append((time.perf_counter() - begin) * 1000)
        figures = [
            (statistics.median(each), statistics.quantiles(each, n=20)[-1]) for each in (taken[ours], taken[plain])
        ]
        searched.append(Searched(what, *figures[0], *figures[1]))
    return searched


def _recall(organization: Any, asked: int, tell: Told) -> list[Recalled]:
    from calls import transcript_search
    from calls.models import Segment
    from zerovoice.speech import embedding

    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("all of the organization's", {}),
        ("half of the time", {"called_at__gte": FIRST + timedelta(days=DAYS / 2)}),
        ("a fortnight", {"called_at__gte": FIRST + timedelta(days=DAYS - 14)}),
        ("negative lines of customers", {"speaker": "customer", "sentiment": "negative"}),
    )
    recalled = []
    for number, (what, filters) in enumerate(cases):
        tell(f"recall: {what}", number / len(cases))
        segments = Segment.objects.of(organization.pk).filter(**filters)
        found = wanted = 0
        for vector in embedding.embed(list(QUERIES)[: max(1, asked)]):
            exact = set(_exact(vector, segments))
            found += len(exact & set(transcript_search._nearest(vector, segments, alike=-1.0)[:NEAREST]))
            wanted += len(exact)
        recalled.append(Recalled(what, segments.count(), found / wanted))
    return recalled


def _exact(vector: Any, segments: Any) -> list[UUID]:
    from django.db import connection, transaction
    from pgvector.django import CosineDistance

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        return list(segments.order_by(CosineDistance("embedding", vector)).values_list("pk", flat=True)[:NEAREST])
