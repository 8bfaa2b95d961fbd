"""Menus: what callers press and say leads them where the menu says."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.company import STAYS, Company, Script
from tests.stack import AgentPhone

LANGUAGES, DEPARTMENTS = "For English press 1. For French press 2.", "Sales press 1. Service press 2. Say operator."
SORRY = "Sorry, that is not one of the choices."


@pytest.fixture(scope="module")
def office(new_company: Callable[..., Company]) -> Company:
    """Two queues with an agent each, behind a menu of two levels."""
    office = new_company(agents=2)
    sales = office.agent()
    queue = office.queue("Sales")
    office.works_in(sales, queue)
    departments = office.make(
        "/ivr-menus",
        name="Departments",
        greeting=DEPARTMENTS,
        input="dtmf speech",
        timeout_seconds=3,
        no_input_retries=1,
        invalid_retries=1,
        options=[
            {"digits": "1", "phrases": ["sales", "buy something"], "route": to("queue", queue)},
            {"digits": "2", "phrases": ["service"], "route": to("queue", office.queue_id)},
            {"digits": "9", "phrases": ["goodbye"], "route": to("hangup")},
        ],
        fallback_route=to("queue", queue),
    )
    languages = office.make(
        "/ivr-menus",
        name="Languages",
        greeting=LANGUAGES,
        timeout_seconds=3,
        options=[
            {"digits": "1", "route": to("ivr", departments)},
            {"digits": "2", "route": to("queue", office.queue_id)},
        ],
    )
    office.route("ivr", languages)
    return office


def to(kind: str, target_id: str | None = None) -> dict[str, Any]:
    return {"type": kind, "target_id": target_id}


def answers(*steps: tuple[str, dict[str, Any]], then: Script | None = None) -> Script:
    script: Script = []
    for question, answer in steps:
        script += [{"wait_for": question}, answer]
    return [*script, *(STAYS if then is None else then)]


def reaches(office: Company, script: Script, agent: AgentPhone) -> dict[str, Any]:
    """The call, which is over by the time this is through."""
    call_id, _ = office.receive(script)
    office.until_talking(call_id, agent, 90)
    office.hang_up(call_id)
    return office.until_over(call_id)


def test_two_levels_by_keys(office: Company) -> None:
    script = answers(("press 1", {"press": "1"}), ("Sales press 1", {"press": "2"}))
    call = reaches(office, script, office.agents[1])
    assert (call["disposition"], call["queue"]["id"]) == ("answered", office.queue_id)


def test_by_speech(office: Company) -> None:
    script = answers(("press 1", {"press": "1"}), ("Say operator", {"say": "I want to buy something, please"}))
    assert reaches(office, script, office.agents[0])["queue"]["name"] == "Sales"


def test_a_wrong_answer_is_asked_again_and_then_right(office: Company) -> None:
    script = answers(("press 1", {"press": "7"}), (SORRY, {"press": "2"}))
    call_id, caller = office.receive(script)
    office.until_talking(call_id, office.agents[1], 90)
    assert ("network", SORRY) in office.heard(caller)
    office.hang_up(call_id)
    office.until_over(call_id)


def test_who_is_silent_goes_to_the_fallback(office: Company) -> None:
    call_id, caller = office.receive(answers(("press 1", {"press": "1"})))
    office.until_talking(call_id, office.agents[0], 120)
    said = [text for _, text in office.heard(caller)]
    assert said.count(DEPARTMENTS) == 2
    assert "Sorry, I did not hear anything." in said
    office.hang_up(call_id)
    office.until_over(call_id)


def test_an_option_may_end_the_call(office: Company) -> None:
    call_id, caller = office.receive(answers(("press 1", {"press": "1"}), ("Sales press 1", {"press": "9"})))
    call = office.until_over(call_id)
    assert (call["disposition"], call["hung_up_by"], call["queue"]) == ("overflow", "menu", None)
    assert office.heard(caller)[-1] == ("network", "Goodbye.")


def test_who_hangs_up_in_a_menu_has_abandoned(office: Company) -> None:
    call_id, _ = office.receive([{"wait_for": "press 1"}, {"hangup": True}])
    call = office.until_over(call_id)
    assert (call["disposition"], call["hung_up_by"], call["wait_seconds"]) == ("abandoned", "customer", 0)


def test_a_menu_that_is_deleted_under_a_caller_leads_to_the_default_queue(new_company: Callable[..., Company]) -> None:
    office = new_company()
    menu = office.make("/ivr-menus", name="Short", greeting="Press 1.", timeout_seconds=60, options=[OPTION])
    office.route("ivr", menu)
    call_id, _ = office.receive([{"wait_for": "Press 1."}, {"wait": 40}, {"press": "1"}, *STAYS])
    office.route("queue", office.queue_id)
    assert office.api.delete(f"/ivr-menus/{menu}").status_code == 204
    office.until_talking(call_id, office.agent(), 90)


OPTION = {"digits": "1", "route": {"type": "hangup", "target_id": None}}


def test_ten_paths_of_a_generated_tree(new_company: Callable[..., Company]) -> None:
    """Each leaf is a queue of its own; a caller for each path ends in its leaf."""
    office = new_company(agents=0)
    chance = random.Random(4)
    leaves: dict[str, list[tuple[str, str]]] = {}

    def grow(name: str, path: list[tuple[str, str]], depth: int) -> dict[str, Any]:
        if depth == 0:
            queue = office.queue(f"Leaf {name}")
            leaves[queue] = path
            return to("queue", queue)
        greeting = f"This is menu {' '.join(name)}. Choose."
        digits = chance.sample(["0", "1", "5", "9", "*", "42", "73"], 3)
        options = [
            {
                "digits": key,
                "route": grow(f"{name}{index}", [*path, (greeting, key + "#" * many(digits))], depth - 1),
            }
            for index, key in enumerate(digits)
        ]
        menu = office.make("/ivr-menus", name=name, greeting=greeting, timeout_seconds=8, options=options)
        return to("ivr", menu)

    def many(digits: list[str]) -> bool:
        return any(len(key) > 1 for key in digits)

    root = grow("1", [], 3)
    office.route("ivr", root["target_id"])
    chosen = dict(chance.sample(sorted(leaves.items()), 10))
    waiting = {}
    for queue, path in chosen.items():
        script = answers(*((greeting, {"press": keys}) for greeting, keys in path))
        waiting[queue] = office.receive(script)[0]
    for queue, call_id in waiting.items():
        office.until(lambda call_id=call_id: office.call(call_id)["phase"] == "waiting", 120)
        assert office.call(call_id)["queue"]["id"] == queue
