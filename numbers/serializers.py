from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from numbers.models import PhoneNumber

EXAMPLE = {
    "id": "0199c0de-0000-7000-8000-000000000009",
    "phone_number": "+16285550100",
    "friendly_name": "Support line",
    "country": "US",
    "number_type": "local",
    "capabilities": {"voice": True, "sms": True, "mms": False},
    "routing": {"type": "queue", "target_id": "0199c0de-0000-7000-8000-000000000001"},
    "created_at": "2026-01-05T09:00:00Z",
}


class CapabilitiesSerializer(serializers.Serializer):
    voice = serializers.BooleanField()
    sms = serializers.BooleanField()
    mms = serializers.BooleanField()


@extend_schema_field(
    {"type": "object", "properties": {"type": {"type": "string"}, "target_id": {"type": ["string", "null"]}}}
)
class RoutingField(serializers.JSONField):
    """Where calls to a number go; `{}` when nobody said so."""


@extend_schema_serializer(examples=[OpenApiExample("A number", EXAMPLE)])
class PhoneNumberSerializer(serializers.ModelSerializer[PhoneNumber]):
    phone_number = serializers.CharField(source="number", help_text="E.164")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    capabilities = CapabilitiesSerializer(source="*")
    routing = RoutingField(help_text="Where calls to it go; empty when nowhere in particular")

    class Meta:
        model = PhoneNumber
        fields = (
            "id",
            "phone_number",
            "friendly_name",
            "country",
            "number_type",
            "capabilities",
            "routing",
            "created_at",
        )
