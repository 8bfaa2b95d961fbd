"""Another tenant's objects look like nothing at all, on every route there is."""

import pytest

from tests import people
from tests.api import factories
from tests.api.routes import Route, routes
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db

OF_OBJECTS = [route for route in routes() if route.parameters]
LISTS = [route for route in routes() if route.is_list and not route.parameters]


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture(params=["token", "key"])
def stranger(request: pytest.FixtureRequest) -> people.Caller:
    globex = people.organization("Globex")
    return people.member(globex, "owner") if request.param == "token" else people.program(globex)


def ask(caller: people.Caller, route: Route, ids: factories.Ids):
    return caller.request(route.method, route.url(ids), None if route.method in ("GET", "DELETE") else {})


@pytest.mark.parametrize("route", OF_OBJECTS, ids=name)
def test_a_stranger_finds_nothing(route: Route, acme: Organization, stranger: people.Caller) -> None:
    ids = factories.make(route.objects, acme)
    nothing = ask(stranger, route, {named: people.absent_id() for named in ids})
    theirs = ask(stranger, route, ids)
    assert theirs.status_code == 404
    assert theirs.content == nothing.content
    assert theirs.json() == {
        "error": "Not Found",
        "code": "not_found",
        "details": {"field": None, "message": "Resource not found"},
    }
    # It is there: its owner finds it, unharmed by the stranger.
    assert ask(people.program(acme), route, ids).status_code != 404


@pytest.mark.parametrize("route", OF_OBJECTS, ids=name)
def test_an_id_that_is_no_uuid_is_nothing(route: Route, acme: Organization) -> None:
    answer = ask(people.program(acme), route, dict.fromkeys(route.objects, "123"))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("route", LISTS, ids=name)
def test_a_stranger_lists_nothing(route: Route, acme: Organization, stranger: people.Caller) -> None:
    factories.furnish(acme)
    ours = {row["id"] for row in ask(people.program(acme), route, {}).json()["results"]}
    theirs = {row["id"] for row in ask(stranger, route, {}).json()["results"]}
    assert ours  # shown to its owner, else it would prove nothing
    assert not ours & theirs
