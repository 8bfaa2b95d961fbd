from __future__ import annotations

from typing import Any, cast

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import CallLeg
from calls.serializers.fields import EndpointField
from zerovoice.api.serializers import DialedField, StrictSerializer

TRANSFER_TYPES = ("warm", "cold")
_TARGETS = ("target_number", "target_agent_id", "target_queue_id")


@extend_schema_serializer(examples=[examples.TRANSFER, examples.TRANSFER_TO_AGENT])
class TransferSerializer(StrictSerializer):
    """One of the three targets."""

    target_number = DialedField(required=False, help_text="E.164 number to hand the customer over to")
    target_agent_id = serializers.UUIDField(required=False, help_text="Or an agent who is available")
    target_queue_id = serializers.UUIDField(required=False, help_text="Or a queue; warm: its agent whose turn it is")
    transfer_type = serializers.ChoiceField(
        choices=TRANSFER_TYPES, help_text="cold: the agent is released at once; warm: they speak with the target first"
    )

    def to_internal_value(self, data: Any) -> Any:
        """Which of the targets is missing is said together with whatever else is wrong."""
        given = [name for name in _TARGETS if isinstance(data, dict) and name in data]
        problems: dict[str, Any] = {}
        if not given:
            problems = {"target_number": ["This field is required."]}
        elif len(given) > 1:
            problems = {given[1]: [f"Only one target: {given[0]} is given already."]}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**problems, **cast("dict[str, Any]", error.detail)}) from error
        if problems:
            raise serializers.ValidationError(problems)
        return value


class TransferExtension(OpenApiSerializerExtension):
    """In the API description: exactly one of the targets."""

    target_class = TransferSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"oneOf": [{"required": [name]} for name in _TARGETS]}


@extend_schema_serializer(examples=[examples.MONITOR])
class MonitorSerializer(StrictSerializer):
    mode = serializers.ChoiceField(
        choices=CallLeg.Mode.choices, help_text="listen; whisper: the agent alone hears you; barge: both do"
    )
    endpoint = EndpointField(required=False, help_text="What rings; by default your own, if you are an agent")
