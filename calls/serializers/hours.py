from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls import examples, hours
from calls.models import BusinessHours
from calls.serializers.fields import RouteField
from contacts.serializers import TimeZoneField
from numbers.serializers import OptionalRoutingSerializer
from zerovoice.api.dates import YEARS
from zerovoice.api.serializers import StrictSerializer, WholeSerializer

MOST_SPANS = 12
MOST_EXCEPTIONS = 500
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_BEGIN, _END = re.compile(_TIME), re.compile(f"{_TIME}|24:00")


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MOST_SPANS,
        "items": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "string", "pattern": f"^(?:{_TIME}|24:00)$"},
        },
    }
)
class SpansField(serializers.Field[Any, Any, Any, Any]):
    """From and to, in order: `[["09:00", "12:00"], ["13:00", "24:00"]]`."""

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> list[list[str]]:
        if not isinstance(data, list):
            raise serializers.ValidationError("Must be a list of pairs, such as 09:00 and 17:30")
        if len(data) > MOST_SPANS:
            raise serializers.ValidationError(f"At most {MOST_SPANS} pairs")
        until = "00:00"
        for at, span in enumerate(data):
            if problem := _problem(span, until):
                raise serializers.ValidationError({str(at): [problem]})
            until = span[1]
        return data


def _problem(span: Any, not_before: str) -> str:
    if not isinstance(span, list) or len(span) != 2 or not all(isinstance(one, str) for one in span):
        return "Must be a pair, such as 09:00 and 17:30"
    begin, end = span
    if not _BEGIN.fullmatch(begin) or not _END.fullmatch(end):
        return "Must be two times from 00:00 to 24:00, such as 09:00 and 17:30"
    if begin >= end:
        return "Must end after it begins; hours over midnight are two pairs, to 24:00 and from 00:00"
    if begin < not_before:
        return "Must not begin before the pair in front of it ends"
    return ""


class WeekSerializer(WholeSerializer):
    """When it is open, by the day; a day that is not there is closed."""

    monday = SpansField(required=False)
    tuesday = SpansField(required=False)
    wednesday = SpansField(required=False)
    thursday = SpansField(required=False)
    friday = SpansField(required=False)
    saturday = SpansField(required=False)
    sunday = SpansField(required=False)


class ExceptionSerializer(serializers.Serializer[Any]):
    date = serializers.CharField()
    name = serializers.CharField(default="")
    open = SpansField(help_text="Empty: closed all day")


class WriteExceptionSerializer(WholeSerializer):
    date = serializers.DateField()
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    open = SpansField(required=False, default=list, help_text="Empty: closed all day")

    def validate_date(self, day: Any) -> str:
        if day.year not in YEARS:
            raise serializers.ValidationError("Must be an ISO 8601 date")
        return day.isoformat()


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            day: {"type": "array", "items": {"type": "array", "items": {"type": "string"}}} for day in hours.DAYS
        },
    }
)
class WeekField(serializers.JSONField):
    """When it is open, by the day; a day that is not there is closed."""


@extend_schema_serializer(examples=[examples.BUSINESS_HOURS])
class BusinessHoursSerializer(serializers.ModelSerializer[BusinessHours]):
    timezone = serializers.CharField(help_text="Empty: the organization's")
    weekly = WeekField()
    holidays_country = serializers.CharField(help_text="Whose public holidays are closed; empty: no holidays")
    holidays_subdivision = serializers.CharField(help_text="May be empty")
    exceptions = ExceptionSerializer(many=True)
    closed_route = RouteField(help_text="Where calls go while it is closed; empty: to the default queue's voicemail")

    class Meta:
        model = BusinessHours
        fields = (
            "id",
            "name",
            "timezone",
            "weekly",
            "holidays_country",
            "holidays_subdivision",
            "exceptions",
            "closed_route",
            "created_at",
        )


@extend_schema_serializer(examples=[examples.WRITE_BUSINESS_HOURS])
class WriteBusinessHoursSerializer(StrictSerializer):
    # `hours` in the context are those to change: what is sent must fit with their other fields.

    name = serializers.CharField(max_length=64)
    timezone = TimeZoneField(required=False, help_text="IANA name; empty: the organization's")
    weekly = WeekSerializer()
    holidays_country = serializers.RegexField(
        r"^[A-Z]{2}\Z",
        required=False,
        allow_blank=True,
        max_length=2,
        error_messages={"invalid": "Must be an ISO 3166 country code, such as US"},
        help_text="ISO 3166-1 alpha-2: its public holidays are closed; empty: no holidays",
    )
    holidays_subdivision = serializers.CharField(
        required=False, allow_blank=True, max_length=8, help_text="Of that country, such as CA in US or BY in DE"
    )
    exceptions = serializers.ListField(
        child=WriteExceptionSerializer(),
        required=False,
        max_length=MOST_EXCEPTIONS,
        help_text="Dates of your own: they win over all else",
    )
    closed_route = OptionalRoutingSerializer(
        help_text="Where calls go while it is closed; null: to the default queue's voicemail",
    )

    def validate_exceptions(self, exceptions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        days = [exception["date"] for exception in exceptions]
        if problems := {
            str(at): {"date": ["This date is there already"]} for at, day in enumerate(days) if day in days[:at]
        }:
            raise serializers.ValidationError(problems)
        return sorted(exceptions, key=lambda exception: str(exception["date"]))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "holidays_country" in attrs or "holidays_subdivision" in attrs:
            before = self.context.get("hours")
            country, subdivision = (
                attrs.get(name, getattr(before, name, "")) for name in ("holidays_country", "holidays_subdivision")
            )
            known = hours.subdivisions(country) if country else ()
            if known is None:
                raise serializers.ValidationError({"holidays_country": "The holidays of this country are not known"})
            if subdivision and subdivision not in known:
                raise serializers.ValidationError({"holidays_subdivision": "No such subdivision of the country"})
        return attrs


@extend_schema_serializer(examples=[examples.BUSINESS_STATUS])
class BusinessStatusSerializer(serializers.Serializer[Any]):
    open = serializers.BooleanField()
    reason = serializers.CharField(
        allow_null=True,
        help_text="Why it is closed: exception (a date of your own), holiday or closed; null while it is open",
    )
    at = serializers.DateTimeField()
