from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from analytics.buckets import INTERVALS
from calls.models import Agent, Segment, Transcript
from calls.serializers.names import NamedSerializer
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


_RATIO = {"value": 0.8125, "numerator": 130, "denominator": 160}
_PERIOD = {"date_start": "2026-03-01T08:00:00Z", "date_end": "2026-03-02T08:00:00Z", "timezone": "America/Los_Angeles"}
_COUNTS = {
    "calls": 160, "inbound": 120, "outbound": 40, "answered": 130, "abandoned": 12, "voicemail": 6,
    "talk_seconds": 24570, "hold_seconds": 1210, "wait_seconds": 3110, "wrap_up_seconds": 3900,
    "duration_seconds": 30040,
}  # fmt: skip


class RatioSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null where there is nothing to divide by")
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()


class CountsSerializer(serializers.Serializer[Any]):
    calls = serializers.IntegerField(help_text="That began then, those that still last included")
    inbound = serializers.IntegerField()
    outbound = serializers.IntegerField()
    answered = serializers.IntegerField(help_text="In which somebody spoke with the customer")
    abandoned = serializers.IntegerField(help_text="The caller hung up before")
    voicemail = serializers.IntegerField(help_text="In which a message was left")
    talk_seconds = serializers.IntegerField()
    hold_seconds = serializers.IntegerField()
    wait_seconds = serializers.IntegerField(help_text="In queues")
    wrap_up_seconds = serializers.IntegerField()
    duration_seconds = serializers.IntegerField()


class BucketSerializer(CountsSerializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="The first moment after it")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields.pop(name) for name in ("start", "end")} | fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A day",
            {
                "interval": "day",
                **_PERIOD,
                "buckets": [{"start": _PERIOD["date_start"], "end": _PERIOD["date_end"], **_COUNTS}],
                "totals": _COUNTS,
            },
            status_codes=["200"],
            media_type="application/json",
        )
    ]
)
class CallVolumeSerializer(serializers.Serializer[Any]):
    interval = serializers.ChoiceField(choices=INTERVALS)
    date_start = serializers.DateTimeField(help_text="From then on")
    date_end = serializers.DateTimeField(help_text="Before then")
    timezone = serializers.CharField(help_text="The organization's: days and hours are those of it")
    buckets = BucketSerializer(many=True)
    totals = CountsSerializer()


class DispositionSerializer(serializers.Serializer[Any]):
    disposition = serializers.CharField(help_text="What happened, or the word that a person chose")
    calls = serializers.IntegerField()
    share = RatioSerializer(help_text="Of the calls that are over")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A day",
            {
                **_PERIOD,
                "calls": 160,
                "dispositions": [{"disposition": "answered", "calls": 130, "share": _RATIO}],
            },
            status_codes=["200"],
            media_type="application/json",
        )
    ]
)
class DispositionsSerializer(serializers.Serializer[Any]):
    date_start = serializers.DateTimeField(help_text="From then on")
    date_end = serializers.DateTimeField(help_text="Before then")
    timezone = serializers.CharField(help_text="The organization's: bare dates are days in it")
    calls = serializers.IntegerField(help_text="That began then and are over")
    dispositions = DispositionSerializer(many=True, help_text="The most frequent first")


_STATES = {"available": 9120, "ringing": 310, "busy": 15200, "wrap_up": 2400, "break": 1800, "offline": 0}


class StatesSerializer(serializers.Serializer[Any]):
    available = serializers.IntegerField()
    ringing = serializers.IntegerField()
    busy = serializers.IntegerField()
    wrap_up = serializers.IntegerField()
    offline = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return super().get_fields() | {"break": serializers.IntegerField()}  # a word that Python keeps for itself


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A busy day",
            {
                "agent": {"id": "0199c0de-0000-7000-8000-000000000002", "name": "Ada Byron"},
                "state": "busy",
                "rung": 44,
                "handled": 40,
                "missed": 2,
                "talk_and_hold_seconds": 15200,
                "wrap_up_seconds": 2400,
                "average_handle_time": {"value": 440.0, "numerator": 17600, "denominator": 40},
                "occupancy": {"value": 0.6626, "numerator": 17910, "denominator": 27030},
                "seconds_in_state": _STATES,
            },
            status_codes=["200"],
            media_type="application/json",
        )
    ]
)
class AgentPerformanceSerializer(serializers.Serializer[Any]):
    agent = NamedSerializer()
    state = serializers.ChoiceField(choices=Agent.State.choices, help_text="Now")
    rung = serializers.IntegerField(help_text="How often their phone was rung")
    handled = serializers.IntegerField(help_text="Calls that they took")
    missed = serializers.IntegerField(help_text="Rung, and not taken by them")
    talk_and_hold_seconds = serializers.IntegerField(help_text="From taking a call to its end for them")
    wrap_up_seconds = serializers.IntegerField()
    average_handle_time = RatioSerializer(help_text="(talk + hold + wrap-up) ÷ handled, in seconds")
    occupancy = RatioSerializer(help_text="Handling ÷ (handling + available), in seconds")
    seconds_in_state = StatesSerializer()


class QueueNowSerializer(serializers.Serializer[Any]):
    waiting = serializers.IntegerField()
    longest_wait_seconds = serializers.IntegerField()
    agents = StatesSerializer(help_text="How many are in which state")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A busy day",
            {
                "queue": {"id": "0199c0de-0000-7000-8000-000000000001", "name": "Support"},
                "offered": 160, "answered": 140, "abandoned": 14, "short_abandoned": 4, "overflow": 3, "voicemail": 2,
                "callback": 1, "canceled": 0, "service_level_threshold_seconds": 20, "short_abandon_seconds": 5,
                "service_level": {"value": 0.8667, "numerator": 130, "denominator": 150},
                "abandonment": {"value": 0.0641, "numerator": 10, "denominator": 156},
                "average_speed_of_answer": {"value": 11.5, "numerator": 1610, "denominator": 140},
                "longest_wait_seconds": 94,
                "live": {"waiting": 2, "longest_wait_seconds": 31, "agents": {
                    "available": 0, "ringing": 1, "busy": 5, "wrap_up": 1, "break": 1, "offline": 3,
                }},
            },
            status_codes=["200"],
            media_type="application/json",
        )
    ]
)  # fmt: skip
class QueueReportSerializer(serializers.Serializer[Any]):
    queue = NamedSerializer()
    offered = serializers.IntegerField(help_text="Callers who came to it then")
    answered = serializers.IntegerField()
    abandoned = serializers.IntegerField(help_text="Who hung up before")
    short_abandoned = serializers.IntegerField(help_text="Of those, within `short_abandon_seconds`")
    overflow = serializers.IntegerField(help_text="Who waited too long, or found it full")
    voicemail = serializers.IntegerField()
    callback = serializers.IntegerField(help_text="Who asked to be called back")
    canceled = serializers.IntegerField(help_text="Hung up or transferred by you")
    service_level_threshold_seconds = serializers.IntegerField()
    short_abandon_seconds = serializers.IntegerField()
    service_level = RatioSerializer(
        help_text="Answered within the threshold ÷ (answered + abandoned - short-abandoned)"
    )
    abandonment = RatioSerializer(help_text="(Abandoned - short-abandoned) ÷ (offered - short-abandoned)")
    average_speed_of_answer = RatioSerializer(help_text="Seconds, over those who were answered")
    longest_wait_seconds = serializers.IntegerField()
    live = QueueNowSerializer(help_text="Who is there now")
