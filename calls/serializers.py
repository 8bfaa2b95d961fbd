from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Agent, Call, CallLeg, CallNote, Queue, Recording
from zerovoice.api.serializers import (
    DialedField,
    OwnNumberField,
    PhoneField,
    StrictSerializer,
    WebAddressField,
)
from zerovoice.carrier.work import State as FetchState

# --- what the API answers ---


class NamedSerializer(serializers.Serializer[Any]):
    """A reference that people can read."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class LegSerializer(serializers.ModelSerializer[CallLeg]):
    agent = NamedSerializer(allow_null=True)

    class Meta:
        model = CallLeg
        fields = (
            "id",
            "role",
            "status",
            "from_number",
            "to_number",
            "agent",
            "failure_reason",
            "created_at",
            "answered_at",
            "accepted_at",
            "ended_at",
        )


@extend_schema_serializer(examples=[examples.FINISHED_CALL])
class CallSerializer(serializers.ModelSerializer[Call]):
    """A call as lists show it."""

    queue = NamedSerializer(allow_null=True, help_text="Where the customer waits or waited last")
    agent = NamedSerializer(allow_null=True, help_text="Who speaks, or spoke last, with the customer")
    disposition = serializers.CharField(
        help_text="What became of it: answered, no_answer, busy, failed, canceled, voicemail, abandoned or a word of "
        "yours; empty while it lasts"
    )
    failure_reason = serializers.CharField(help_text="Why it failed, such as invalid_number; else empty")
    hung_up_by = serializers.CharField(help_text="customer, agent, target, api; empty while it lasts")
    status_callback_url = serializers.CharField(help_text="Empty if none was given")

    class Meta:
        model = Call
        fields = (
            "id",
            "direction",
            "from_number",
            "to_number",
            "status",
            "phase",
            "disposition",
            "failure_reason",
            "hung_up_by",
            "queue",
            "agent",
            "record",
            "status_callback_url",
            "created_at",
            "answered_at",
            "ended_at",
            "ring_seconds",
            "wait_seconds",
            "talk_seconds",
            "duration_seconds",
        )


@extend_schema_serializer(examples=[examples.CALL_IN_DETAIL])
class CallDetailSerializer(CallSerializer):
    """A call with its legs."""

    legs = LegSerializer(many=True)

    class Meta(CallSerializer.Meta):
        fields = (*CallSerializer.Meta.fields, "legs")  # type: ignore[assignment]


@extend_schema_serializer(examples=[examples.NOTE])
class NoteSerializer(serializers.ModelSerializer[CallNote]):
    class Meta:
        model = CallNote
        fields = ("id", "text", "author_name", "created_at")


@extend_schema_serializer(examples=[examples.RECORDING])
class RecordingSerializer(serializers.ModelSerializer[Recording]):
    channels = serializers.ListField(
        child=serializers.CharField(), help_text="Who speaks on which channel, in the order of the file"
    )
    sha256 = serializers.CharField(help_text="Of the audio, in hexadecimal; empty until it is fetched")
    audio_url = serializers.SerializerMethodField(help_text="WAV, with byte ranges; null until the media is fetched")
    media = serializers.ChoiceField(
        source="state", choices=FetchState.choices, help_text="How far we are with fetching the audio"
    )

    class Meta:
        model = Recording
        fields = ("id", "status", "channels", "started_at", "duration_seconds", "media", "size", "sha256", "audio_url")

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_audio_url(self, recording: Recording) -> str | None:
        if not recording.file:
            return None
        path = reverse("call-audio", kwargs={"call_id": recording.call_id, "recording_id": recording.pk})
        return str(self.context["request"].build_absolute_uri(path))


@extend_schema_serializer(examples=[examples.QUEUE])
class QueueSerializer(serializers.ModelSerializer[Queue]):
    class Meta:
        model = Queue
        fields = (
            "id",
            "name",
            "is_default",
            "ring_timeout_seconds",
            "max_wait_seconds",
            "wrap_up_seconds",
            "created_at",
        )


@extend_schema_serializer(examples=[examples.AGENT])
class AgentSerializer(serializers.ModelSerializer[Agent]):
    state_reason = serializers.CharField(help_text="Why they are on a break or offline; may be empty")
    user_id = serializers.UUIDField(allow_null=True, help_text="The member who logs in as this agent")
    queues = NamedSerializer(many=True)

    class Meta:
        model = Agent
        fields = (
            "id",
            "name",
            "endpoint",
            "user_id",
            "press_to_accept",
            "state",
            "state_reason",
            "state_since",
            "wrap_up_until",
            "queues",
            "created_at",
        )


# --- what the API takes ---

TRANSFER_TYPES = ("warm", "cold")


@extend_schema_serializer(examples=[examples.PLACE_CALL, examples.PLACE_CALL_WITH_EVERYTHING])
class PlaceCallSerializer(StrictSerializer):
    from_number = OwnNumberField(help_text="E.164 caller ID or number id; one of the organization's numbers")
    to_number = DialedField(help_text="E.164 destination number")
    record = serializers.BooleanField(required=False, help_text="Record the call (default: false)")
    queue_id = serializers.UUIDField(required=False, help_text="Route through a specific queue")
    status_callback_url = WebAddressField(required=False, help_text="Webhook URL for status updates")


@extend_schema_serializer(examples=[examples.TRANSFER])
class TransferSerializer(StrictSerializer):
    target_number = DialedField(help_text="E.164 number to hand the customer over to")
    transfer_type = serializers.ChoiceField(choices=TRANSFER_TYPES, help_text="How: `cold` releases the agent at once")


class HangupSerializer(StrictSerializer):
    pass


@extend_schema_serializer(examples=[examples.DISPOSITION])
class DispositionSerializer(StrictSerializer):
    disposition = serializers.CharField(max_length=64, help_text="What became of the call, in your words")


@extend_schema_serializer(examples=[examples.WRITE_NOTE])
class WriteNoteSerializer(StrictSerializer):
    text = serializers.CharField(max_length=10_000)


@extend_schema_serializer(examples=[examples.WRITE_QUEUE])
class WriteQueueSerializer(StrictSerializer):
    name = serializers.CharField(max_length=64)
    is_default = serializers.BooleanField(required=False)
    ring_timeout_seconds = serializers.IntegerField(required=False, min_value=5, max_value=120)
    max_wait_seconds = serializers.IntegerField(required=False, min_value=10, max_value=14_400)
    wrap_up_seconds = serializers.IntegerField(required=False, min_value=0, max_value=3_600)


@extend_schema_serializer(examples=[examples.WRITE_AGENT])
class WriteAgentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=128)
    endpoint = PhoneField(help_text="The phone that rings them, E.164")
    user_id = serializers.UUIDField(required=False, allow_null=True, help_text="The member who logs in as this agent")
    press_to_accept = serializers.BooleanField(required=False)
    queue_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)


@extend_schema_serializer(examples=[examples.PRESENCE])
class PresenceSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=[str(state) for state in Agent.PRESENCES])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=64)
