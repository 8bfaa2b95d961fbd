"""Nothing leads nowhere: what something leads to cannot be deleted, whoever is faster."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from calls.models import Agent, BusinessHours, IvrMenu, Queue
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.people import Caller

pytestmark = pytest.mark.django_db

API = "/api/v1"
HANGUP = {"type": "hangup"}


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


#: Where to send a route, the body with the route in it, and what the refusal calls it.
Leading = tuple[str, Callable[[Any], dict[str, Any]], str]
TARGETS: dict[str, Callable[[Caller], Any]] = {
    "queues": lambda owner: Queue.objects.create(organization=owner.organization, name="Night desk"),
    "agents": lambda owner: Agent.objects.create(organization=owner.organization, name="Ann", endpoint="+14155550188"),
    "ivr-menus": lambda owner: IvrMenu.objects.create(organization=owner.organization, name="Target", greeting="Hello"),
}
KINDS = [("queues", "queue"), ("queues", "voicemail"), ("agents", "agent"), ("agents", "voicemail"),
         ("ivr-menus", "ivr")]  # fmt: skip


def number_leads(owner: Caller) -> Leading:
    number = PhoneNumber.objects.get(pk=factories._number(owner.organization, {}))
    return f"{API}/numbers/{number.pk}/config", lambda to: {"routing": to}, number.number


def option_leads(owner: Caller) -> Leading:
    menu = IvrMenu.objects.create(organization=owner.organization, name="Main", greeting="Hello")
    return (
        f"{API}/ivr-menus/{menu.pk}",
        lambda to: {"options": [{"digits": "1", "route": HANGUP}, {"digits": "2", "route": to}]},
        "menu Main",
    )


def fallback_leads(owner: Caller) -> Leading:
    menu = IvrMenu.objects.create(
        organization=owner.organization, name="Main", greeting="Hello", options=[{"digits": "1", "route": HANGUP}]
    )
    return f"{API}/ivr-menus/{menu.pk}", lambda to: {"fallback_route": to}, "menu Main"


def overflow_leads(owner: Caller) -> Leading:
    queue = Queue.objects.create(organization=owner.organization, name="Sales")
    return f"{API}/queues/{queue.pk}", lambda to: {"overflow_route": to}, "queue Sales"


def closed_leads(owner: Caller) -> Leading:
    hours = BusinessHours.objects.create(organization=owner.organization, name="Office")
    return f"{API}/business-hours/{hours.pk}", lambda to: {"closed_route": to}, "business hours Office"


def send(owner: Caller, path: str, body: Any) -> Any:
    return (owner.put if path.endswith("/config") else owner.patch)(path, body)


@pytest.mark.parametrize(("collection", "kind"), KINDS)
@pytest.mark.parametrize("leads", [number_leads, option_leads, fallback_leads, overflow_leads, closed_leads])
def test_what_something_leads_to_stays_and_the_answer_says_what(
    owner: Caller, collection: str, kind: str, leads: Callable[[Caller], Leading]
) -> None:
    target = TARGETS[collection](owner)
    path, body, name = leads(owner)
    answer = send(owner, path, body({"type": kind, "target_id": str(target.pk)}))
    assert answer.status_code == 200, answer.content
    refused = owner.delete(f"{API}/{collection}/{target.pk}")
    assert refused.status_code == 422
    assert name in refused.json()["details"]["message"]
    assert owner.get(f"{API}/{collection}/{target.pk}").status_code == 200
    send(owner, path, body(HANGUP))
    assert owner.delete(f"{API}/{collection}/{target.pk}").status_code == 204


def test_business_hours_that_a_number_goes_by_stay(owner: Caller) -> None:
    hours = BusinessHours.objects.create(organization=owner.organization, name="Office")
    path, _, name = number_leads(owner)
    owner.put(path, {"routing": {**HANGUP, "business_hours_id": str(hours.pk)}})
    refused = owner.delete(f"{API}/business-hours/{hours.pk}")
    assert (refused.status_code, name in refused.json()["details"]["message"]) == (422, True)
    owner.put(path, {"routing": HANGUP})
    assert owner.delete(f"{API}/business-hours/{hours.pk}").status_code == 204


def test_a_prompt_that_a_menu_plays_stays(owner: Caller) -> None:
    prompt = factories.prompt(owner.organization)
    menu = TARGETS["ivr-menus"](owner)
    IvrMenu.objects.filter(pk=menu.pk).update(options=[{"digits": "1", "route": HANGUP}])
    assert owner.patch(f"{API}/ivr-menus/{menu.pk}", {"prompt_id": str(prompt.pk)}).status_code == 200
    refused = owner.delete(f"{API}/prompts/{prompt.pk}")
    assert (refused.status_code, "Target" in refused.json()["details"]["message"]) == (422, True)


def test_of_many_a_few_are_named(owner: Caller) -> None:
    queue = TARGETS["queues"](owner)
    for _ in range(5):
        path, body, _ = number_leads(owner)
        owner.put(path, body({"type": "queue", "target_id": str(queue.pk)}))
    assert owner.delete(f"{API}/queues/{queue.pk}").json()["details"]["message"].endswith(" and 2 more")


def test_a_number_given_back_leads_nowhere(owner: Caller) -> None:
    queue = TARGETS["queues"](owner)
    path, body, _ = number_leads(owner)
    owner.put(path, body({"type": "queue", "target_id": str(queue.pk)}))
    owner.delete(path.removesuffix("/config"))
    assert owner.delete(f"{API}/queues/{queue.pk}").status_code == 204


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("collection", "kind"), KINDS)
def test_led_to_and_deleted_at_one_moment(owner: Caller, collection: str, kind: str) -> None:
    """One of them is refused, and nothing leads to what is gone."""
    leading = [leads(owner) for leads in (number_leads, closed_leads, overflow_leads)]
    for turn in range(6):
        target = TARGETS[collection](owner)
        path, body, _ = leading[turn % 3]
        both = threading.Barrier(2)

        def lead(path: str = path, body: Any = body, target: Any = target, both: Any = both) -> int:
            try:
                both.wait(timeout=30)
                return send(owner, path, body({"type": kind, "target_id": str(target.pk)})).status_code
            finally:
                connection.close()

        def delete(target: Any = target, both: Any = both) -> int:
            try:
                both.wait(timeout=30)
                return owner.delete(f"{API}/{collection}/{target.pk}").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            led, deleted = pool.submit(lead), pool.submit(delete)
            assert (led.result(timeout=60), deleted.result(timeout=60)) in ((200, 422), (422, 204))
        send(owner, path, body(HANGUP))
        owner.delete(f"{API}/{collection}/{target.pk}")
