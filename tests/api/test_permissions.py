"""Every route × who asks × what they are answered."""

import pytest

from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.api.permission_table import GOOD, OF_LIVE_CALLS, PUBLIC, TABLE
from tests.api.routes import Route, routes
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import Organization
from zerovoice.accounts.scopes import ALL, SCOPES_OF_ROLE

pytestmark = pytest.mark.django_db

ROUTES = routes()
PROTECTED = [route for route in ROUTES if TABLE.get((route.method, route.path), ("?",))[0] != PUBLIC]


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def scope_of(route: Route) -> str:
    return TABLE[route.method, route.path][0]


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def ask(caller: people.Caller, route: Route, acme: Organization):
    ids = factories.make(route.objects, acme)
    return caller.request(route.method, route.url(ids), None if route.method in ("GET", "DELETE") else {})


def test_every_route_has_its_line_and_every_line_its_route() -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(TABLE)


def test_every_scope_of_the_table_exists() -> None:
    assert {scope for scope, _ in TABLE.values()} <= ALL | {PUBLIC}


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_exactly_its_scope_opens_a_route(route: Route, acme: Organization) -> None:
    scope, status = TABLE[route.method, route.path]
    caller = people.ANYBODY if scope == PUBLIC else people.program(acme, scope)
    answer = ask(caller, route, acme)
    assert answer.status_code == status, answer.content


@pytest.mark.parametrize("route", [route for route in ROUTES if (route.method, route.path) in GOOD], ids=name)
def test_its_scope_is_all_that_a_good_request_needs(
    route: Route, acme: Organization, simulator: SimulatorControl
) -> None:
    for ours in ("+16285550100", factories.OUR_NUMBER):
        simulator.add_number(ours)
    PhoneNumber.objects.create(organization=acme, number="+16285550100", country="US", number_type="local")
    ids = factories.make(route.objects, acme)
    if route.path in OF_LIVE_CALLS:
        ids["calls/{call_id}"] = factories.live_call(acme, OF_LIVE_CALLS[route.path])
    body, status = GOOD[route.method, route.path]
    answer = people.program(acme, scope_of(route)).request(route.method, route.url(ids), body)
    assert answer.status_code == status, answer.content


def test_every_route_that_wants_a_body_has_a_good_one() -> None:
    refused = {key for key, (scope, status) in TABLE.items() if scope != PUBLIC and status in (400, 422)}
    managed_by_equals = {("POST", "members"), ("PATCH", "members/{member_id}")}  # needs a role too: see test_members
    # See test_import.py of each, and test_prompts.py.
    files = {("POST", "compliance/dnc/import"), ("POST", "contacts/import"), ("POST", "prompts")}
    wants_stripe = {("POST", "billing/portal")}  # see test_portal.py
    assert refused - managed_by_equals - files - wants_stripe == set(GOOD)


@pytest.mark.parametrize("route", PROTECTED, ids=name)
def test_without_its_scope_a_route_is_closed(route: Route, acme: Organization) -> None:
    answer = ask(people.program(acme, *(ALL - {scope_of(route)})), route, acme)
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "Forbidden",
        "code": "forbidden",
        "details": {"field": None, "message": f"This needs the scope {scope_of(route)}"},
    }


@pytest.mark.parametrize("route", PROTECTED, ids=name)
def test_without_credentials_a_route_is_closed(route: Route, acme: Organization) -> None:
    answer = ask(people.ANYBODY, route, acme)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Unauthorized",
        "code": "unauthorized",
        "details": {"field": None, "message": "Missing or invalid authentication"},
    }
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", SCOPES_OF_ROLE)
def test_a_role_opens_what_its_scopes_open(role: str, acme: Organization) -> None:
    somebody = people.member(acme, role)
    for route in PROTECTED:
        if route.parameters or route.method != "GET" or route.path == "agents/me":
            continue
        expected = 200 if scope_of(route) in SCOPES_OF_ROLE[role] else 403
        assert ask(somebody, route, acme).status_code == expected, name(route)
