"""Lists that are read as rows of the query say what their serializers would."""

from typing import Any

import orjson
import pytest
from django.urls import resolve

from calls.models import Call
from calls.serializers.call import CallDetailSerializer, CallSerializer
from tests import people
from tests.api import factories
from tests.api.routes import Route, routes
from zerovoice.api.renderers import OrjsonRenderer
from zerovoice.api.rows import rows_of

pytestmark = pytest.mark.django_db


def lists() -> list[Route]:
    return [route for route in routes() if route.is_list]


def as_json(data: Any) -> Any:
    return orjson.loads(OrjsonRenderer().render(data))


@pytest.mark.parametrize("path", [route.path for route in lists()])
def test_a_row_is_what_its_serializer_says(path: str) -> None:
    route = next(route for route in lists() if route.path == path)
    acme = people.organization()
    made = factories.make(route.objects, acme)
    if not made:
        factories.furnish(acme)
    url = route.url(made)
    view = resolve(url.split("?")[0]).func.cls()
    serializer: Any = getattr(view, "lists", {}).get(route.action) or getattr(view, "serializer_class", None)
    told = people.program(acme).get(url).json()["results"]
    if not told:
        pytest.skip("nobody makes any of these here")
    model: Any = serializer.Meta.model if hasattr(serializer, "Meta") else None
    if model is None or rows_of(serializer, model) is None:
        pytest.skip("more than columns: its serializer is what says it")
    rows = model.objects.in_bulk([row["id"] for row in told])
    ordered = sorted(rows.values(), key=lambda one: [row["id"] for row in told].index(str(one.pk)))
    assert told == as_json(serializer(ordered, many=True).data)


def test_which_lists_are_rows() -> None:
    assert rows_of(CallSerializer, Call) is not None
    assert rows_of(CallDetailSerializer, Call) is None  # it has legs


def test_a_call_without_anybody() -> None:
    acme = people.organization()
    Call.objects.create(
        organization=acme, direction="inbound", from_number="anonymous", to_number="+14155550100", status="in_progress"
    )
    (row,) = people.program(acme).get("/api/v1/calls/live").json()["results"]
    assert row == as_json(CallSerializer(Call.objects.get(pk=row["id"])).data)
    assert (row["queue"], row["agent"], row["ended_at"]) == (None, None, None)
