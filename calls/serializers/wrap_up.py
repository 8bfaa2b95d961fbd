from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import WrapUpCode
from zerovoice.api.serializers import StrictSerializer


@extend_schema_serializer(examples=[examples.WRAP_UP_CODE])
class WrapUpCodeSerializer(serializers.ModelSerializer[WrapUpCode]):
    class Meta:
        model = WrapUpCode
        fields = ("id", "code", "label", "active", "created_at")


@extend_schema_serializer(examples=[examples.WRITE_WRAP_UP_CODE])
class WriteWrapUpCodeSerializer(StrictSerializer):
    code = serializers.RegexField(
        r"^[a-z0-9_]{1,64}$",
        error_messages={"invalid": "Must be 1 to 64 small letters, digits and underscores"},
        help_text="Becomes the call's disposition",
    )
    label = serializers.CharField(max_length=128, help_text="As people read it")  # type: ignore[assignment]
    active = serializers.BooleanField(required=False, help_text="Offered for new calls (default: true)")
