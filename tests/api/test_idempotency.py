"""A POST with an Idempotency-Key acts once. The views are the tests' own; what is tested stands behind them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import override_settings
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tests import people
from zerovoice.accounts.models import ApiKey, Organization
from zerovoice.api.errors import Forbidden, Unavailable, Unprocessable
from zerovoice.api.idempotency import idempotent
from zerovoice.api.models import IdempotentAnswer
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import TenantViewSet

done: list[str] = []
gate = threading.Event()


class Body(StrictSerializer):
    what = serializers.CharField()
    how_often = serializers.IntegerField(required=False)


class ActingViewSet(TenantViewSet):
    scope = "calls"
    queryset = ApiKey.objects.all()
    write_serializers = {"create": Body}

    @idempotent
    def create(self, request: Request) -> Response:
        what = self.validated()["what"]
        done.append(what)
        match what:
            case "busy":
                raise Unavailable("The carrier is not available", retry_after=7)
            case "wrong":
                raise Unprocessable("Not now", "what")
            case "forbidden":
                raise Forbidden("Not you")
            case "bug":
                raise RuntimeError("a defect")
            case "slow":
                gate.wait(5)
        return Response({"number": len(done), "what": what}, status=201, headers={"Location": "/here"})


urlpatterns = [path("act", ActingViewSet.as_view({"post": "create"}))]


@pytest.fixture(autouse=True)
def _acting() -> Iterator[None]:
    done.clear()
    gate.clear()
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def caller(acme: Organization) -> people.Caller:
    return people.program(acme)


def act(caller: people.Caller, what: str, key: str = "k-1", **more: object):
    return caller.post("/act", {"what": what, **more}, Idempotency_Key=key)


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer(caller: people.Caller) -> None:
    first, second = act(caller, "call"), act(caller, "call")
    assert done == ["call"]
    assert (second.status_code, second.content, second["Location"]) == (201, first.content, "/here")
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.django_db
def test_without_a_key_it_acts_each_time(caller: people.Caller) -> None:
    caller.post("/act", {"what": "call"})
    caller.post("/act", {"what": "call"})
    assert done == ["call", "call"]


@pytest.mark.django_db
def test_the_order_of_fields_does_not_make_another_request(caller: people.Caller) -> None:
    caller.post("/act", b'{"what": "call", "how_often": 1}', Idempotency_Key="k")
    assert caller.post("/act", b'{"how_often":1,"what":"call"}', Idempotency_Key="k")["Idempotent-Replayed"] == "true"


@pytest.mark.django_db
def test_another_body_is_refused(caller: people.Caller) -> None:
    act(caller, "call")
    answer = act(caller, "other")
    assert answer.status_code == 422
    assert answer.json()["details"] == {"field": "Idempotency-Key", "message": "This key was used for another request"}
    assert done == ["call"]


@pytest.mark.django_db
def test_keys_of_two_organizations_are_two(caller: people.Caller) -> None:
    act(caller, "call")
    assert "Idempotent-Replayed" not in act(people.program(people.organization("Globex")), "call")
    assert done == ["call", "call"]


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "status"), [("wrong", 422), ("forbidden", 403)])
def test_a_refusal_is_replayed_too(caller: people.Caller, what: str, status: int) -> None:
    first, second = act(caller, what), act(caller, what)
    assert (first.status_code, second.status_code) == (status, status)
    assert second.content == first.content
    assert second["Link"] == first["Link"]
    assert done == [what]


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "status"), [("busy", 503), ("bug", 500)])
def test_what_may_pass_is_tried_again(caller: people.Caller, what: str, status: int) -> None:
    assert [act(caller, what).status_code, act(caller, what).status_code] == [status, status]
    assert done == [what, what]
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db
def test_after_a_day_the_key_is_free(caller: people.Caller) -> None:
    act(caller, "call")
    IdempotentAnswer.objects.update(created_at=IdempotentAnswer.objects.get().created_at - timedelta(hours=24))
    assert "Idempotent-Replayed" not in act(caller, "call")
    assert done == ["call", "call"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "schlüssel"])
def test_a_malformed_key_is_a_400(caller: people.Caller, key: str) -> None:
    answer = act(caller, "call", key)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "Idempotency-Key"
    assert done == []


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_act_once_and_all_get_the_same(caller: people.Caller) -> None:
    def ask(number: int):
        try:
            return act(people.Caller(caller.organization, caller.headers), "slow")
        finally:
            connections.close_all()

    threading.Timer(0.5, gate.set).start()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert done == ["slow"]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 19


@pytest.mark.django_db(transaction=True)
def test_one_that_waits_too_long_is_a_conflict(caller: people.Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zerovoice.api.idempotency.WAIT_SECONDS", 0.2)

    def first() -> None:
        act(people.Caller(caller.organization, caller.headers), "slow")
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    while not done:
        time.sleep(0.01)
    answer = act(caller, "slow")
    gate.set()
    thread.join()
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "Conflict",
        "code": "conflict",
        "details": {"field": "Idempotency-Key", "message": "The first request with this key has no answer yet"},
    }
    assert act(caller, "slow")["Idempotent-Replayed"] == "true"
