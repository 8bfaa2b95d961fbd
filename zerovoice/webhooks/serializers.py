from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from zerovoice.api.serializers import StrictSerializer
from zerovoice.webhooks import catalogue
from zerovoice.webhooks.actions import OVERLAP_SECONDS
from zerovoice.webhooks.fields import EndpointUrlField
from zerovoice.webhooks.models import Delivery, Endpoint, Replay

MOST_OVERLAP_SECONDS = 7 * 86_400
_ID = "0199c0de-0000-7000-8000-000000000060"
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 - the convention's own example
_ENDPOINT: dict[str, Any] = {
    "id": _ID,
    "url": "https://crm.example.com/hooks/zerovoice",
    "description": "CRM",
    "types": ["call.*", "voicemail.new"],
    "enabled": True,
    "disabled_reason": "",
    "disabled_at": None,
    "failing_since": None,
    "previous_secret_until": None,
    "created_at": "2026-03-02T14:00:00Z",
}
_EVENT: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000061",
    "type": "call.completed",
    "timestamp": "2026-03-02T14:00:00.123456Z",
    "position": 4711,
    "sequence": 4,
    "object": {
        "type": "call",
        "id": "0199c0de-0000-7000-8000-000000000001",
        "url": "/api/v1/calls/0199c0de-0000-7000-8000-000000000001",
    },
    "data": {"status": "completed", "direction": "inbound", "disposition": "answered", "duration_seconds": 95},
}
_DELIVERY: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000062",
    "event_id": _EVENT["id"],
    "type": "call.completed",
    "url": "",
    "state": "pending",
    "attempts": 1,
    "response_status": 500,
    "last_error": "Answered 500",
    "next_attempt_at": "2026-03-02T14:00:07Z",
    "created_at": "2026-03-02T14:00:01Z",
    "finished_at": None,
}
_ATTEMPT = {"at": "2026-03-02T14:00:02Z", "status": 500, "latency_ms": 120, "error": "Answered 500"}


@extend_schema_serializer(examples=[OpenApiExample("An endpoint", _ENDPOINT, status_codes=["200", "202"])])
class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    types = serializers.ListField(child=serializers.CharField(), help_text="`call.completed`, `call.*`, or `*` for all")
    disabled_reason = serializers.CharField(help_text="owner, gone (it answered 410) or failing; empty while enabled")
    failing_since = serializers.DateTimeField(allow_null=True, help_text="Every attempt since then has failed")
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then messages are signed with the secret before the last rotation as well"
    )

    class Meta:
        model = Endpoint
        fields = tuple(_ENDPOINT)
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("With its secret", {**_ENDPOINT, "secret": _SECRET})])
class EndpointWithSecretSerializer(EndpointSerializer):
    secret = serializers.CharField(help_text="It is shown this once. Messages are signed with it.")

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")
        read_only_fields = fields


class PatternField(serializers.CharField):
    """Kinds of events: one, those of a group, or all."""


class PatternSchema(OpenApiSerializerFieldExtension):
    target_class = PatternField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        known = sorted({"*", *(name for kind in catalogue.every() for name in (kind.name, f"{kind.group}.*"))})
        return {"type": "string", "pattern": f"^({'|'.join(re.escape(name) for name in known)})$"}


@extend_schema_serializer(
    examples=[
        OpenApiExample("Calls and voicemails", {"url": _ENDPOINT["url"], "types": ["call.*", "voicemail.new"]}),
        OpenApiExample("Everything", {"url": _ENDPOINT["url"], "types": ["*"], "description": "Data warehouse"}),
    ]
)
class EndpointWriteSerializer(StrictSerializer):
    url = EndpointUrlField(help_text="Where events are posted to; https, on the public internet")
    types = serializers.ListField(
        child=PatternField(max_length=64),
        allow_empty=False,
        min_length=1,
        max_length=100,
        help_text="Kinds of events, see `/webhook-event-types`: `call.completed`, `call.*`, or `*` for all",
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)

    def validate_types(self, types: list[str]) -> list[str]:
        if unknown := [pattern for pattern in types if not catalogue.is_known(pattern)]:
            raise serializers.ValidationError(f"No kind of event is called {unknown[0]}")
        return types


@extend_schema_serializer(
    examples=[OpenApiExample("A day of overlap", {"overlap_seconds": 86_400}), OpenApiExample("It leaked", {})]
)
class RotationSerializer(StrictSerializer):
    overlap_seconds = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_OVERLAP_SECONDS,
        default=OVERLAP_SECONDS,
        help_text="How long messages are signed with the old secret as well; 0: from now on only with the new one",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("A secret", {"secret": _SECRET, "previous_secret_until": "2026-03-03T14:00:00Z"})]
)
class SecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Messages are signed with it.")
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then they are signed with the one before as well"
    )


