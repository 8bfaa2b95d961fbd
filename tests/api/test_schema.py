"""The OpenAPI document is valid and complete."""

from typing import Any

import pytest
from django.test import Client
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
    """The document calls a row's key by its name."""
    return f"/api/v1/{route.path}".replace("{pk}", "{id}")


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
    assert named == {"id" if name == "pk" else name for name in route.parameters}


def test_every_error_has_an_example_in_the_references_shape(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    assert len(responses) == 9
    for response in responses.values():
        for example in response["content"]["application/json"]["examples"].values():
            assert set(example["value"]) == {"error", "code", "details"}


def test_lists_have_pages(document: dict[str, Any]) -> None:
    described = document["paths"]["/api/v1/calls/logs"]["get"]
    names = {parameter["name"] for parameter in described["parameters"]}
    assert {"from", "to", "direction", "disposition", "date_start", "date_end", "page", "limit"} <= names


def test_a_post_that_acts_once_tells_so(document: dict[str, Any]) -> None:
    described = document["paths"]["/api/v1/calls/outbound"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in described["parameters"]}
    assert {"201", "409", "422"} <= set(described["responses"])


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
