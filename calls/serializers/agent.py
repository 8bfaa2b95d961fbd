from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Agent, AgentStateChange
from calls.serializers.fields import EndpointField, SkillLevelsField
from calls.serializers.names import NamedSerializer
from zerovoice.api.serializers import StrictSerializer
from zerovoice.carrier.voice_tokens import VoiceToken


@extend_schema_serializer(examples=[examples.AGENT])
class AgentSerializer(serializers.ModelSerializer[Agent]):
    state_reason = serializers.CharField(help_text="Why they are on a break or offline; may be empty")
    user_id = serializers.UUIDField(allow_null=True, help_text="The member who logs in as this agent")
    queues = NamedSerializer(many=True)
    skills = SkillLevelsField(help_text="What they know, and how well")
    voicemail_greeting = serializers.CharField(help_text="Spoken, unless there is a prompt; may be empty")
    voicemail_prompt_id = serializers.UUIDField(allow_null=True)

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
            "skills",
            "missed_limit",
            "voicemail_greeting",
            "voicemail_prompt_id",
            "created_at",
        )


@extend_schema_serializer(examples=[examples.STATE_CHANGE])
class StateChangeSerializer(serializers.ModelSerializer[AgentStateChange]):
    reason = serializers.CharField(help_text="May be empty")
    since = serializers.DateTimeField(source="created_at", help_text="Until the next one began, if there is a next")

    class Meta:
        model = AgentStateChange
        fields = ("state", "reason", "since")


@extend_schema_serializer(examples=[examples.VOICE_TOKEN])
class VoiceTokenSerializer(serializers.Serializer[VoiceToken]):
    token = serializers.CharField(help_text="For the carrier's Voice SDK in the browser")
    identity = serializers.CharField(help_text="Whom it rings: the endpoint without client:")
    expires_at = serializers.DateTimeField()


@extend_schema_serializer(examples=[examples.WRITE_AGENT])
class WriteAgentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=128)
    endpoint = EndpointField(help_text="What rings them: E.164, sip:user@host, or client:identity for a browser")
    user_id = serializers.UUIDField(required=False, allow_null=True, help_text="The member who logs in as this agent")
    press_to_accept = serializers.BooleanField(
        required=False, help_text="Press 1 to take a call (default: true for phones, false for others)"
    )
    queue_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)
    skills = SkillLevelsField(required=False, help_text='What they know, and how well (1 to 10): {"french": 8}')
    missed_limit = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=99,
        help_text="After so many calls in a row that rang out, they are set on a break (default: 3)",
    )
    voicemail_greeting = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="Spoken to callers led to their voicemail"
    )
    voicemail_prompt_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A prompt that is played instead"
    )


@extend_schema_serializer(examples=[examples.PRESENCE])
class PresenceSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=[str(state) for state in Agent.PRESENCES])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=64)
