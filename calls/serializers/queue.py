from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Queue
from calls.models.queue import STRATEGIES
from calls.serializers.fields import RouteField
from numbers.serializers import OptionalRoutingSerializer, SkillListField
from zerovoice.api.serializers import StrictSerializer


@extend_schema_serializer(examples=[examples.QUEUE])
class QueueSerializer(serializers.ModelSerializer[Queue]):
    skills = serializers.ListField(child=serializers.CharField())
    overflow_route = RouteField(help_text="Where callers go who wait too long or find it full; empty: they are told so")
    music_id = serializers.UUIDField(allow_null=True, help_text="The prompt that callers wait by; null: ours")
    voicemail_greeting = serializers.CharField(help_text="Spoken, unless there is a prompt; may be empty")
    voicemail_prompt_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Queue
        fields = (
            "id",
            "name",
            "is_default",
            "strategy",
            "skills",
            "skills_timeout_seconds",
            "ring_timeout_seconds",
            "wrap_up_seconds",
            "max_wait_seconds",
            "max_size",
            "overflow_route",
            "service_level_seconds",
            "short_abandon_seconds",
            "announce_position",
            "announce_wait",
            "offers_callback",
            "music_id",
            "voicemail_greeting",
            "voicemail_prompt_id",
            "created_at",
        )


@extend_schema_serializer(examples=[examples.WRITE_QUEUE, examples.WRITE_QUEUE_WITH_MORE])
class WriteQueueSerializer(StrictSerializer):
    name = serializers.CharField(max_length=64)
    is_default = serializers.BooleanField(required=False)
    strategy = serializers.ChoiceField(required=False, choices=STRATEGIES, help_text="Which free agent is rung")
    skills = SkillListField(required=False, help_text="What an agent must know to be rung for its callers")
    skills_timeout_seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=14_400,
        help_text="After so long any agent of the queue will do; null: never",
    )
    ring_timeout_seconds = serializers.IntegerField(required=False, min_value=5, max_value=120)
    wrap_up_seconds = serializers.IntegerField(required=False, min_value=0, max_value=3_600)
    max_wait_seconds = serializers.IntegerField(required=False, min_value=10, max_value=14_400)
    max_size = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=10_000,
        help_text="More callers than this are led elsewhere at once; null: no limit",
    )
    overflow_route = OptionalRoutingSerializer(
        help_text="Where callers go who wait too long or find it full; null: they are told so",
    )
    service_level_seconds = serializers.IntegerField(required=False, min_value=1, max_value=3_600)
    short_abandon_seconds = serializers.IntegerField(required=False, min_value=0, max_value=600)
    announce_position = serializers.BooleanField(required=False)
    announce_wait = serializers.BooleanField(required=False)
    offers_callback = serializers.BooleanField(required=False)
    music_id = serializers.UUIDField(required=False, allow_null=True, help_text="A prompt; null: our own music")
    voicemail_greeting = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="Spoken to callers led to the queue's voicemail"
    )
    voicemail_prompt_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A prompt that is played instead"
    )
