from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from calls.models import Segment, Transcript
from calls.serializers.transcript import SentimentSerializer

_SENTIMENT = {"label": "negative", "score": -0.41, "engine": "minilm-cues-1"}
_EXAMPLE = {
    "call_id": "0199c0de-0000-7000-8000-000000000003",
    "transcript_id": "0199c0de-0000-7000-8000-000000000030",
    "status": "completed",
    "duration_seconds": 48,
    "overall": _SENTIMENT,
    "speakers": [
        {"speaker": "customer", "sentiment": {**_SENTIMENT, "score": -0.62}, "segments": 9, "words": 71},
        {
            "speaker": "agent",
            "sentiment": {"label": "neutral", "score": 0.08, "engine": "minilm-cues-1"},
            "segments": 6,
            "words": 25,
        },
    ],
    "timeline": [
        {"start": 0.0, "end": 4.8, "sentiment": None, "speakers": {}},
        {"start": 4.8, "end": 9.6, "sentiment": _SENTIMENT, "speakers": {"customer": _SENTIMENT}},
    ],
}


class SpeakerSentimentSerializer(serializers.Serializer[Any]):
    speaker = serializers.ChoiceField(choices=Segment.Speaker.choices)
    sentiment = SentimentSerializer()
    segments = serializers.IntegerField(help_text="How many of theirs there are")
    words = serializers.IntegerField()


class StretchSerializer(serializers.Serializer[Any]):
    start = serializers.FloatField(help_text="Seconds from the beginning of the recording")
    end = serializers.FloatField()
    sentiment = SentimentSerializer(allow_null=True, help_text="Null where nobody spoke")
    speakers = serializers.DictField(child=SentimentSerializer(), help_text="Of each who spoke, by speaker")


@extend_schema_serializer(examples=[OpenApiExample("An angry customer", _EXAMPLE, status_codes=["200"])])
class CallSentimentSerializer(serializers.Serializer[Any]):
    call_id = serializers.UUIDField()
    transcript_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Transcript.Status.choices, help_text="Of the transcript")
    duration_seconds = serializers.IntegerField(help_text="Of the recording")
    overall = SentimentSerializer(
        allow_null=True, help_text="The mean over what people said; null until it is known, and when nobody spoke"
    )
    speakers = SpeakerSentimentSerializer(many=True, help_text="In the order in which they first spoke")
    timeline = StretchSerializer(many=True, help_text="The call in ten equal stretches")
