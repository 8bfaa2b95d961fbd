from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Queue
from zerovoice.api.serializers import StrictSerializer


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


@extend_schema_serializer(examples=[examples.WRITE_QUEUE])
class WriteQueueSerializer(StrictSerializer):
    name = serializers.CharField(max_length=64)
    is_default = serializers.BooleanField(required=False)
    ring_timeout_seconds = serializers.IntegerField(required=False, min_value=5, max_value=120)
    max_wait_seconds = serializers.IntegerField(required=False, min_value=10, max_value=14_400)
    wrap_up_seconds = serializers.IntegerField(required=False, min_value=0, max_value=3_600)
