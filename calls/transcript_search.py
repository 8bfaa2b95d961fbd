"""Search in what was said: by its words and by its meaning, one ranking of both.

The words are PostgreSQL's full text search. The meaning is the nearness of sentence vectors, in ZeroDB where that is
configured, else, and whenever that fails, in PostgreSQL. The two lists are fused by reciprocal rank (Cormack, Clarke
and Büttcher, 2009). No search looks at more than a bounded number of rows: of very common words the newest matches
are ranked, of meaning the nearest are taken.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import F, FloatField, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from pgvector.django import CosineDistance

from calls.models import Segment, TranscriptStep
from calls.models.transcript import dictionary
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.zerodb import client as zerodb

log = structlog.get_logger(__name__)

MAX_QUERY = 500
#: Where the meaning can be looked up, and by what a hit can be found.
SEMANTIC = ("zerodb", "local", "off")
MATCHED = ("words", "meaning")
#: Of how many matches of the words, the newest, the rank is worked out.
RANKED = 1000
#: How many segments are taken for their meaning.
NEAREST = 50
#: Among so few segments the nearest are found by comparing all of them, which misses none.
FEW = 5000
#: HNSW: how many candidates are kept while the graph is walked, and how many rows a filter may turn down.
EF_SEARCH, MAX_SCANNED = 300, 20_000
#: Reciprocal rank: how little it matters whether something is first or third.
FLAT = 60
#: So long ZeroDB may lag behind before the search goes elsewhere. Seconds.
BEHIND_AFTER = 60

_TOKEN = re.compile(r'-?"[^"]*"?|\S+')
_BEGIN, _END = "\ue000", "\ue001"  # of no script: what a person said cannot pass for a mark


@dataclass(frozen=True)
class Wanted:
    """A query, taken apart: what is looked for by its meaning, and what must not stand there."""

    text: str

    @cached_property
    def _tokens(self) -> list[str]:
        return _TOKEN.findall(self.text)

    @property
    def meaning(self) -> str:
        """Empty when it asks for exact words, or for nothing but the absence of some."""
        if any(token.startswith('"') for token in self._tokens):
            return ""
        said = " ".join(token for token in self._tokens if not _negates(token))
        return said if any(letter.isalnum() for letter in said) else ""

    @property
    def unwanted(self) -> str:
        return " or ".join(token[1:] for token in self._tokens if _negates(token))

    def words(self) -> SearchQuery:
        return query_for(self.text)


def _negates(token: str) -> bool:
    return token.startswith("-") and any(letter.isalnum() for letter in token)


def query_for(text: str) -> SearchQuery:
    """As people type it: `"in quotes"`, `-without`, `or`; in the language that is spoken here."""
    return SearchQuery(text, config=dictionary(settings.TRANSCRIPTION_LANGUAGE), search_type="websearch")


@dataclass
class Hit:
    """`found_by`: in which lists it was, of the words or of the meaning. `snippet` is safe HTML with `<mark>` around
    what matched; `offset` is where that is said, in seconds of the recording."""

    segment: Segment
    score: float
    found_by: list[str]
    snippet: str
    offset: float

    @property
    def segment_id(self) -> UUID:
        return self.segment.pk


#: What is read of a hit: as much as its answer shows.
_SHOWN = (
    "transcript_id", "call_id", "speaker", "start", "end", "text", "words", "sentiment", "sentiment_score",
    "call__direction", "call__from_number", "call__to_number", "call__created_at", "call__queue__name",
    "call__agent__name",
)  # fmt: skip


class Found(Sequence[Hit]):
    """What a search found, the best first. Only a page's rows are read.

    `semantic` says where the meaning was looked up: `zerodb`, `local`, or `off` when it was not. `complete` is False
    when there are more matches than were ranked.
    """

    def __init__(self, wanted: Wanted, lists: Sequence[Sequence[UUID]], *, semantic: str, complete: bool) -> None:
        """`lists`: what was found by each of MATCHED, the best first."""
        self._wanted = wanted
        self._lists = lists
        self.semantic = semantic
        self.complete = complete
        self._scores: dict[UUID, float] = {}
        for found in lists:
            for place, pk in enumerate(found, start=FLAT + 1):
                self._scores[pk] = self._scores.get(pk, 0.0) + 1 / place
        self._ranked = sorted(self._scores, key=self._scores.__getitem__, reverse=True)

    def __len__(self) -> int:
        return len(self._ranked)

    def __getitem__(self, which: Any) -> Any:
        return self._hits(self._ranked[which]) if isinstance(which, slice) else self._hits([self._ranked[which]])[0]

    def _hits(self, ids: Sequence[UUID]) -> list[Hit]:
        marked = SearchHeadline(
            "text",
            self._wanted.words(),
            config=dictionary(settings.TRANSCRIPTION_LANGUAGE),
            start_sel=_BEGIN,
            stop_sel=_END,
            highlight_all=True,
        )
        rows: Mapping[UUID, Segment] = (
            Segment.objects.select_related("call__queue", "call__agent")
            .only(*_SHOWN)
            .annotate(marked=marked)
            .in_bulk(list(ids))
        )
        found = [set(one).intersection(ids) for one in self._lists]
        return [
            Hit(
                segment,
                self._scores[pk],
                [name for name, where in zip(MATCHED, found, strict=True) if pk in where],
                *_snippet(segment),
            )
            for pk in ids
            if (segment := rows.get(pk))
        ]


def search(
    text: str, segments: QuerySet[Segment], *, organization_id: UUID, narrowed: bool, words_only: bool = False
) -> Found:
    """`segments` are those that the caller may see and asked for; `narrowed`: fewer than all of the organisation's."""
    wanted = Wanted(text)
    by_words = _by_words(wanted, segments)
    by_meaning: list[UUID] = []
    semantic = "off"
    if wanted.meaning and not words_only:
        by_meaning, semantic = _by_meaning(wanted, segments, organization_id, narrowed)
    return Found(wanted, (by_words[:RANKED], by_meaning), semantic=semantic, complete=len(by_words) <= RANKED)


