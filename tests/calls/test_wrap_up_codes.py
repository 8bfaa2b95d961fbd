"""Wrap-up codes, and what they mean for the disposition of a call."""

import pytest

from calls.models import Call, WrapUpCode
from tests import people
from tests.api import factories
from tests.people import Caller

pytestmark = pytest.mark.django_db

CODES = "/api/v1/wrap-up-codes"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


def test_a_code_from_beginning_to_end(owner: Caller) -> None:
    made = owner.post(CODES, {"code": "sold_2", "label": "Sold two"})
    assert made.status_code == 201
    assert (made.json()["code"], made.json()["label"], made.json()["active"]) == ("sold_2", "Sold two", True)
    path = f"{CODES}/{made.json()['id']}"
    assert owner.patch(path, {"active": False}).json()["active"] is False
    owner.post(CODES, {"code": "lost", "label": "Lost"})
    codes = {active: [row["code"] for row in owner.get(CODES, {"active": active}).json()["results"]] for active in
             ("true", "false")}  # fmt: skip
    assert codes == {"true": ["lost"], "false": ["sold_2"]}
    assert owner.get(CODES, {"active": "1"}).status_code == 400
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize("code", ["", "Sold", "sold-out", "sold out", "verkauft_ü", "x" * 65, 5, None])
def test_a_code_is_a_small_word(owner: Caller, code: object) -> None:
    answer = owner.post(CODES, {"code": code, "label": "Sold"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "code")
    assert not WrapUpCode.objects.exists()


def test_a_code_is_an_organizations_once(owner: Caller) -> None:
    owner.post(CODES, {"code": "sold", "label": "Sold"})
    other = owner.post(CODES, {"code": "lost", "label": "Lost"}).json()["id"]
    answer = owner.post(CODES, {"code": "sold", "label": "Sold again"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "code")
    assert owner.patch(f"{CODES}/{other}", {"code": "sold"}).status_code == 422
    globex = people.member(people.organization("Globex"), "owner")
    assert globex.post(CODES, {"code": "sold", "label": "Sold"}).status_code == 201


@pytest.mark.parametrize(("word", "status"), [("sold", 200), ("lost", 422), ("theirs", 200), ("whatever we like", 200)])
def test_a_call_is_not_closed_with_a_code_that_is_not_offered(owner: Caller, word: str, status: int) -> None:
    globex = people.organization("Globex")
    for organization, code, active in (
        (owner.organization, "sold", True), (owner.organization, "lost", False), (globex, "theirs", False),
    ):  # fmt: skip
        WrapUpCode.objects.create(organization=organization, code=code, label=code, active=active)
    call = Call.objects.get(pk=factories._call(owner.organization, {}))
    answer = owner.patch(f"/api/v1/calls/{call.pk}", {"disposition": word})
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["details"]["field"] == "disposition"
    call.refresh_from_db()
    assert call.disposition == (word if status == 200 else "answered")
