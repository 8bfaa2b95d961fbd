"""Numbers that the carrier sells."""

from typing import Any

import pytest

from tests.people import Caller
from tests.simulator_control import SimulatorControl

pytestmark = pytest.mark.django_db

SEARCH = "/api/v1/numbers/search"
LOCAL = {"country": "US", "number_type": "local"}


@pytest.mark.usefixtures("simulator")
def test_by_area_code(owner: Caller) -> None:
    answer = owner.post(SEARCH, {**LOCAL, "area_code": "415", "limit": 3})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["count"], body["next"], body["previous"], len(body["results"])) == (3, None, None, 3)
    for number in body["results"]:
        assert number["phone_number"].startswith("+1415")
        assert set(number) == {
            "phone_number", "number_type", "country", "region", "locality", "capabilities", "address_requirements",
        }  # fmt: skip
        assert (number["number_type"], number["country"], number["region"]) == ("local", "US", "CA")


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ({"country": "US", "number_type": "local", "contains": "HOME"}, "+1", "4663"),
        ({"country": "US", "number_type": "toll_free", "area_code": "888"}, "+1888", ""),
        ({"country": "CA", "number_type": "local", "area_code": "416"}, "+1416", ""),
        ({"country": "GB", "number_type": "mobile"}, "+447", ""),
        ({"country": "GB", "number_type": "local", "area_code": "20"}, "+4420", ""),
    ],
)
def test_by_country_type_and_pattern(owner: Caller, wanted: dict[str, Any], start: str, end: str) -> None:
    found = [number["phone_number"] for number in owner.post(SEARCH, wanted).json()["results"]]
    assert found
    assert len(found) <= 20
    assert all(number.startswith(start) and number.endswith(end) for number in found), found


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": None}, "country"),
        ({"country": "USA"}, "country"),
        ({"country": "XX"}, "country"),
        ({"number_type": "national"}, "number_type"),
        ({"number_type": None}, "number_type"),
        ({"area_code": "41a"}, "area_code"),
        ({"area_code": "41"}, "area_code"),
        ({"area_code": 415}, "area_code"),
        ({"contains": "5"}, "contains"),
        ({"contains": "**"}, "contains"),
        ({"contains": "55 55"}, "contains"),
        ({"contains": "5" * 17}, "contains"),
        ({"limit": 0}, "limit"),
        ({"limit": 51}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"colour": "red"}, "colour"),
        ({"country": "GB", "area_code": "20", "contains": "555"}, "area_code"),
    ],
)
def test_what_is_malformed_is_named(owner: Caller, change: dict[str, Any], field: str) -> None:
    answer = owner.post(SEARCH, {name: value for name, value in {**LOCAL, **change}.items() if value is not None})
    assert answer.status_code == 400, answer.content
    assert answer.json()["details"]["field"] == field


@pytest.mark.usefixtures("simulator")
def test_where_the_carrier_sells_none(owner: Caller) -> None:
    answer = owner.post(SEARCH, {"country": "US", "number_type": "mobile"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "number_type")
    assert owner.post(SEARCH, {**LOCAL, "area_code": "533"}).json()["results"] == []


def test_a_carrier_that_fails_is_a_503(owner: Caller, simulator: SimulatorControl) -> None:
    simulator.faults(rest=[{"path": "AvailablePhoneNumbers", "kind": "500"}])
    assert owner.post(SEARCH, LOCAL).status_code == 503


def test_an_open_breaker_is_a_503_and_asks_nobody(owner: Caller, simulator: SimulatorControl) -> None:
    simulator.faults(rest=[{"path": ".*", "kind": "500"}])
    for _ in range(30):
        owner.post(SEARCH, LOCAL)
    asked = len(simulator.requests())
    answer = owner.post(SEARCH, LOCAL)
    assert (answer.status_code, len(simulator.requests())) == (503, asked)
    assert int(answer["Retry-After"]) >= 1