@extend_schema_serializer(examples=[OpenApiExample("A delivery that will be tried again", _DELIVERY)])
class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    event_id = serializers.UUIDField(help_text="Also the message's `webhook-id`")
    type = serializers.CharField(source="kind")
    url = serializers.CharField(help_text="Of a single request's `status_callback_url`; else empty")
    response_status = serializers.IntegerField(allow_null=True, help_text="What it answered last; null: nothing")
    next_attempt_at = serializers.SerializerMethodField(help_text="Null when there is none")

    class Meta:
        model = Delivery
        fields = tuple(_DELIVERY)
        read_only_fields = fields

    def get_next_attempt_at(self, delivery: Delivery) -> datetime | None:
        return delivery.due_at if delivery.state == Delivery.State.PENDING else None


class AttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.IntegerField()
    error = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "With its attempts",
            {**_DELIVERY, "body": '{"id":"0199c0de-0000-7000-8000-000000000061","type":"…"}', "log": [_ATTEMPT]},
            status_codes=["200", "202"],
        )
    ]
)
class DeliveryDetailSerializer(DeliverySerializer):
    body = serializers.CharField(help_text="As it is sent, each time alike; empty once it is no longer kept")
    log = serializers.SerializerMethodField(help_text="Each attempt, the first first; of many, the last 50")

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "body", "log")
        read_only_fields = fields

    @extend_schema_field(AttemptSerializer(many=True))
    def get_log(self, delivery: Delivery) -> Any:
        return delivery.log


@extend_schema_serializer(
    examples=[OpenApiExample("A night", {"since": "2026-03-01T22:00:00Z", "until": "2026-03-02T06:00:00Z"})]
)
class ReplayWriteSerializer(StrictSerializer):
    since = serializers.DateTimeField(help_text="Events from then on")
    until = serializers.DateTimeField(help_text="and before then")
    delivered_too = serializers.BooleanField(required=False, help_text="Also what was delivered; else what was not")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] >= attrs["until"]:
            raise serializers.ValidationError({"until": "Must be after since"})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A replay under way",
            {
                "id": "0199c0de-0000-7000-8000-000000000063",
                "since": "2026-03-01T22:00:00Z",
                "until": "2026-03-02T06:00:00Z",
                "delivered_too": False,
                "event_count": 200,
                "created_at": "2026-03-02T08:00:00Z",
                "finished_at": None,
            },
            status_codes=["200", "202"],
        )
    ]
)
class ReplaySerializer(serializers.ModelSerializer[Replay]):
    event_count = serializers.IntegerField(help_text="Told again so far")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When all of them were put among the pending")

    class Meta:
        model = Replay
        fields = ("id", "since", "until", "delivered_too", "event_count", "created_at", "finished_at")
        read_only_fields = fields


class SubjectSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.UUIDField()
    url = serializers.CharField(allow_null=True, help_text="Where it is read, if it can be")


class EventSerializer(serializers.Serializer[Any]):
    """What is posted to endpoints, word for word, and what the feed has."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    timestamp = serializers.DateTimeField(help_text="When it happened")
    position = serializers.IntegerField(help_text="In the organization's line of events: 1, 2, 3 …, without gaps")
    sequence = serializers.IntegerField(help_text="The same among the events of its object")
    object = SubjectSerializer(help_text="What it is about")
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="Ids, states and figures; never a person's words, name or number"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "One event, and no more yet",
            {"count": 1, "count_exact": True, "next": None, "previous": None, "after": 4711, "results": [_EVENT]},
        )
    ]
)
class EventPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many come after the cursor, these included; at most 10000")
    count_exact = serializers.BooleanField(help_text="False when there are more than were counted")
    next = serializers.CharField(allow_null=True, help_text="The rest, if there is more by now")
    previous = serializers.CharField(allow_null=True, help_text="Always null: a feed is read forwards")
    after = serializers.IntegerField(help_text="The cursor to come back with")
    results = EventSerializer(many=True)


class EventTypeSerializer(serializers.Serializer[Any]):
    type = serializers.CharField(source="name")
    description = serializers.CharField()
    object = serializers.CharField(source="subject", help_text="What kind of thing it is about")
    example = serializers.DictField(help_text="Of the event's `data`")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "One kind",
            {
                "count": 1,
                "next": None,
                "previous": None,
                "results": [
                    {
                        "type": "voicemail.new",
                        "description": "A caller left a message.",
                        "object": "voicemail",
                        "example": {"call_id": "0199c0de-0000-7000-8000-000000000001"},
                    }
                ],
            },
        )
    ]
)
class EventTypePageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True, help_text="Always null: they are all here")
    previous = serializers.CharField(allow_null=True)
    results = EventTypeSerializer(many=True)
