"""The OpenAPI description: what drf-spectacular reads from the views, and what it cannot know about ours."""

import re
from http import HTTPStatus
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.drainage import get_override
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_examples_list, force_instance
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import CharField

from zerovoice.api.errors import PHRASES, error_body
from zerovoice.api.serializers import StrictModelSerializer, StrictSerializer
from zerovoice.api.viewsets import ApiBase, ApiView, TenantViewSet

Json = dict[str, Any]

# What each status says here, and true examples: their names, fields and messages.
_ERRORS: dict[int, tuple[str, dict[str, tuple[str, str]]]] = {
    400: (
        "The request itself is wrong.",
        {
            "A malformed number": ("to_number", "Invalid E.164 format"),
            "A typing error": ("record_it", "Unknown field."),
            "Not JSON": ("", "The body must be JSON (Content-Type: application/json)"),
        },
    ),
    401: ("Missing or invalid authentication.", {"Always": ("", "Missing or invalid authentication")}),
    403: (
        "Insufficient permissions.",
        {
            "A missing scope": ("", "This needs the scope calls:write"),
            "A country that is not allowed": ("to_number", "Calls to FR are not allowed for this organization"),
            "Nothing left to spend": ("to_number", "The spending limit of this organization is reached"),
        },
    ),
    404: ("Resource not found; another organization's looks the same.", {"Always": ("", "Resource not found")}),
    409: (
        "A request with the same Idempotency-Key is in flight.",
        {"In flight": ("Idempotency-Key", "The first request with this key has no answer yet")},
    ),
    422: (
        "Well formed, but refused in the current state.",
        {
            "A foreign caller ID": ("from_number", "Not an active number of this organization"),
            "An emergency number": ("to_number", "Emergency numbers cannot be called through the API"),
            "A finished call": ("", "The call is over already"),
            "A used key": ("Idempotency-Key", "This key was used for another request"),
        },
    ),
    429: ("Rate limit exceeded.", {"Too many": ("", "Rate limit of 200 requests a minute exceeded")}),
    451: ("Blocked by compliance.", {"Do not call": ("to_number", "The number is on the Do-Not-Call list")}),
    503: (
        "Service unavailable: try again after `Retry-After` seconds.",
        {
            "The circuit breaker is open": ("", "The telephone carrier is not available"),
            "The database is down": ("", "The database is not available"),
        },
    ),
}
_VERBS = {"list": "list", "retrieve": "get", "create": "create", "partial_update": "update", "destroy": "delete"}
_CHOICE = re.compile(r"^\* `(?P<value>[^`]*)` - (?P<label>.*)$", re.MULTILINE)
_RETRY_LATER = (429, 503)


def _component(status: int) -> str:
    return PHRASES[status].replace(" ", "")


