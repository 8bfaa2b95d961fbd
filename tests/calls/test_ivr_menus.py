"""IVR menus over the API: what is kept, what is no menu, and circles."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from calls import ivr
from calls.models import Agent, IvrMenu, Queue
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

MENUS = "/api/v1/ivr-menus"
HANGUP = {"type": "hangup", "target_id": None}


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


def body(**fields: Any) -> dict[str, Any]:
    return {"name": "Main", "greeting": "Press 1.", "options": [{"digits": "1", "route": HANGUP}], **fields}


def make(owner: Caller, name: str = "Main", **fields: Any) -> Any:
    answer = owner.post(MENUS, body(name=name, **fields))
    assert answer.status_code == 201, answer.content
    return answer.json()


def leading_to(*menus: Any) -> list[dict[str, Any]]:
    return [{"digits": str(at), "route": {"type": "ivr", "target_id": menu["id"]}} for at, menu in enumerate(menus)]


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"]["field"]


def test_a_menu_from_beginning_to_end(owner: Caller) -> None:
    queue = Queue.objects.create(organization=owner.organization, name="Sales")
    agent = Agent.objects.create(organization=owner.organization, name="Ann", endpoint="+14155550188")
    prompt = factories.prompt(owner.organization)
    options = [
        {
            "digits": "1",
            "phrases": ["sales", "a new order"],
            "route": {"type": "queue", "target_id": str(queue.pk), "priority": 5, "skills": ["french"]},
        },
        {"digits": "", "phrases": ["Ann"], "route": {"type": "agent", "target_id": str(agent.pk)}},
        {"digits": "*", "phrases": [], "route": {"type": "forward", "target_id": "+14155550142"}},
    ]
    sent = {
        "name": "Main", "greeting": "", "prompt_id": str(prompt.pk), "language": "es-US", "input": "dtmf speech",
        "options": options, "timeout_seconds": 60, "no_input_retries": 0, "invalid_retries": 9,
        "no_input_text": "¿Sí?", "invalid_text": "¿Cómo?", "fallback_route": {"type": "voicemail", "target_id": None},
    }  # fmt: skip
    made = make(owner, **sent)
    assert made == {**sent, "id": made["id"], "created_at": made["created_at"]}
    assert owner.get(f"{MENUS}/{made['id']}").json() == made
    assert owner.get(MENUS).json()["results"] == [made]
    menu = IvrMenu.objects.get().as_menu()
    assert ivr.take(menu, ivr.State(), speech="ann, please") == ivr.Lead(options[1]["route"])
    for empty in (None, {}):
        changed = owner.patch(f"{MENUS}/{made['id']}", {"name": "Menú", "fallback_route": empty}).json()
        assert changed == {**made, "name": "Menú", "fallback_route": {}}
    assert owner.delete(f"{MENUS}/{made['id']}").status_code == 204
    assert owner.get(f"{MENUS}/{made['id']}").status_code == 404
    entries = AuditEntry.objects.filter(target_id=made["id"]).order_by("id").values_list("action", "fields")
    assert list(entries) == [
        ("ivr_menu.created", sorted(sent)),
        *[("ivr_menu.updated", ["fallback_route", "name"])] * 2,
        ("ivr_menu.deleted", []),
    ]


def test_what_is_not_said_is_as_usual(owner: Caller) -> None:
    made = make(owner)
    assert made["options"] == [{"digits": "1", "phrases": [], "route": HANGUP}]
    assert (made["input"], made["language"], made["prompt_id"], made["fallback_route"]) == ("dtmf", "en-US", None, {})
    assert (made["timeout_seconds"], made["no_input_retries"], made["invalid_retries"]) == (5, 2, 2)


def option(digits: str = "", *phrases: str) -> dict[str, Any]:
    return {"digits": digits, "phrases": list(phrases), "route": HANGUP}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"greeting": ""}, "greeting"),
        ({"greeting": "x" * 1001}, "greeting"),
        ({"prompt_id": "..."}, "prompt_id"),
        ({"language": "english"}, "language"),
        ({"language": "en_US"}, "language"),
        ({"language": "en-us"}, "language"),
        ({"input": "smell"}, "input"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 61}, "timeout_seconds"),
        ({"no_input_retries": -1}, "no_input_retries"),
        ({"invalid_retries": 10}, "invalid_retries"),
        ({"colour": "blue"}, "colour"),
        ({"options": None}, "options"),
        ({"options": []}, "options"),
        ({"options": {}}, "options"),
        ({"options": [5]}, "options.0"),
        ({"options": [option("1")] * 51}, "options"),
        ({"options": [{"digits": "1"}]}, "options.0.route"),
        ({"options": [{"digits": "1", "route": None}]}, "options.0.route"),
        ({"options": [{"digits": "1", "route": {}}]}, "options.0.route.type"),
        ({"options": [{"digits": "1", "route": {"type": "queue"}}]}, "options.0.route.target_id"),
        ({"options": [{**option("1"), "colour": "blue"}]}, "options.0.colour"),
        ({"options": [option("1"), {**option("2"), "route": {"type": "queue", "target_id": "x"}}]},
         "options.1.route.target_id"),
        ({"options": [option("A")]}, "options.0.digits"),
        ({"options": [option("1\n")]}, "options.0.digits"),
        ({"options": [option("12345")]}, "options.0.digits"),
        ({"options": [{"digits": 1, "route": HANGUP}]}, "options.0.digits"),
        ({"options": [option("1"), option("2"), option("1")]}, "options.2.digits"),
        ({"options": [option("12"), option("1"), option("123")]}, "options.0.digits"),
        ({"options": [option("12"), option("#")]}, "options.1.digits"),
        ({"options": [option("1"), option()]}, "options.1.digits"),
        ({"options": [option("1"), option("", "sales")]}, "options.1.digits"),
        ({"options": [option("1", "sales"), option("2")], "input": "speech"}, "options.1.phrases"),
        ({"options": [option("1"), option()], "input": "dtmf speech"}, "options.1.digits"),
        ({"options": [option("1", "sales", "  ?! ")], "input": "speech"}, "options.0.phrases.1"),
        ({"options": [option("1", "x" * 65)]}, "options.0.phrases.0"),
        ({"options": [option("1", "My order!"), option("2", "my  ORDER")]}, "options.1.phrases"),
        ({"fallback_route": {"target_id": None}}, "fallback_route.type"),
        ({"fallback_route": {"type": "hangup", "business_hours_id": None}}, "fallback_route.business_hours_id"),
        ({"fallback_route": {"type": "forward", "target_id": "12"}}, "fallback_route.target_id"),
    ],
)  # fmt: skip
def test_what_is_no_menu_is_refused_by_name(owner: Caller, fields: dict[str, Any], field: str) -> None:
    assert problem(owner.post(MENUS, body(**fields))) == (400, field)
    made = make(owner, "Other", input="dtmf")
    if field not in ("greeting",):
        assert problem(owner.patch(f"{MENUS}/{made['id']}", fields)) == (400, field)
    assert owner.get(f"{MENUS}/{made['id']}").json() == made


def test_a_change_must_fit_with_what_stays(owner: Caller) -> None:
    path = f"{MENUS}/{make(owner)['id']}"
    assert problem(owner.patch(path, {"input": "speech"})) == (400, "options.0.phrases")
    assert problem(owner.patch(path, {"greeting": ""})) == (400, "greeting")
    prompt = factories.prompt(owner.organization)
    assert owner.patch(path, {"greeting": "", "prompt_id": str(prompt.pk)}).status_code == 200
    assert problem(owner.patch(path, {"prompt_id": None})) == (400, "greeting")
    assert owner.patch(path, {"input": "speech", "options": [option("", "sales")]}).status_code == 200
    assert problem(owner.patch(path, {"input": "dtmf"})) == (400, "options.0.digits")
    assert problem(owner.patch(path, {})) == (400, None)


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ({"type": "ivr", "target_id": str(new_id())}, 422),
        ({"type": "queue", "target_id": str(new_id())}, 422),
        ({"type": "agent", "target_id": str(new_id())}, 422),
        ({"type": "voicemail", "target_id": str(new_id())}, 422),
        ({"type": "forward", "target_id": "+1911"}, 422),
        ({"type": "forward", "target_id": "+33123456789"}, 403),
    ],
)
def test_routes_lead_to_what_is_there(owner: Caller, route: dict[str, Any], status: int) -> None:
    made = make(owner)
    for path, send in ((MENUS, owner.post), (f"{MENUS}/{made['id']}", owner.patch)):
        fields = {"name": "Other", "greeting": "Hello", "options": [option("1"), {**option("2"), "route": route}]}
        assert problem(send(path, fields)) == (status, "options.1.route.target_id")
        fields |= {"options": [option("1")], "fallback_route": route}
        assert problem(send(path, fields)) == (status, "fallback_route.target_id")
    assert owner.get(MENUS).json()["results"] == [made]


def test_nobody_elses_menu_or_prompt(owner: Caller) -> None:
    stranger = people.member(people.organization("Other"), "owner")
    theirs, prompt = make(stranger), factories.prompt(stranger.organization)
    assert problem(owner.post(MENUS, body(options=leading_to(theirs)))) == (422, "options.0.route.target_id")
    assert problem(owner.post(MENUS, body(prompt_id=str(prompt.pk)))) == (422, "prompt_id")


def test_names_are_taken_once(owner: Caller) -> None:
    make(owner)
    other = make(owner, "Other")
    assert problem(owner.post(MENUS, body())) == (422, "name")
    assert problem(owner.patch(f"{MENUS}/{other['id']}", {"name": "Main"})) == (422, "name")
    make(people.member(people.organization("Other"), "owner"))


# --- circles ---


def test_a_circle_is_refused_and_named(owner: Caller) -> None:
    last = make(owner, "Last")
    middle = make(owner, "Middle", options=[option("9"), *leading_to(last)])
    first = make(owner, "First", options=leading_to(middle))
    for path, fields, field, circle in (
        (last, {"options": [option("9"), *leading_to(first)]}, "options.1.route", "Last → First → Middle → Last"),
        (last, {"fallback_route": leading_to(middle)[0]["route"]}, "fallback_route", "Last → Middle → Last"),
        (last, {"options": leading_to(last)}, "options.0.route", "Last → Last"),
    ):
        refused = owner.patch(f"{MENUS}/{path['id']}", fields)
        assert problem(refused) == (422, f"{field}.target_id")
        assert refused.json()["details"]["message"] == f"The menus lead in a circle: {circle}"
    assert owner.get(f"{MENUS}/{last['id']}").json() == last
    assert owner.patch(f"{MENUS}/{last['id']}", {"fallback_route": HANGUP}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_that_would_close_a_circle_at_one_moment_one_is_refused(owner: Caller) -> None:
    for _ in range(5):
        one, other = make(owner, f"One {new_id()}"), make(owner, f"Other {new_id()}")
        both = threading.Barrier(2)

        def lead(here: Any, there: Any, both: threading.Barrier = both) -> int:
            try:
                both.wait(timeout=30)
                return owner.patch(f"{MENUS}/{here['id']}", {"options": leading_to(there)}).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(lead, (one, other), (other, one)))
        assert sorted(statuses) == [200, 422]
