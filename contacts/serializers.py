from __future__ import annotations

from typing import Any

import phonenumbers
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from contacts.models import Contact
from zerovoice.accounts.models import validate_timezone
from zerovoice.api.serializers import PhoneField, StrictSerializer

MOST_TAGS = 50

_BODY: dict[str, Any] = {
    "name": "Maria Lopez",
    "phone": "+14155550142",
    "email": "maria@lopez.example",
    "company": "Lopez Bakery",
    "tags": ["vip", "wholesale"],
    "address": {"street": "1 Main St", "city": "Miami", "region": "FL", "postal_code": "33101", "country": "US"},
}
CONTACT: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000020",
    **_BODY,
    "timezone": "",
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-02-01T10:30:00Z",
}


class AddressSerializer(serializers.Serializer[Contact]):
    """All of it, each part empty where it is not known."""

    street = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField(help_text="State or province")
    postal_code = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")


@extend_schema_serializer(examples=[OpenApiExample("A contact", CONTACT)])
class ContactSerializer(serializers.ModelSerializer[Contact]):
    phone = serializers.CharField(help_text="E.164")
    email = serializers.CharField(help_text="Empty if none is known")
    company = serializers.CharField(help_text="Empty if none is known")
    tags = serializers.ListField(child=serializers.CharField())
    address = AddressSerializer()
    timezone = serializers.CharField(help_text="Empty if none was given: then address and number tell")

    class Meta:
        model = Contact
        fields = ("id", "name", "phone", "email", "company", "tags", "address", "timezone", "created_at", "updated_at")


class TagsField(serializers.ListField):
    """Words without blanks around them, each once, in the order given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=50), max_length=MOST_TAGS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


def _optional(most: int, **kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, **kwargs)


def _validate_country(code: str) -> None:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise serializers.ValidationError("Must be an ISO 3166 country code in capitals")


@extend_schema_field({"type": "string", "format": "country-code", "maxLength": 2, "examples": ["US"]})
class CountryField(serializers.CharField):
    """ISO 3166-1 alpha-2, or empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2, allow_blank=True, validators=[_validate_country], **kwargs)


@extend_schema_field({"type": "string", "format": "time-zone", "maxLength": 64, "examples": ["America/New_York"]})
class TimeZoneField(serializers.CharField):
    """An IANA name, or empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, allow_blank=True, validators=[validate_timezone], **kwargs)


class WriteAddressSerializer(StrictSerializer):
    street = _optional(200)
    city = _optional(100)
    region = _optional(100, help_text="State or province; in the United States and Canada its two letters or its name")
    postal_code = _optional(20)
    country = CountryField(required=False, help_text="ISO 3166-1 alpha-2")


@extend_schema_serializer(examples=[OpenApiExample("A contact", _BODY)])
class WriteContactSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    phone = PhoneField()
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    company = _optional(200)
    tags = TagsField(required=False)
    address = WriteAddressSerializer(required=False)
    timezone = TimeZoneField(
        required=False,
        help_text="IANA name, where you know it for certain; else address, then number, tell what time it is there",
    )