class ApiSchema(AutoSchema):
    """Parameters, statuses, headers and scopes, from the attributes of `ApiBase` and `TenantViewSet`."""

    @property
    def _action(self) -> str:
        return self.method.lower() if isinstance(self.view, ApiView) else str(getattr(self.view, "action", "") or "")

    @property
    def _handler(self) -> Any:
        return getattr(self.view, self._action, None)

    @property
    def _idempotent(self) -> bool:
        return getattr(self._handler, "idempotent", False)

    @property
    def _authenticated(self) -> bool:
        return bool(self.view.authentication_classes)

    def get_operation(self, *args: Any, **kwargs: Any) -> Json | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        filterset = self.view.current_filterset() if isinstance(self.view, TenantViewSet) else None
        for parameter in operation.get("parameters", ()):
            if filterset and "description" not in parameter and parameter["name"] in filterset.base_filters:
                parameter["description"] = filterset.base_filters[parameter["name"]].label
        for status, response in operation["responses"].items():
            if "$ref" not in response and int(status) < 400:
                response["description"] = response.get("description") or HTTPStatus(int(status)).phrase
                response["headers"] = {**self._headers(), **response.get("headers", {})}
        for status in self._error_statuses():
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_component(status)}"}
        operation["responses"] = dict(sorted(operation["responses"].items()))
        if self.method == "PATCH" and "requestBody" in operation:
            operation["requestBody"]["required"] = True  # a change of nothing is refused
        return operation

    def get_operation_id(self) -> str:
        """Its name in generated clients: `list_queues`, `get_queue`, `place_call`."""
        if not isinstance(self.view, TenantViewSet):
            return super().get_operation_id()
        verb = _VERBS.get(self._action)
        if verb is None or self._action in self.view.operation_ids:
            return self.view.operation_ids[self._action]
        noun = str(self.view.basename).replace("-", "_")
        return f"{verb}_{noun}s" if verb == "list" else f"{verb}_{noun}"

    def _get_examples(self, serializer: Any, direction: str, *args: Any, **kwargs: Any) -> Json:
        """A list's example is a page of one row."""
        if direction == "request" or self.get_examples() or not self._is_list_view(serializer):
            return super()._get_examples(serializer, direction, *args, **kwargs)
        rows = get_override(getattr(serializer, "child", serializer), "examples", [])
        page = {"count": 1, "next": None, "previous": None, **self.view.pagination_class.example}  # type: ignore[attr-defined]
        return build_examples_list([OpenApiExample(e.name, {**page, "results": [e.value]}) for e in rows])

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Json:
        """What drf-spectacular cannot see: bodies know no further fields, answers always have all of theirs."""
        schema: Json = super()._map_basic_serializer(serializer, direction)
        serializer = force_instance(serializer)
        if not vars(type(serializer)).get("__doc__"):
            schema.pop("description", None)  # inherited, and about the code
        if direction == "request":
            if isinstance(serializer, StrictSerializer | StrictModelSerializer):
                schema["additionalProperties"] = False
            return schema
        schema["required"] = sorted(schema.get("properties", {}))
        for described in schema.get("properties", {}).values():
            for irrelevant in ("readOnly", "maximum", "maxLength"):
                described.pop(irrelevant, None)
        return schema

    def _headers(self) -> Json:
        names = ["X-Request-ID"]
        if self._authenticated:
            names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
        if self._idempotent:
            names.append("Idempotent-Replayed")
        return {name: {"$ref": f"#/components/headers/{name}"} for name in names}

    def _error_statuses(self) -> set[int]:
        statuses = {400, 503}
        if self._authenticated:
            statuses |= {401, 403, 429}
            if self.method not in SAFE_METHODS:
                statuses.add(422)
        if "{" in self.path:
            statuses.add(404)
        if self._idempotent:
            statuses |= {409, 422}
        return statuses | set(getattr(self.view, "errors", {}).get(self._action, ()))

    def get_description(self) -> str:  # type: ignore[override]
        description = super().get_description() or ""
        if not (self._authenticated and isinstance(self.view, ApiBase)):
            return description
        return f"{description}\n\nScope: `{self.view.required_scope()}`".strip()

    def get_summary(self) -> str | None:
        """The first sentence of the method's docstring."""
        text = " ".join((getattr(self._handler, "__doc__", None) or "").split("\n\n", 1)[0].split())
        sentence = text.split(". ", 1)[0].rstrip(".")
        known = {"list": "List", "retrieve": "Get", "create": "Create", "partial_update": "Change", "destroy": "Delete"}
        return sentence or known.get(self._action)

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/", 1)[0]]

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self._idempotent:
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                    OpenApiParameter.HEADER,
                    description="Makes repeating the request safe for 24 hours: it acts once, and answers the same.",
                    examples=[OpenApiExample("A UUID", "5f0c6f0e-2d3c-4c5e-9a51-6b2a0f5f7f7e")],
                )
            )
        declared = getattr(self.view, "query_parameters", {}).get(self._action, ())
        parameters += [OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY) for name in declared]
        return parameters

    def _is_list_view(self, serializer: Any = None) -> bool:
        if isinstance(serializer, OpenApiTypes):
            return False  # a file: a list's rows as a table
        if isinstance(self.view, TenantViewSet):
            return self.view.is_list()
        return super()._is_list_view(serializer)

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """As drf-spectacular's; a text that must not be blank has something in it beside blanks."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        plain = schema.get("type") == "string" and not {"pattern", "format", "enum"} & schema.keys()
        plain = plain and not any(isinstance(validator, RegexValidator) for validator in field.validators)
        filled = isinstance(field, CharField) and field.trim_whitespace and not field.allow_blank
        return schema | {"pattern": r"\S"} if direction == "request" and plain and filled else schema

    def get_request_serializer(self) -> Any:
        if not isinstance(self.view, TenantViewSet):
            return super().get_request_serializer()
        serializer = self.view.write_serializers.get(self._action)
        return serializer if serializer is not None and getattr(serializer(), "fields", None) else None

    def get_response_serializers(self) -> Any:
        if not isinstance(self.view, TenantViewSet):
            return super().get_response_serializers()
        serializer = self.view.lists.get(self._action) or self.view.serializer_class
        status = self.view.statuses.get(self._action)
        return {status: serializer} if status else serializer


def add_common_components(result: Json, generator: Any, request: Any, public: bool) -> Json:
    """What is written once and referred to: the error body, a response for each error, the headers."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name, schema in schemas.items():
        _drop_obvious_choices(schema)
        if name.startswith("Patched"):
            schema["minProperties"] = 1  # a change of nothing is refused
    for item in result["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                _drop_obvious_choices(parameter)
    schemas["Error"] = _ERROR_SCHEMA
    components["responses"] = {_component(status): _error_response(status) for status in _ERRORS}
    components["headers"] = _HEADERS
    return result


def _drop_obvious_choices(schema: Json) -> None:
    """Drop the list of an enum's values from descriptions that say nothing more than the values do."""
    for described in (schema, *schema.get("properties", {}).values()):
        text = described.get("description", "")
        choices = _CHOICE.findall(text)
        if choices and all(label.lower().replace(" ", "_") == value for value, label in choices):
            described["description"] = _CHOICE.sub("", text).strip()
            if not described["description"]:
                del described["description"]


def _error_response(status: int) -> Json:
    description, messages = _ERRORS[status]
    examples = [OpenApiExample(name, error_body(status, text, field)) for name, (field, text) in messages.items()]
    headers = ["X-Request-ID", "Link", *(["Retry-After"] if status in _RETRY_LATER else [])]
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": build_examples_list(examples),
            }
        },
    }