def _by_words(wanted: Wanted, segments: QuerySet[Segment]) -> list[UUID]:
    """The best first; one more than RANKED when there are more."""
    query = wanted.words()
    newest = segments.filter(search=query).order_by("-called_at")[: RANKED + 1]
    ranked = newest.annotate(rank=SearchRank(F("search"), query)).values("id", "rank", "called_at", "position")
    statement, params = ranked.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({statement}) AS newest ORDER BY rank DESC, called_at DESC, position",  # noqa: S608
            params,
        )
        return [row[0] for row in cursor.fetchall()]


def _by_meaning(
    wanted: Wanted, segments: QuerySet[Segment], organization_id: UUID, narrowed: bool
) -> tuple[list[UUID], str]:
    from zerovoice.speech import embedding  # loads a model: only in processes that search

    vector = embedding.embed([wanted.meaning])[0]
    if wanted.unwanted:
        segments = segments.exclude(search=query_for(wanted.unwanted))
    if settings.ZERODB_API_KEY and not narrowed and not _is_behind(organization_id):
        try:
            matches = zerodb.search(
                zerodb.namespace_of(organization_id, embedding.MODEL),
                vector.tolist(),
                limit=NEAREST,
                threshold=embedding.ALIKE,
            )
        except zerodb.ZeroDBError as error:
            log.warning("zerodb_search_failed", error=str(error))
        else:
            return _ours([match.id for match in matches], segments), "zerodb"
    segments = segments.filter(embedding_model=embedding.MODEL)
    return _nearest(vector, segments, alike=embedding.ALIKE), "local"


def _ours(ids: Sequence[str], segments: QuerySet[Segment]) -> list[UUID]:
    """Those that are there and may be seen, in their order: what ZeroDB says is a hint."""
    found: dict[UUID, None] = {}
    for text in ids:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    there = set(segments.filter(pk__in=found).values_list("pk", flat=True))
    return [pk for pk in found if pk in there]


def _is_behind(organization_id: UUID) -> bool:
    """Whether ZeroDB lacks what it should have: it is being caught up, and would not find all."""
    steps = TranscriptStep.objects.filter(
        organization_id=organization_id, kind=TranscriptStep.Kind.ZERODB, state__in=[State.PENDING, State.PROCESSING]
    )
    since = clock.machine_now().timestamp() - BEHIND_AFTER
    return any(
        error or created.timestamp() < since for error, created in steps.values_list("last_error", "created_at")[:50]
    )


def _nearest(vector: Any, segments: QuerySet[Segment], *, alike: float) -> list[UUID]:
    distance: Any = CosineDistance("embedding", vector)
    few = _are_few(segments)
    if few:  # no index gives the order of a sum, so all of them are compared
        distance = CombinedExpression(distance, "+", Value(0.0), output_field=FloatField())
    with transaction.atomic():
        if not few:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
                    " set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true)",
                    [str(EF_SEARCH), str(MAX_SCANNED)],
                )
        rows = segments.annotate(distance=distance).order_by("distance").values_list("pk", "distance")[:NEAREST]
        return [pk for pk, far in rows if 1 - far >= alike]


def _are_few(segments: QuerySet[Segment]) -> bool:
    """Counted, unless there are clearly more by the planner's estimate: counting rows that pass a filter reads them."""
    (plan,) = json.loads(segments.order_by().values("pk").explain(format="json"))
    return plan["Plan"]["Plan Rows"] <= 4 * FEW and segments.order_by().values("pk")[: FEW + 1].count() <= FEW


def _snippet(segment: Segment) -> tuple[str, float]:
    marked: str = segment.marked  # type: ignore[attr-defined]  # annotated by `_with_rows`
    if {_BEGIN, _END} & set(segment.text):
        return html.escape(segment.text), segment.start
    snippet = html.escape(marked).replace(_BEGIN, "<mark>").replace(_END, "</mark>")
    return snippet, _offset(marked, segment)


def _offset(marked: str, segment: Segment) -> float:
    """When the first word that matched is said."""
    before, found, _ = marked.partition(_BEGIN)
    place = len(before.split()) if not before or before[-1].isspace() else len(before.split()) - 1
    if not found or len(marked.split()) != len(segment.words) or place >= len(segment.words):
        return float(segment.start)
    return float(segment.words[place][1])
