"""Serializers that refuse what they do not know.

DRF forgives: it ignores unknown fields and reads `"yes"` as true and `5` as "5". A typing error would then silently do
something else than was meant, so these do not.
"""

import uuid
from typing import Any, cast

from django.core.validators import URLValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from zerovoice.lib.phone import InvalidPhone, is_emergency, parse_e164

PHONE_SCHEMA: dict[str, Any] = {
    "type": "string",
    "format": "phone",
    "pattern": r"^\+[1-9][0-9]{6,14}$",
    "examples": ["+14155550142"],
}


def _type_problem(field: serializers.Field, value: Any) -> str | None:
    """Why `value` has not the JSON type that `field` documents; None when it has."""
    if value is None:
        return None  # required and allow_null are the field's own business
    match field:
        case serializers.BooleanField():
            return None if isinstance(value, bool) else "Must be true or false."
        case serializers.IntegerField():
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return None if whole and not isinstance(value, bool) else "A valid integer is required."
        case serializers.DecimalField():  # a text, so that nothing on the way makes a float of it
            return None if isinstance(value, str | int | float) and not isinstance(value, bool) else "Must be a number."
        case serializers.FloatField():
            return None if isinstance(value, int | float) and not isinstance(value, bool) else "Must be a number."
        case PhoneField():
            return None if isinstance(value, str) else str(PhoneField.default_error_messages["invalid"])
        case serializers.CharField() | serializers.UUIDField() | serializers.DateTimeField() | serializers.DateField():
            return None if isinstance(value, str) else "Must be a string."
        case serializers.TimeField():
            return None if isinstance(value, str) else "Must be a string."
        case serializers.ChoiceField():
            return None if isinstance(value, str | int) and not isinstance(value, bool) else "Must be a string."
    return None


def _type_problems(field: Any, value: Any) -> Any:
    """A message, a dict of them by list index or key, or nothing."""
    items: Any = ()
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        items = enumerate(value)
    elif isinstance(field, serializers.DictField) and isinstance(value, dict):
        items = value.items()
    if found := {index: problem for index, item in items if (problem := _type_problems(field.child, item))}:
        return found
    problem = _type_problem(field, value)
    return [problem] if problem else None


class _Strict:
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)  # type: ignore[misc]  # answers "Expected a dictionary"
        writable = {field.field_name: field for field in self._writable_fields}  # type: ignore[attr-defined]
        problems = {name: ["Unknown field."] for name in data if name not in writable}
        for name, field in writable.items():
            if name in data and (problem := _type_problems(field, data[name])):
                problems[name] = problem
        try:
            value = super().to_internal_value(data)  # type: ignore[misc]
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**cast("dict[str, Any]", error.detail), **problems}) from error
        if problems:
            raise serializers.ValidationError(problems)
        return value


class StrictSerializer(_Strict, serializers.Serializer):
    """Checks a body. Alone, without fields, it is the serializer of actions that take none."""


class WholeSerializer(StrictSerializer):
    """A part of a body that is replaced as a whole: in a PATCH, too, it needs all that it needs."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and self.parent is not None and getattr(self.root, "partial", False):
            alone = type(self)(allow_null=self.allow_null, context=self.context)
            return alone.run_validation(data)
        return super().run_validation(data)


class StrictModelSerializer(_Strict, serializers.ModelSerializer):
    """Checks a body against a model's fields."""


@extend_schema_field(PHONE_SCHEMA)
class PhoneField(serializers.CharField):
    """An E.164 number."""

    default_error_messages = {"invalid": "Invalid E.164 format", "blank": "Invalid E.164 format"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        try:
            return parse_e164(data)
        except InvalidPhone:
            self.fail("invalid")


@extend_schema_field({"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": 2048})
class WebAddressField(serializers.CharField):
    """An address that we shall send requests to."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 2048, **kwargs})
        self.validators.append(URLValidator(schemes=["http", "https"], message="Must be an http or https URL"))


@extend_schema_field(PHONE_SCHEMA)
class DialedField(serializers.CharField):
    """An E.164 number to be dialled.

    An emergency number in any spelling is well formed here; the world refuses it (422), not the form (400).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 128, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if is_emergency(text):
            return text
        try:
            return parse_e164(text)
        except InvalidPhone as error:
            raise serializers.ValidationError(str(error)) from error


@extend_schema_field({"anyOf": [PHONE_SCHEMA, {"type": "string", "format": "uuid"}]})
class OwnNumberField(serializers.CharField):
    """One of the organisation's numbers: E.164, or the number's id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 64, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        try:
            return str(uuid.UUID(text))
        except ValueError:
            pass
        try:
            return parse_e164(text)
        except InvalidPhone as error:
            raise serializers.ValidationError("Invalid E.164 format") from error
