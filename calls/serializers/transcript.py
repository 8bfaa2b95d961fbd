from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls.models import Mood, Recording, Segment, Transcript, TranscriptStep
from calls.serializers.names import NamedSerializer
from calls.transcript_search import MATCHED, Hit
from zerovoice.carrier.work import State

_ID = "0199c0de-0000-7000-8000-000000000030"
_CALL = "0199c0de-0000-7000-8000-000000000003"
_QUEUE = {"id": "0199c0de-0000-7000-8000-000000000001", "name": "Support"}
_AGENT = {"id": "0199c0de-0000-7000-8000-000000000002", "name": "Ada Byron"}
_SUMMARY = {
    "id": _ID,
    "call_id": _CALL,
    "recording_id": "0199c0de-0000-7000-8000-000000000004",
    "kind": "conversation",
    "status": "completed",
    "reason": "",
    "progress": 100,
    "language": "en",
    "engine": "faster-whisper tiny.en int8",
    "duration_seconds": 48,
    "words": 96,
    "sentiment": {"label": "negative", "score": -0.41, "engine": "minilm-cues-1"},
    "direction": "inbound",
    "from_number": "+14155550142",
    "to_number": "+14155550100",
    "queue": _QUEUE,
    "agent": _AGENT,
    "created_at": "2026-03-02T19:04:11.310000Z",
    "completed_at": "2026-03-02T19:05:21.002000Z",
    "steps": [
        {"step": "transcribe", "status": "completed", "progress": 100, "reason": ""},
        {"step": "sentiment", "status": "completed", "progress": 100, "reason": ""},
        {"step": "index", "status": "completed", "progress": 100, "reason": ""},
    ],
}
_SEGMENT = {
    "id": "0199c0de-0000-7000-8000-000000000031",
    "speaker": "customer",
    "start": 6.42,
    "end": 8.9,
    "text": "I want to end the subscription.",
    "confidence": 0.94,
    "sentiment": {"label": "neutral", "score": -0.12},
    "words": [{"text": "I", "start": 6.42, "end": 6.6, "probability": 0.98}],
}
_STATUS = {State.PENDING: "pending", State.PROCESSING: "processing", State.DONE: "completed", State.FAILED: "failed"}


def _mood(label: str, score: float | None, **more: str) -> dict[str, Any] | None:
    return {"label": label, "score": round(score or 0.0, 3), **more} if label else None


class SegmentSentimentSerializer(serializers.Serializer[Any]):
    label = serializers.ChoiceField(choices=Mood.choices)  # type: ignore[assignment]  # Field has one for forms
    score = serializers.FloatField(help_text="From -1, negative, to 1, positive")


class SentimentSerializer(SegmentSentimentSerializer):
    engine = serializers.CharField(help_text="What judged; scores of two engines cannot be compared")


class StepSerializer(serializers.ModelSerializer[TranscriptStep]):
    step = serializers.ChoiceField(source="kind", choices=TranscriptStep.Kind.choices)
    status = serializers.SerializerMethodField()
    progress = serializers.IntegerField(help_text="Percent")
    reason = serializers.SerializerMethodField(help_text="Why it failed, or why it is tried again")

    class Meta:
        model = TranscriptStep
        fields = ("step", "status", "progress", "reason")

    @extend_schema_field(serializers.ChoiceField(choices=Transcript.Status.choices))
    def get_status(self, step: TranscriptStep) -> str:
        return _STATUS[State(step.state)]

    def get_reason(self, step: TranscriptStep) -> str:
        return step.last_error


@extend_schema_serializer(examples=[OpenApiExample("A finished one", _SUMMARY, status_codes=["200"])])
class TranscriptSerializer(serializers.ModelSerializer[Transcript]):
    kind = serializers.ChoiceField(source="recording.kind", choices=Recording.Kind.choices)
    progress = serializers.SerializerMethodField(help_text="Percent of the sound that has been heard")
    duration_seconds = serializers.IntegerField(source="recording.duration_seconds", help_text="Of the recording")
    words = serializers.IntegerField(help_text="How many are in it")
    sentiment = serializers.SerializerMethodField(help_text="Of the whole; null until it is known")
    from_number = serializers.CharField(source="call.from_number", help_text="As the carrier gives it")
    to_number = serializers.CharField(source="call.to_number")
    queue = NamedSerializer(allow_null=True)
    agent = NamedSerializer(allow_null=True)
    created_at = serializers.DateTimeField(help_text="When the call began")
    steps = StepSerializer(many=True)

    class Meta:
        model = Transcript
        fields: tuple[str, ...] = (
            "id",
            "call_id",
            "recording_id",
            "kind",
            "status",
            "reason",
            "progress",
            "language",
            "engine",
            "duration_seconds",
            "words",
            "sentiment",
            "direction",
            "from_number",
            "to_number",
            "queue",
            "agent",
            "created_at",
            "completed_at",
            "steps",
        )

    def get_progress(self, transcript: Transcript) -> int:
        heard = [step.progress for step in transcript.steps.all() if step.kind == TranscriptStep.Kind.TRANSCRIBE]
        return heard[0] if heard else 0

    @extend_schema_field(SentimentSerializer(allow_null=True))
    def get_sentiment(self, transcript: Transcript) -> dict[str, Any] | None:
        return _mood(transcript.sentiment, transcript.sentiment_score, engine=transcript.sentiment_engine)


class WordSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    start = serializers.FloatField(help_text="Seconds from the beginning of the recording")
    end = serializers.FloatField()
    probability = serializers.FloatField(help_text="From 0 to 1")


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    start = serializers.FloatField(help_text="Seconds from the beginning of the recording")
    end = serializers.FloatField()
    confidence = serializers.FloatField(help_text="The mean of the words' probabilities, from 0 to 1")
    sentiment = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = ("id", "speaker", "start", "end", "text", "confidence", "sentiment", "words")

    @extend_schema_field(SegmentSentimentSerializer(allow_null=True))
    def get_sentiment(self, segment: Segment) -> dict[str, Any] | None:
        return _mood(segment.sentiment, segment.sentiment_score)

    @extend_schema_field(WordSerializer(many=True))
    def get_words(self, segment: Segment) -> list[dict[str, Any]]:
        names = ("text", "start", "end", "probability")
        return [dict(zip(names, word, strict=True)) for word in segment.words]


@extend_schema_serializer(
    examples=[OpenApiExample("With what was said", {**_SUMMARY, "segments": [_SEGMENT]}, status_codes=["200"])]
)
class TranscriptDetailSerializer(TranscriptSerializer):
    segments = SegmentSerializer(many=True, help_text="In order of time")

    class Meta(TranscriptSerializer.Meta):
        fields = (*TranscriptSerializer.Meta.fields, "segments")


class CallOfHitSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    direction = serializers.CharField()
    from_number = serializers.CharField()
    to_number = serializers.CharField()
    queue = NamedSerializer(allow_null=True)
    agent = NamedSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


_HIT = {
    "transcript_id": _ID,
    "call_id": _CALL,
    "segment_id": _SEGMENT["id"],
    "speaker": "customer",
    "start": 6.42,
    "end": 8.9,
    "offset": 7.31,
    "text": _SEGMENT["text"],
    "snippet": "I want to end the <mark>subscription</mark>.",
    "sentiment": _SEGMENT["sentiment"],
    "matched": ["words", "meaning"],
    "score": 0.0325,
    "call": {
        "id": _CALL,
        "direction": "inbound",
        "from_number": "+14155550142",
        "to_number": "+14155550100",
        "queue": _QUEUE,
        "agent": _AGENT,
        "created_at": "2026-03-02T19:04:11.310000Z",
    },
}


@extend_schema_serializer(examples=[OpenApiExample("Found by words and meaning", _HIT, status_codes=["200"])])
class HitSerializer(serializers.Serializer[Hit]):
    transcript_id = serializers.UUIDField(source="segment.transcript_id")
    call_id = serializers.UUIDField(source="segment.call_id")
    segment_id = serializers.UUIDField()
    speaker = serializers.ChoiceField(source="segment.speaker", choices=Segment.Speaker.choices)
    start = serializers.FloatField(source="segment.start", help_text="Seconds from the beginning of the recording")
    end = serializers.FloatField(source="segment.end")
    offset = serializers.FloatField(help_text="When the first word that matched is said, in the same seconds")
    text = serializers.CharField(source="segment.text")
    snippet = serializers.CharField(help_text="The text as safe HTML, with `<mark>` around what matched")
    sentiment = serializers.SerializerMethodField()
    matched = serializers.ListField(
        source="found_by",
        child=serializers.ChoiceField(choices=MATCHED),
        help_text="By what it was found",
    )
    score = serializers.FloatField(help_text="Higher is better, within one search")
    call = CallOfHitSerializer(source="segment.call")

    @extend_schema_field(SegmentSentimentSerializer(allow_null=True))
    def get_sentiment(self, hit: Hit) -> dict[str, Any] | None:
        return _mood(hit.segment.sentiment, hit.segment.sentiment_score) if hit.segment else None
