from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from numbers import registry
from numbers.models import Drift, PhoneNumber
from zerovoice.api.serializers import PHONE_SCHEMA, DialedField, PhoneField, StrictSerializer, WholeSerializer
from zerovoice.lib import phone

EXAMPLE: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000009",
    "phone_number": "+16285550100",
    "friendly_name": "Support line",
    "country": "US",
    "number_type": "local",
    "capabilities": {"voice": True, "sms": True, "mms": False},
    "routing": {"type": "queue", "target_id": "0199c0de-0000-7000-8000-000000000001"},
    "status": "active",
    "failure_reason": "",
    "created_at": "2026-01-05T09:00:00Z",
}
FOR_SALE = {
    "phone_number": "+14152753291",
    "number_type": "local",
    "country": "US",
    "region": "CA",
    "locality": "San Francisco",
    "capabilities": {"voice": True, "sms": True, "mms": True},
    "address_requirements": "none",
}


# --- what the API answers ---


class CapabilitiesSerializer(serializers.Serializer[Any]):
    voice = serializers.BooleanField()
    sms = serializers.BooleanField()
    mms = serializers.BooleanField()


#: Of an answer. What is not said is not there.
ROUTE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": list(registry.KINDS)},
        "target_id": {"type": ["string", "null"]},
        "priority": {"type": "integer"},
        "skills": {"type": "array", "items": {"type": "string"}},
    },
}


@extend_schema_field(
    {
        **ROUTE_SCHEMA,
        "properties": {**ROUTE_SCHEMA["properties"], "business_hours_id": {"type": "string", "format": "uuid"}},
    }
)
class RoutingField(serializers.JSONField):
    """Where calls to a number go; `{}` when nobody said so."""


@extend_schema_serializer(examples=[OpenApiExample("A number", EXAMPLE, status_codes=["200", "201", "202"])])
class PhoneNumberSerializer(serializers.ModelSerializer[PhoneNumber]):
    phone_number = serializers.CharField(source="number", help_text="E.164")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    capabilities = CapabilitiesSerializer(source="*")
    routing = RoutingField(help_text="Where calls to it go; empty: to the default queue")
    status = serializers.ChoiceField(
        choices=PhoneNumber.Status.choices,
        help_text="purchasing, releasing: the carrier has not said yet whether it did it",
    )
    failure_reason = serializers.CharField(help_text="Why it was not bought, such as number_unavailable; else empty")

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
            "status",
            "failure_reason",
            "created_at",
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Calls go elsewhere",
            {
                "id": "0199c0de-0000-7000-8000-00000000000a",
                "kind": "misdirected",
                "phone_number": "+16285550100",
                "number_id": EXAMPLE["id"],
                "addresses": ["voice_url"],
                "found_at": "2026-01-06T03:17:04Z",
            },
        )
    ]
)
class DriftSerializer(serializers.ModelSerializer[Drift]):
    kind = serializers.ChoiceField(
        choices=Drift.Kind.choices,
        help_text="missing: yours, and not on the carrier account; unknown: on your carrier account, and not yours "
        "here; misdirected: its calls or messages go elsewhere",
    )
    phone_number = serializers.CharField(source="number", help_text="E.164")
    number_id = serializers.UUIDField(source="phone_number_id", allow_null=True, help_text="Null for an unknown one")
    addresses = serializers.ListField(
        child=serializers.CharField(), source="fields", help_text="Which of the carrier's addresses are wrong"
    )

    class Meta:
        model = Drift
        fields = ("id", "kind", "phone_number", "number_id", "addresses", "found_at")


class AvailableNumberSerializer(serializers.Serializer[Any]):
    """A number that the carrier sells."""

    phone_number = serializers.CharField(help_text="E.164")
    number_type = serializers.ChoiceField(choices=PhoneNumber.Type.choices)
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    region = serializers.CharField(help_text="State or province; empty where the carrier does not say")
    locality = serializers.CharField(help_text="City; empty where the carrier does not say")
    capabilities = CapabilitiesSerializer(source="*")
    address_requirements = serializers.CharField(
        help_text="Which address it takes to buy it (`address_sid`): none, any, local, foreign"
    )


@extend_schema_serializer(
    examples=[OpenApiExample("A search", {"count": 1, "next": None, "previous": None, "results": [FOR_SALE]})]
)
class AvailableNumbersSerializer(serializers.Serializer[Any]):
    """Numbers that the carrier sells: one page, as `limit` bounds it."""

    count = serializers.IntegerField(help_text="How many are in results; the carrier may sell more")
    next = serializers.CharField(allow_null=True, help_text="Always null")
    previous = serializers.CharField(allow_null=True, help_text="Always null")
    results = AvailableNumberSerializer(many=True)


# --- what it takes ---

_AREA_CODE = RegexValidator(r"^[0-9]{1,5}\Z", "Must be digits")
_CONTAINS = RegexValidator(
    r"^\+?[0-9A-Za-z*%]{2,15}\$?\Z", "Must be 2 to 16 digits, letters and * (any digit), such as 555 or *HOME"
)


