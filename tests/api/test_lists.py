"""Pages, counts and filters of every list."""

import itertools

import pytest

from tests import people
from zerovoice.accounts.models import ApiKey, Organization
from zerovoice.accounts.views import ApiKeyViewSet
from zerovoice.api import pagination

pytestmark = pytest.mark.django_db
PATH = "/api/v1/api-keys"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> people.Caller:
    return people.member(acme, "owner")


def fill(organization: Organization, count: int) -> None:
    rows = (
        ApiKey(organization=organization, name=f"key {n}", prefix=f"{n:012}", secret_hash="", scopes=["calls:read"])
        for n in range(count)
    )
    ApiKey.objects.bulk_create(rows)


def test_an_empty_list(owner: people.Caller) -> None:
    assert owner.get(PATH).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_walking_through_all_pages(acme: Organization, owner: people.Caller) -> None:
    fill(acme, 57)
    seen, url, lengths = [], PATH, []
    while url:
        page = owner.get(url).json()
        assert page["count"] == 57
        lengths.append(len(page["results"]))
        seen += [row["name"] for row in page["results"]]
        url = page["next"]
    assert lengths == [25, 25, 7]
    assert seen == [f"key {n}" for n in reversed(range(57))]  # newest first
    last = owner.get(PATH, {"page": 3}).json()
    assert "page=2" in last["previous"]
    assert "page=" not in owner.get(PATH, {"page": 2, "limit": 10}).json()["previous"]


def test_a_page_past_the_end_is_empty(acme: Organization, owner: people.Caller) -> None:
    fill(acme, 3)
    for page in (2, 1000, 10**12, 10**40):
        answer = owner.get(PATH, {"page": page})
        assert answer.status_code == 200
        assert answer.json()["results"] == []
        assert answer.json()["count"] == 3
        assert answer.json()["next"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *itertools.product(["page", "limit"], ["0", "-1", "1.5", "abc", "", "１", "1" * 2000, "null", " 1"]),
        ("limit", "101"),
        ("limit", "9" * 30),
    ],
)
def test_a_senseless_page_is_a_400(owner: people.Caller, field: str, value: str) -> None:
    answer = owner.get(PATH, {field: value})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field


def test_the_limit_is_a_hundred(acme: Organization, owner: people.Caller) -> None:
    fill(acme, 101)
    page = owner.get(PATH, {"limit": 100}).json()
    assert len(page["results"]) == 100
    assert page["next"] is not None


@pytest.mark.parametrize(
    "query", ["pages=2", "limit=5&limit=6", "from_=x", "organization_id=1", "a%00b=1", "page%00=1", "=1"]
)
def test_an_unknown_or_repeated_parameter_is_a_400(owner: people.Caller, query: str) -> None:
    answer = owner.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_a_parameter_on_a_route_without_any_is_a_400(acme: Organization, owner: people.Caller) -> None:
    fill(acme, 1)
    assert owner.get(f"{PATH}/{ApiKey.objects.get().pk}?expand=1").status_code == 400
    assert owner.post(f"{PATH}?dry_run=1", {"name": "x", "scopes": ["calls:read"]}).status_code == 400
    assert ApiKey.objects.count() == 1


def test_more_queries_do_not_come_with_more_rows(acme: Organization, owner: people.Caller) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fill(acme, 60)
    owner.get(PATH)
    counts = set()
    for limit in (1, 10, 60):
        with CaptureQueriesContext(connection) as queries:
            owner.get(PATH, {"limit": limit})
        counts.add(len(queries))
    assert counts == {2}  # the count and the page


def test_the_count_of_many_matches_says_that_it_is_no_count(
    acme: Organization, owner: people.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pagination.COUNTED_MATCHES == 10_000
    monkeypatch.setattr(pagination, "COUNTED_MATCHES", 100)
    fill(acme, 101)
    exact = owner.get(PATH).json()
    assert (exact["count"], "count_exact" in exact) == (101, False)
    _let_it_filter(monkeypatch)
    many = owner.get(PATH, {"name": "key"}).json()
    assert (many["count"], many["count_exact"]) == (100, False)
    assert many["next"] is not None
    beyond = owner.get(PATH, {"name": "key", "page": 5}).json()
    assert len(beyond["results"]) == 1
    few = owner.get(PATH, {"name": "key 7"}).json()
    assert (few["count"], "count_exact" in few) == (11, False)


def _let_it_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    import django_filters

    from zerovoice.api.filters import StrictFilterSet

    class ByName(StrictFilterSet):
        name = django_filters.CharFilter(lookup_expr="startswith")

    monkeypatch.setattr(ApiKeyViewSet, "filterset_class", ByName)
