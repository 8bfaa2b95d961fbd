"""Twilio's own description of its REST API, and whether a request keeps to it.

The file is data beside the project (or where TWILIO_OPENAPI says); without it these tests are skipped.
"""

import json
import os
import re
from functools import lru_cache
from pathlib import Path

import jsonschema
import pytest

from tests.carrier.http_server import Seen

PROJECT = Path(__file__).resolve().parents[2]
FILE = Path(os.environ.get("TWILIO_OPENAPI") or PROJECT.parent / "shared" / "twilio-api-v2010.openapi.json")

described = pytest.mark.skipif(not FILE.exists(), reason=f"Twilio's description is not at {FILE}; set TWILIO_OPENAPI")


@lru_cache(maxsize=1)
def description() -> dict:
    return json.loads(FILE.read_text())


def check(seen: Seen) -> str:
    """Raises AssertionError where the request does not keep to the description; returns the operation's name."""
    template, operation, path_values = _operation(seen)
    parameters = [*description()["paths"][template].get("parameters", ()), *operation.get("parameters", ())]
    place = {kind: {p["name"]: p for p in parameters if p["in"] == kind} for kind in ("path", "query")}
    for name, value in path_values.items():
        _conforms(place["path"][name]["schema"], [value], name)
    _named_and_required(seen.query, place["query"], {n for n, p in place["query"].items() if p.get("required")})
    for name, values in seen.query.items():
        _conforms(place["query"][name]["schema"], values, name)

    body = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    schema = body.get("schema", {})
    properties = schema.get("properties", {})
    _named_and_required(seen.form, properties, set(schema.get("required", ())))
    for name, values in seen.form.items():
        _conforms(properties[name], values, name)
    if seen.form:
        assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    return operation["operationId"]


def _operation(seen: Seen) -> tuple[str, dict, dict[str, str]]:
    # The most particular template first: a sub-resource's path also fits a template whose last part is a parameter.
    for template in sorted(description()["paths"], key=lambda path: path.count("{")):
        pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+?)", pattern), seen.path)
        operation = description()["paths"][template].get(seen.method.lower())
        if match and operation:
            return template, operation, match.groupdict()
    raise AssertionError(f"Twilio describes no {seen.method} {seen.path}")


def _named_and_required(given: dict, known: dict, required: set[str]) -> None:
    assert not (unknown := set(given) - set(known)), f"unknown parameters: {unknown}"
    assert not (missing := required - set(given)), f"missing parameters: {missing}"


def _conforms(schema: dict, values: list[str], name: str) -> None:
    if "$ref" in schema:
        schema = description()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    kind = schema.get("type")
    if kind == "array":
        for value in values:
            _conforms(schema["items"], [value], name)
        return
    assert len(values) == 1, f"{name} is given more than once"
    value: object = values[0]
    if kind == "integer":
        value = int(values[0])
    if kind == "boolean":
        assert values[0] in ("true", "false"), f"{name} is no boolean: {values[0]}"
        value = values[0] == "true"
    jsonschema.validate(value, schema)
