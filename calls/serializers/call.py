from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Call, CallLeg, CallNote
from calls.serializers.names import NamedSerializer
from zerovoice.api.serializers import DialedField, OwnNumberField, StrictSerializer
from zerovoice.webhooks.fields import CallbackUrlField


class LegSerializer(serializers.ModelSerializer[CallLeg]):
    agent = NamedSerializer(allow_null=True)
    transfer = serializers.CharField(help_text="cold or warm: the transfer that rang it; else empty")
    mode = serializers.CharField(help_text="listen, whisper or barge: what a supervisor does; else empty")

    class Meta:
        model = CallLeg
        fields = (
            "id",
            "role",
            "transfer",
            "mode",
            "status",
            "from_number",
            "to_number",
            "agent",
            "failure_reason",
            "created_at",
            "answered_at",
            "accepted_at",
            "ended_at",
            "wrap_up_seconds",
        )


class ConsentSerializer(serializers.ModelSerializer[Call]):
    mode = serializers.ChoiceField(source="consent_mode", choices=Call.Consent.choices)
    wording = serializers.CharField(source="consent_text")
    answer = serializers.CharField(source="consent_answer", help_text="told, yes, no or silence; empty until then")
    answered_at = serializers.DateTimeField(source="consent_at", allow_null=True)

    class Meta:
        model = Call
        fields = ("mode", "wording", "answer", "answered_at")


@extend_schema_serializer(examples=[examples.FINISHED_CALL])
class CallSerializer(serializers.ModelSerializer[Call]):
    """A call as lists show it."""

    queue = NamedSerializer(allow_null=True, help_text="Where the customer waits or waited last")
    agent = NamedSerializer(allow_null=True, help_text="Who speaks, or spoke last, with the customer")
    disposition = serializers.CharField(
        help_text="What became of it: answered, no_answer, busy, failed, canceled, voicemail, abandoned, overflow, "
        "callback or a word of yours; empty while it lasts"
    )
    failure_reason = serializers.CharField(help_text="Why it failed, such as invalid_number; else empty")
    hung_up_by = serializers.CharField(
        help_text="customer, agent, target, api; queue, menu or callback: we did; else empty"
    )
    original_id = serializers.UUIDField(allow_null=True, help_text="The call that this one calls back")
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
            "recording_paused",
            "original_id",
            "status_callback_url",
            "created_at",
            "answered_at",
            "ended_at",
            "ring_seconds",
            "wait_seconds",
            "talk_seconds",
            "hold_seconds",
            "wrap_up_seconds",
            "duration_seconds",
        )


@extend_schema_serializer(examples=[examples.CALL_IN_DETAIL])
class CallDetailSerializer(CallSerializer):
    """A call with its legs."""

    consent = serializers.SerializerMethodField(
        help_text="What the customer was told or asked before the recording; null where nothing was to be"
    )
    erased_at = serializers.DateTimeField(help_text="When the customer was erased from it; else null", allow_null=True)
    legs = LegSerializer(many=True)

    @extend_schema_field(ConsentSerializer(allow_null=True))
    def get_consent(self, call: Call) -> dict[str, Any] | None:
        return ConsentSerializer(call).data if call.consent_mode else None

    class Meta(CallSerializer.Meta):
        fields = (*CallSerializer.Meta.fields, "consent", "erased_at", "legs")  # type: ignore[assignment]


@extend_schema_serializer(examples=[examples.NOTE])
class NoteSerializer(serializers.ModelSerializer[CallNote]):
    class Meta:
        model = CallNote
        fields = ("id", "text", "author_name", "created_at")


@extend_schema_serializer(examples=[examples.PLACE_CALL, examples.PLACE_CALL_WITH_EVERYTHING])
class PlaceCallSerializer(StrictSerializer):
    from_number = OwnNumberField(help_text="E.164 caller ID or number id; one of the organization's numbers")
    to_number = DialedField(help_text="E.164 destination number")
    record = serializers.BooleanField(required=False, help_text="Record the call (default: false)")
    queue_id = serializers.UUIDField(required=False, help_text="Route through a specific queue")
    status_callback_url = CallbackUrlField(required=False, help_text="Webhook URL for status updates")


class NothingSerializer(StrictSerializer):
    """Of commands that say everything by their address."""


@extend_schema_serializer(examples=[examples.DISPOSITION])
class DispositionSerializer(StrictSerializer):
    disposition = serializers.CharField(max_length=64, help_text="What became of the call, in your words")


@extend_schema_serializer(examples=[examples.WRITE_NOTE])
class WriteNoteSerializer(StrictSerializer):
    text = serializers.CharField(max_length=10_000)