_FIELD = {"type": ["string", "null"], "description": "Dotted when nested; null when it is the request as a whole."}
_ERROR_SCHEMA: Json = {
    "type": "object",
    "required": ["error", "code", "details"],
    "properties": {
        "error": {"type": "string", "examples": ["Bad Request"]},
        "code": {"type": "string", "examples": ["bad_request"]},
        "details": {
            "type": "object",
            "description": "The first problem; when there are more, `errors` is the whole list.",
            "required": ["field", "message"],
            "properties": {
                "field": _FIELD,
                "message": {"type": "string"},
                "reason": {
                    "type": "string",
                    "description": "Why in one word, for programs: of a 403 that is about money.",
                    "examples": ["spending_limit", "suspended"],
                },
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": _FIELD, "message": {"type": "string"}},
                    },
                },
            },
        },
    },
}


def _header(description: str, kind: str = "string") -> Json:
    return {"description": description, "schema": {"type": kind}}


_HEADERS: Json = {
    "X-Request-ID": _header("Yours if you sent one, else a new one; it finds the request in our logs."),
    "Link": _header('Leads to the page of the error code (`rel="help"`).'),
    "Retry-After": _header("Seconds to wait before trying again.", "integer"),
    "RateLimit-Limit": _header("Requests a minute that your organisation may make.", "integer"),
    "RateLimit-Remaining": _header("How many of them are left.", "integer"),
    "RateLimit-Reset": _header("Seconds until the count starts anew.", "integer"),
    "Idempotent-Replayed": _header("`true` when this is the answer to an earlier request with the same key."),
}
