"""The OpenAPI document is valid and complete."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.permission_table import PUBLIC, TABLE
from tests.api.routes import Route, routes


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/schema")
    assert answer.status_code == 200
    return answer.json()


def operation(document: dict[str, Any], route: Route) -> dict[str, Any]:
    return document["paths"][described_path(route)][route.method.lower()]


def described_path(route: Route) -> str:
    return f"/api/v1/{route.path}"


def test_it_is_valid_openapi_31(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_has_every_route_and_no_other(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {(route.method, described_path(route)) for route in routes()}


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.path}")
def test_every_operation_tells_its_errors_and_its_security(document: dict[str, Any], route: Route) -> None:
    described = operation(document, route)
    public = TABLE[route.method, route.path][0] == PUBLIC
    expected = {"400", "503"} | (set() if public else {"401", "403", "429"})
    if route.parameters:
        expected.add("404")
    assert expected <= set(described["responses"])
    security = [] if public else [{"ApiKey": []}, {"Bearer": []}]
    assert described.get("security", []) in (security, [*security, {}], [{}] if public else security)
    assert described["summary"]
    if not public:
        assert f"Scope: `{TABLE[route.method, route.path][0]}`" in described["description"]
    named = {parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "path"}
    assert named == set(route.parameters)


def test_every_error_has_an_example_in_the_references_shape(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    assert len(responses) == 9
    for response in responses.values():
        for example in response["content"]["application/json"]["examples"].values():
            assert set(example["value"]) == {"error", "code", "details"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, described in item.items():
            yield f"{method.upper()} {path}", described


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body there is, with its name: of each operation, and of the shared refusals."""
    for name, described in operations(document):
        yield f"{name} takes", described.get("requestBody", {}).get("content", {}).get("application/json")
        for status, response in described["responses"].items():
            yield f"{name} answers {status}", response.get("content", {}).get("application/json")
    for name, response in document["components"]["responses"].items():
        yield name, response["content"]["application/json"]


def test_every_body_has_examples_and_they_are_valid(document: dict[str, Any]) -> None:
    seen = 0
    for name, content in contents(document):
        if content is None:
            continue
        schema = {**content["schema"], "components": document["components"]}
        validator = OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)
        assert content.get("examples"), f"{name}: no example"
        for title, example in content["examples"].items():
            assert [error.message for error in validator.iter_errors(example["value"])] == [], f"{name}: {title}"
            seen += 1
    assert seen > 60


def test_every_name_is_given_once_and_speaks(document: dict[str, Any]) -> None:
    ids = [described["operationId"] for _, described in operations(document)]
    assert len(ids) == len(set(ids))
    assert {"place_call", "search_call_logs", "list_queues", "get_queue", "update_agent", "log_in"} <= set(ids)
    tags = [tag["name"] for tag in document["tags"]]
    assert tags[0] == "Calls"
    assert {tag for _, described in operations(document) for tag in described["tags"]} == set(tags)
    assert {"CallStatus", "CallPhase", "AgentState", "Role", "Scope"} <= set(document["components"]["schemas"])
    assert not [name for name in document["components"]["schemas"] if name.endswith("Enum")]


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    for name, described in operations(document):
        for parameter in described.get("parameters", ()):
            schema = parameter["schema"]
            assert parameter.get("description") or "enum" in schema, f"{name}: {parameter['name']}"
            assert parameter["in"] != "path" or schema == {"type": "string", "format": "uuid"}, name


def test_a_body_takes_no_unknown_field_and_an_answer_has_all_of_its_own(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, described in schemas.items():
        if name.endswith("Request") and "anyOf" not in described:
            assert described["additionalProperties"] is False, name
        elif "properties" in described and not name.startswith(("Paginated", "Error")):
            assert set(described["required"]) == set(described["properties"]), name
        assert "serializer" not in described.get("description", ""), name  # about our code, not about the API


def test_nothing_is_null_that_is_not_said_to_be(document: dict[str, Any]) -> None:
    call = document["components"]["schemas"]["Call"]["properties"]
    assert call["answered_at"]["type"] == ["string", "null"]
    assert {"type": "null"} in call["agent"]["oneOf"]
    assert call["disposition"]["type"] == "string"


def test_a_page_may_say_that_its_count_is_not_exact(document: dict[str, Any]) -> None:
    page = document["components"]["schemas"]["PaginatedCallList"]
    assert page["properties"]["count_exact"]["type"] == "boolean"
    assert set(page["required"]) == {"count", "next", "previous", "results"}


@pytest.mark.parametrize("path", ["calls/{call_id}/recordings/{recording_id}", "voicemails/{voicemail_id}"])
def test_audio_comes_in_ranges(document: dict[str, Any], path: str) -> None:
    described = document["paths"][f"/api/v1/{path}/audio"]["get"]
    assert ("header", "Range") in {(parameter["in"], parameter["name"]) for parameter in described["parameters"]}
    assert set(described["responses"]["206"]["content"]) == {"audio/wav"}
    assert "416" in described["responses"]


def test_lists_have_pages(document: dict[str, Any]) -> None:
    described = document["paths"]["/api/v1/calls/logs"]["get"]
    names = {parameter["name"] for parameter in described["parameters"]}
    assert {"from", "to", "direction", "disposition", "date_start", "date_end", "page", "limit"} <= names


@pytest.mark.parametrize(
    "path",
    ["calls/outbound", "calls/{call_id}/transfer", "calls/{call_id}/monitor", "voicemails/{voicemail_id}/call-back"],
)
def test_a_post_that_acts_once_tells_so(document: dict[str, Any], path: str) -> None:
    described = document["paths"][f"/api/v1/{path}"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in described["parameters"]}
    assert {"409", "422", "451", "503"} <= set(described["responses"])


def test_both_credentials_are_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert (schemes["ApiKey"]["in"], schemes["ApiKey"]["name"]) == ("header", "X-API-Key")
    assert schemes["Bearer"]["scheme"] == "bearer"


def test_yaml_on_request() -> None:
    assert Client().get("/api/schema?format=yaml").content.startswith(b"openapi: 3.1")


def test_swagger_ui_stands_on_our_own_files() -> None:
    page = Client().get("/api/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http" not in page.replace("http-equiv", "")
    assert Client().get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js").status_code == 200
