"""Something of ours fails while people are on the line. They hear an apology and come to the default queue, where that
fails they may leave a message; we drop nobody and lose nothing."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.company import ASKS, Company
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(400)

SORRY = "We are sorry, something went wrong. Please stay on the line."
MESSAGE = "My order has not come yet."
LEAVES_A_MESSAGE = [
    {"wait_for": "Please leave a message"},
    {"wait": 2},
    {"say": MESSAGE},
    {"wait": 1},
    {"hangup": True},
]
DOWN_SECONDS = 8  # of the machine's; five times as many for the people


@pytest.fixture(scope="module")
def frail(make_stack: Callable[..., Stack]) -> Stack:
    return make_stack(clock_speed=5, own_postgres=True)  # a web process takes seconds to start again


@pytest.fixture
def company(frail: Stack) -> Company:
    wait_until(frail.is_up, timeout=60)
    return Company(frail, frail.new_organization(agents=2, ring_timeout_seconds=20, wrap_up_seconds=0))


def menu(company: Company, **fields: Any) -> str:
    to_queue = {"type": "queue", "target_id": company.queue_id}
    options = [{"digits": "1", "phrases": [], "route": to_queue}]
    return company.make("/ivr-menus", name="Main", greeting="For help, press 1.", options=options, **fields)


def calls(company: Company, script: list[dict[str, Any]]) -> str:
    """Somebody calls: their number. Whether anything of ours works at that moment is not asked."""
    person = company.stack.new_phone()
    company.sim.call(person, company.number, script)
    return person


def said_to(company: Company, person: str) -> list[str]:
    return [text for _, text in company.heard(person)]


def until_hears(company: Company, person: str, words: str) -> None:
    def heard() -> bool:
        return any(words in text for text in said_to(company, person))

    wait_until(heard, timeout=40, every=0.1, what=f"{person} hears {words!r}")


def until_served(company: Company, person: str) -> dict[str, Any]:
    """The call of this person, over by their own will after they spoke with an agent."""

    def served() -> dict[str, Any] | None:
        found = company.get("/calls/logs", **{"from": person})["results"]
        return found[0] if found else None

    try:
        call = wait_until(served, timeout=90, every=0.3, what=f"{person} is served")
    except AssertionError as error:
        raise AssertionError(f"{error}. They heard: {company.network_legs(person)}") from error
    assert call["disposition"] == "answered", (call, said_to(company, person))
    return dict(call)


def test_a_menu_that_cannot_be_read(company: Company) -> None:
    company.route("ivr", menu(company))
    company.stack.django(_BREAK_MENUS, tenant=company.tenant.id)
    person = calls(company, ASKS)
    call = until_served(company, person)
    assert said_to(company, person)[0] == SORRY
    assert call["queue"]["id"] == company.queue_id
    company.clear()


def test_a_menu_that_breaks_while_somebody_is_in_it(company: Company) -> None:
    company.route("ivr", menu(company, timeout_seconds=60))
    person = calls(company, [{"wait_for": "press 1"}, {"wait": 20}, {"press": "1"}, *ASKS])
    until_hears(company, person, "press 1")
    company.stack.django(_BREAK_MENUS, tenant=company.tenant.id)
    until_served(company, person)
    assert SORRY in said_to(company, person)
    company.clear()


def test_a_default_queue_that_cannot_be_entered_either(company: Company) -> None:
    company.route("ivr", menu(company))
    company.stack.django(_BREAK_MENUS, tenant=company.tenant.id)
    company.stack.django(_NO_DEFAULT_QUEUE, tenant=company.tenant.id)
    person = calls(company, LEAVES_A_MESSAGE)
    (message,) = wait_until(lambda: company.get("/voicemails")["results"], timeout=60, every=0.3)
    assert (message["from_number"], message["status"]) == (person, "new")
    assert message["duration_seconds"] >= 1
    assert said_to(company, person)[0] == SORRY
    audio = company.api.get(f"/voicemails/{message['id']}")
    assert audio.status_code == 200
    company.clear()


def test_redis_is_down(company: Company) -> None:
    for agent in company.agents:
        company.presence(agent, "offline")
    early = calls(company, ASKS)
    until_hears(company, early, "You are number 1 in line.")
    company.stack.stop_redis()
    try:
        late = calls(company, ASKS)
        until_hears(company, late, "You are number 2 in line.")
        music = company.music(early)
        for agent in company.agents:
            company.presence(agent, "available")
        wait_until(lambda: company.music(early) > music + 1, timeout=30, what="they go on hearing music")
    finally:
        company.stack.start_redis()
    for person in (early, late):
        until_served(company, person)
        assert SORRY not in said_to(company, person), "nothing of theirs needs Redis"
    company.clear()


def test_the_database_is_stopped_and_started(company: Company) -> None:
    company.route("ivr", menu(company, timeout_seconds=60))
    talks = calls(company, [{"wait_for": "press 1"}, {"press": "1"}, ASKS[0], {"wait": 200}, {"hangup": True}])
    until_hears(company, talks, "How can I help you?")
    company.presence(company.agent(1), "offline")
    company.presence(company.agent(0), "offline")  # once the conversation is over
    waits = calls(company, [{"wait_for": "press 1"}, {"press": "1"}, *ASKS])
    until_hears(company, waits, "in line")
    chooses = calls(company, [{"wait_for": "press 1"}, {"wait": 30}, {"press": "1"}, *ASKS])
    until_hears(company, chooses, "press 1")
    company.stack.stop_postgres()
    arrives = calls(company, ASKS)
    time.sleep(DOWN_SECONDS)
    company.stack.start_postgres()
    wait_until(company.stack.is_up, timeout=30)
    wait_until(lambda: presence(company) == 200, timeout=30, every=0.3)
    for person in (talks, waits, chooses, arrives):
        until_served(company, person)
    assert SORRY not in said_to(company, talks), "who talks notices nothing"
    assert said_to(company, arrives)[0] == SORRY
    company.clear()


def presence(company: Company) -> int:
    """Set the second agent free, which needs the database; the status of the answer."""
    return company.api.put(f"/agents/{company.agent(1).id}/presence", json={"state": "available"}).status_code


def test_the_database_is_restarted_at_once_while_many_call(company: Company) -> None:
    people = []
    for number in range(8):
        people.append(calls(company, ASKS))
        if number == 4:
            company.stack.stop_postgres()
            people.append(calls(company, ASKS))
            company.stack.start_postgres()
    for person in people:
        until_served(company, person)
    company.clear()


def test_web_is_away_when_somebody_calls(company: Company) -> None:
    company.stack.pause("web")
    try:
        person = calls(company, ASKS)
        until_the_fallback_is_asked(company, person)
    finally:
        company.stack.resume("web")
    until_served(company, person)
    company.clear()


def test_web_is_away_when_somebody_whom_we_called_picks_up(company: Company) -> None:
    person = company.person(ASKS, answer_after=20)
    call_id = company.place(person)
    company.stack.pause("web")
    try:
        until_the_fallback_is_asked(company, person)
    finally:
        company.stack.resume("web")
    over = company.until_over(call_id)
    assert over["disposition"] == "answered", company.story(call_id)
    company.clear()


def until_the_fallback_is_asked(company: Company, person: str) -> None:
    """The carrier asks in vain for as long as it asks at all (14 s), and gives the first address up."""

    def given_up() -> Any:
        (leg,) = company.network_legs(person)
        return company.sim.call_record(leg["sid"])["errors"]

    (error,) = wait_until(given_up, timeout=40, what="the carrier gives the first address up")
    assert error["code"] == 11205


def test_web_is_killed_while_people_wait(company: Company) -> None:
    for agent in company.agents:
        company.presence(agent, "offline")
    people = [calls(company, ASKS) for _ in range(3)]
    for person in people:
        until_hears(company, person, "in line")
    company.stack.kill("web")
    wait_until(company.stack.is_up, timeout=40)
    for agent in company.agents:
        company.presence(agent, "available")
    for person in people:
        until_served(company, person)
    company.clear()


_BREAK_MENUS = """
from calls.models import IvrMenu
IvrMenu.objects.of(tenant).update(options=5)
"""
_NO_DEFAULT_QUEUE = """
from calls.models import Queue
Queue.objects.of(tenant).update(is_default=False)
"""
