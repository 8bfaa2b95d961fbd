"""Filters that refuse what they do not know: a typing error must never silently return everything."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from zerovoice.api.dates import end_of, parse_bound, start_of
from zerovoice.api.errors import BadRequest, bad_request
from zerovoice.api.serializers import PHONE_SCHEMA
from zerovoice.lib.phone import InvalidPhone, parse_e164


class StrictFilterSet(django_filters.FilterSet):
    """Filters named as in the reference; a name that Python keeps for itself is written with a trailing `_`."""

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        return {name.removesuffix("_"): filter_ for name, filter_ in super().get_filters().items()}

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if valid:
            data = self.form.cleaned_data
            start, end = data.get("date_start"), data.get("date_end")
            if start and end and start_of(start, self.timezone) >= end_of(end, self.timezone):
                self.form.add_error("date_end", "Must be after date_start")
                return False
        return valid

    @property
    def timezone(self) -> str:
        return str(self.request.user.organization.timezone)


class StrictFilterBackend(DjangoFilterBackend):
    """Runs the filterset of the view's current action. Unknown names are refused before, by the view's base."""

    def get_filterset_class(self, view: Any, queryset: QuerySet[Any] | None = None) -> type[StrictFilterSet] | None:
        return view.current_filterset()

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        known = self.get_filterset_class(view, queryset)
        if known is None or not known.base_filters.keys() & request.query_params.keys():
            return queryset  # without the form that would find out the same
        filterset = self.get_filterset(request, queryset, view)
        if not filterset.is_valid():
            raise bad_request(filterset.errors)
        view.filtered_by = filterset
        return filterset.qs


def check_query(request: Request, known: set[str], blank_allowed: set[str]) -> None:
    """Raises BadRequest for a query parameter that is unknown, repeated, empty or holds a NUL."""
    problems = []
    for name, values in request.query_params.lists():
        if name not in known:
            problems.append((name.replace("\x00", "\\0"), "Unknown query parameter"))
        elif len(values) > 1:
            problems.append((name, "Given more than once"))
        elif "\x00" in values[0]:
            problems.append((name, "Null characters are not allowed"))
        elif not values[0] and name not in blank_allowed:
            problems.append((name, "Must not be empty"))
    if problems:
        raise BadRequest(problems[0][1], problems[0][0], others=tuple(problems[1:]))


class _PhoneFormField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "strip": False})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            return parse_e164("+" + text[1:] if text.startswith(" ") else text)  # a `+` that lost its escape
        except InvalidPhone as error:
            raise ValidationError(str(error)) from error


@extend_schema_field(PHONE_SCHEMA)
class PhoneFilter(django_filters.CharFilter):
    """An E.164 number, its `+` escaped or not."""

    field_class = _PhoneFormField


class _DateBoundFormField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return parse_bound(text) if text else None
        except (ValueError, OverflowError) as error:
            raise ValidationError("Must be an ISO 8601 date or time") from error


@extend_schema_field(
    {
        "type": "string",
        "anyOf": [{"format": "date-time"}, {"format": "date"}],
        "examples": ["2026-03-01", "2026-03-01T09:30:00Z"],
    }
)
class DateStartFilter(django_filters.Filter):
    """From this moment on; a bare date begins at midnight in the organisation's zone."""

    field_class = _DateBoundFormField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__gte": start_of(value, self.parent.timezone)}) if value else qs


@extend_schema_field(
    {
        "type": "string",
        "anyOf": [{"format": "date-time"}, {"format": "date"}],
        "examples": ["2026-03-31", "2026-04-01T00:00:00Z"],
    }
)
class DateEndFilter(django_filters.Filter):
    """Before this moment; a bare date is included whole, as the organisation's zone has it."""

    field_class = _DateBoundFormField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__lt": end_of(value, self.parent.timezone)}) if value else qs


@extend_schema_field(OpenApiTypes.BOOL)
class BooleanFilter(django_filters.Filter):
    """`true` or `false`, nothing else."""

    class field_class(forms.CharField):
        def to_python(self, value: Any) -> Any:
            text = super().to_python(value)
            if text and text not in ("true", "false"):
                raise ValidationError("Must be true or false")
            return text == "true" if text else None


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 64})
class WordFilter(django_filters.CharFilter):
    """Exactly this word."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 64, **kwargs})


class SearchFilter(django_filters.CharFilter):
    """Words somebody typed; an empty box searches for nothing and shows everything."""

    blank_allowed = True