@extend_schema_serializer(
    examples=[OpenApiExample("In San Francisco", {"country": "US", "number_type": "local", "area_code": "415"})]
)
class SearchSerializer(StrictSerializer):
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2, such as US, CA, GB")
    number_type = serializers.ChoiceField(choices=PhoneNumber.Type.choices)
    area_code = serializers.CharField(required=False, validators=[_AREA_CODE], help_text="Three digits in US and CA")
    contains = serializers.CharField(
        required=False,
        validators=[_CONTAINS],
        help_text="Digits, letters as on a keypad, `*` for any digit; `+` in front anchors the beginning, `$` the end",
    )
    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=50)

    def validate_country(self, country: str) -> str:
        if not phone.calling_code_of(country):
            raise serializers.ValidationError("Must be an ISO 3166 country code, such as US")
        return country

    def validate_contains(self, pattern: str) -> str:
        if sum(character.isalnum() for character in pattern) < 2:
            raise serializers.ValidationError("Must have at least two digits or letters")
        return pattern

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        area_code = attrs.get("area_code")
        if area_code and attrs["country"] in ("US", "CA"):
            if len(area_code) != 3 or area_code.startswith("0"):
                raise serializers.ValidationError({"area_code": "Must be three digits"})
        elif area_code and attrs.get("contains"):
            raise serializers.ValidationError({"area_code": "Not together with contains outside of US and CA"})
        return attrs


@extend_schema_serializer(
    examples=[OpenApiExample("A number found", {"phone_number": "+14152753291", "friendly_name": "Support line"})]
)
class PurchaseSerializer(StrictSerializer):
    phone_number = PhoneField()
    friendly_name = serializers.CharField(required=False, max_length=64)
    address_sid = serializers.CharField(
        required=False,
        validators=[RegexValidator(r"^AD[0-9a-fA-F]{32}\Z", "Must be AD and 32 hexadecimal digits")],
        help_text="The carrier's address, where it asks for one",
    )
    bundle_sid = serializers.CharField(
        required=False,
        validators=[RegexValidator(r"^BU[0-9a-fA-F]{32}\Z", "Must be BU and 32 hexadecimal digits")],
        help_text="The carrier's regulatory bundle, where it asks for one",
    )


SKILL = r"[a-z0-9_]{1,32}"
MOST_SKILLS = 50


class SkillListField(serializers.ListField):
    """What an agent must know: words, each once."""

    def __init__(self, **kwargs: Any) -> None:
        problem = "A skill is 1 to 32 small letters, digits and underscores"
        child = serializers.RegexField(rf"^{SKILL}\Z", error_messages={"invalid": problem}, trim_whitespace=False)
        super().__init__(**{"child": child, "max_length": MOST_SKILLS, **kwargs})

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


@extend_schema_field({"anyOf": [{"type": "string", "format": "uuid"}, PHONE_SCHEMA, {"type": "null"}]})
class TargetField(serializers.CharField):
    """An id, or an E.164 number; which of them, the route's type says."""


class RoutingSerializer(WholeSerializer):
    """Where callers go."""

    type = serializers.ChoiceField(choices=[(kind, kind) for kind in registry.KINDS])
    target_id = TargetField(
        required=False,
        allow_null=True,
        default=None,
        max_length=128,
        trim_whitespace=False,
        help_text="The id of the menu, the queue or the agent; forward: an E.164 number; voicemail: the id of the "
        "queue or agent whose box it is, null for the default queue's; hangup: null",
    )
    priority = serializers.IntegerField(
        required=False, min_value=0, max_value=99, help_text="To a queue: higher ones are served first; 0 if not given"
    )
    skills = SkillListField(required=False, help_text="To a queue: what an agent must know to be rung for them")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Keeps only what is said."""
        attrs["target_id"] = _target_id(attrs["type"], attrs["target_id"])
        for name in ("priority", "skills"):
            if name in attrs and attrs["type"] != "queue":
                raise serializers.ValidationError({name: "Only together with the type queue"})
        return {name: value for name, value in attrs.items() if value or name == "target_id"}


class OptionalRoutingSerializer(RoutingSerializer):
    """A route, or nowhere in particular: null, or `{}` as it is read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if data == {} else data) or {}


class OptionalRoutingExtension(OpenApiSerializerExtension):
    target_class = OptionalRoutingSerializer

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return "OptionalRouting"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        route = auto_schema.resolve_serializer(RoutingSerializer(), direction)
        return {"anyOf": [route.ref, {"type": "object", "maxProperties": 0}]}


def _target_id(kind: str, given: str | None) -> str | None:
    """As the kind of target has it, in its one spelling."""
    try:
        match registry.NAMED_BY[kind]:
            case "number":
                return DialedField().run_validation(given)
            case "id":
                return str(serializers.UUIDField().run_validation(given))
            case "id or nothing" if given is not None:
                return str(serializers.UUIDField().run_validation(given))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"target_id": error.detail}) from error
    if given is not None:
        raise serializers.ValidationError({"target_id": f"{kind} leads to nobody in particular"})
    return None


class NumberRoutingSerializer(RoutingSerializer):
    """Where calls to a number go."""

    business_hours_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="While these are closed, calls go where they say instead"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        route = super().validate(attrs)
        if "business_hours_id" in route:
            route["business_hours_id"] = str(route["business_hours_id"])
        return route


@extend_schema_serializer(
    examples=[
        OpenApiExample("To a queue", {"friendly_name": "Main", "routing": EXAMPLE["routing"]}),
        OpenApiExample("To a queue, in front of others", {"routing": {**EXAMPLE["routing"], "priority": 10}}),
        OpenApiExample("To another number", {"routing": {"type": "forward", "target_id": "+14155550142"}}),
        OpenApiExample("To nobody", {"routing": {"type": "hangup"}}),
    ]
)
class ConfigSerializer(StrictSerializer):
    friendly_name = serializers.CharField(required=False, max_length=64, allow_blank=True)
    routing = NumberRoutingSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("friendly_name or routing is required")
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("A number", {"phone_number": "+16285550100"})])
class AdoptSerializer(StrictSerializer):
    phone_number = PhoneField()
