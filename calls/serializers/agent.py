from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Agent
from calls.serializers.names import NamedSerializer
from zerovoice.api.serializers import PhoneField, StrictSerializer


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
