"""Checking answers against Twilio's description of its API."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from jsonschema import Draft4Validator, FormatChecker

FORMATS = FormatChecker(formats=())

# Fields that Twilio leaves out, rather than null, while there is nothing to say: their types are not nullable.
SOMETIMES = {"reason_conference_ended"}


@FORMATS.checks("date-time-rfc-2822", raises=(ValueError, TypeError))
def _rfc2822(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return isinstance(parsedate_to_datetime(value), datetime) and value.endswith(" +0000")


@FORMATS.checks("uri")
def _uri(value: object) -> bool:
    """A URL, or a path: Twilio's own examples of the `…_page_uri` are paths, and its SDK prepends the host."""
    return not isinstance(value, str) or value.startswith("/2010-04-01/") or bool(urlsplit(value).netloc)


@FORMATS.checks("phone-number")
def _phone(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\+\d{7,15}|\(\d{3}\) \d{3}-\d{4}|anonymous", value) is not None


@FORMATS.checks("http-method")
def _method(value: object) -> bool:
    return not isinstance(value, str) or value in ("GET", "POST")


@FORMATS.checks("iso-country-code")
def _country(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch("[A-Z]{2}", value) is not None


@FORMATS.checks("currency")
def _currency(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch("[A-Z]{3}", value) is not None


@FORMATS.checks("uri-map")
def _uri_map(value: object) -> bool:
    return not isinstance(value, dict) or all(isinstance(uri, str) and uri.startswith("/") for uri in value.values())


class Description:
    """The document, its schemas made into plain JSON Schema: nullable becomes a type, no field may be extra."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.checked: set[tuple[str, str]] = set()  # operations whose answers have been looked at
        self._patterns = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$"), path) for path in document["paths"]
        ]

    def template(self, path: str) -> str | None:
        """The description's path for a URL; fixed words win over parameters."""
        found = [template for pattern, template in self._patterns if pattern.match(path)]
        return min(found, key=lambda template: template.count("{")) if found else None

    def operation(self, method: str, path: str) -> dict[str, Any]:
        template = self.template(path)
        assert template is not None, f"Twilio has no {path}"
        assert method.lower() in self.document["paths"][template], f"Twilio has no {method} {template}"
        return self.document["paths"][template][method.lower()]

    def parameters(self, method: str, path: str) -> set[str]:
        """Names that the operation takes in its query or body."""
        operation = self.operation(method, path)
        names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names |= set(content["schema"].get("properties", {}))
        return names

    def check(self, method: str, path: str, response: httpx.Response) -> None:
        """Raises AssertionError unless a successful answer is what Twilio describes."""
        operation = self.operation(method, path)
        if response.status_code >= 400:
            return
        assert str(response.status_code) in operation["responses"], f"{method} {path} answered {response.status_code}"
        self.checked.add((method, self.template(path) or ""))
        content = operation["responses"][str(response.status_code)].get("content")
        if content is None:
            assert response.content == b"", f"{method} {path} should answer nothing"
            return
        assert response.headers["content-type"].startswith("application/json")
        schema = self._plain(_Key(content["application/json"]["schema"]))
        errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in
                  Draft4Validator(schema, format_checker=FORMATS).iter_errors(response.json())]  # fmt: skip
        assert not errors, f"{method} {path}: {errors}"

    @cache  # noqa: B019 (one per test session)
    def _plain(self, key: "_Key") -> dict[str, Any]:
        schema = key.schema
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].split("/")[-1]]
            return self._plain(_Key(schema))
        plain = {k: schema[k] for k in ("type", "format", "pattern", "enum", "minLength", "maxLength") if k in schema}
        if "properties" in schema:
            plain["properties"] = {name: self._plain(_Key(value)) for name, value in schema["properties"].items()}
            plain["additionalProperties"] = False
            plain["required"] = sorted(set(schema["properties"]) - SOMETIMES)
        if "items" in schema:
            plain["items"] = self._plain(_Key(schema["items"]))
        if schema.get("nullable") and "type" in plain:
            plain["type"] = [plain["type"], "null"]
            if "enum" in plain:
                plain["enum"] = [*plain["enum"], None]
        return plain


class _Key:
    """A schema as a cache key, by identity."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.schema is self.schema
