from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Case, Q, When
from pgvector.django import HalfVectorField, HnswIndex

from calls.models.call import Call
from zerovoice.accounts.models import TenantModel, TenantQuerySet
from zerovoice.carrier.work import State, WorkQuerySet, WorkRow
from zerovoice.lib.ids import new_id

DIMENSIONS = 384

#: PostgreSQL's dictionaries by ISO 639-1. Texts in other languages are searched word for word, without stemming.
DICTIONARIES = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def dictionary(language: str) -> str:
    """PostgreSQL's text search configuration for a language."""
    return DICTIONARIES.get(language, "simple")


class Mood(models.TextChoices):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class TranscriptQuerySet(TenantQuerySet["Transcript"]):
    def of_call(self, call: Call) -> Transcript | None:
        """That of the conversation; where there is none, that of the message."""
        found: Transcript | None = self.filter(call=call).order_by("recording__kind", "created_at", "id").first()
        return found


class Transcript(TenantModel):
    """What was said in one recording. `created_at` is when the call began, as in the call logs."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        COMPLETED = "completed"
        FAILED = "failed"

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="transcripts")
    recording = models.OneToOneField("calls.Recording", models.CASCADE, related_name="transcript")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it failed, or why there is nothing in it")
    language = models.CharField(max_length=8, blank=True)
    engine = models.CharField(max_length=100, blank=True)
    words = models.PositiveIntegerField(default=0)
    sentiment = models.CharField(max_length=8, choices=Mood, blank=True)
    sentiment_score = models.FloatField(null=True, help_text="From -1, negative, to 1")
    sentiment_engine = models.CharField(max_length=64, blank=True)
    completed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When what was said was removed")

    # Of the call: what lists are filtered by.
    direction = models.CharField(max_length=8, choices=Call.Direction)
    queue = models.ForeignKey("calls.Queue", models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey("calls.Agent", models.PROTECT, null=True, related_name="+", db_index=False)

    objects: ClassVar = TranscriptQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="calls_transcripts"),
            *(
                models.Index(fields=["organization", field, "-created_at", "-id"], name=f"calls_transcripts_by_{field}")
                for field in ("status", "direction", "sentiment")
            ),
            *(
                models.Index(
                    fields=[field, "-created_at", "-id"], include=["organization"], name=f"calls_transcripts_by_{field}"
                )
                for field in ("queue", "agent")
            ),
        ]

    def __str__(self) -> str:
        return f"Transcript of {self.call}"

    @property
    def is_over(self) -> bool:
        """Nobody works on it: it is finished, or failed."""
        return self.status in (self.Status.COMPLETED, self.Status.FAILED)


class TranscriptStep(WorkRow, TenantModel):
    """One part of the work on a transcript. Each begins when the one before is done."""

    class Kind(models.TextChoices):
        TRANSCRIBE = "transcribe", "Hear it"
        SENTIMENT = "sentiment", "Sentiment"
        INDEX = "index", "Index for the search"
        ZERODB = "zerodb", "Copy to ZeroDB"

    LEASE = timedelta(seconds=20)  # renewed while the worker lives, however long the recording is
    MAX_ATTEMPTS = 6

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="steps", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    progress = models.PositiveSmallIntegerField("percent done", default=0)

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["transcript", "kind"], name="calls_one_step_of_a_kind")]
        indexes = [
            *WorkRow.indexes("transcript_step"),
            models.Index(
                fields=["organization"],
                name="calls_steps_behind",
                condition=Q(kind="zerodb", state__in=[State.PENDING, State.PROCESSING]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Segment(models.Model):
    """About a sentence, by one speaker. Seconds are from the beginning of the recording.

    It repeats what the call is filtered by: a search looks at nothing else.
    """

    class Speaker(models.TextChoices):
        CUSTOMER = "customer"
        AGENT = "agent"
        TARGET = "target", "Transfer target"
        SYSTEM = "system"
        MIXED = "mixed", "Several, on one channel"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", db_index=False)
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="segments", db_index=False)
    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    speaker = models.CharField(max_length=8, choices=Speaker)
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    confidence = models.FloatField(help_text="From 0 to 1")
    words: models.JSONField[Any, Any] = models.JSONField(default=list, help_text="[text, start, end, probability] each")
    language = models.CharField(max_length=8)
    sentiment = models.CharField(max_length=8, choices=Mood, blank=True)
    sentiment_score = models.FloatField(null=True)

    called_at = models.DateTimeField()
    direction = models.CharField(max_length=8)
    queue_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)

    search = models.GeneratedField(
        expression=Case(
            *(When(language=code, then=SearchVector("text", config=name)) for code, name in DICTIONARIES.items()),
            default=SearchVector("text", config="simple"),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True)
    embedding_model = models.CharField(max_length=64, blank=True)

    objects: ClassVar = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["transcript", "position"]
        constraints = [
            models.UniqueConstraint(fields=["transcript", "position"], name="calls_segment_once"),
        ]
        indexes = [
            GinIndex(fields=["organization", "search"], name="calls_segments_words", fastupdate=False),
            HnswIndex(
                fields=["embedding"],
                name="calls_segments_meaning",
                m=24,
                ef_construction=200,
                opclasses=["halfvec_cosine_ops"],
            ),
            models.Index(fields=["organization", "-called_at"], name="calls_segments_by_date"),
            models.Index(fields=["agent_id", "-called_at"], include=["organization"], name="calls_segments_by_agent"),
            models.Index(fields=["queue_id", "-called_at"], include=["organization"], name="calls_segments_by_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.speaker} at {self.start:.1f} s"


class VectorRemoval(WorkRow, TenantModel):
    """Vectors that ZeroDB is to forget, because what they stand for is gone."""

    vector_ids: models.JSONField[Any, Any] = models.JSONField(default=list)

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["created_at", "id"]
        indexes = WorkRow.indexes("vector_removal")

    def __str__(self) -> str:
        return f"Removal of {len(self.vector_ids)} vectors"
