"""The tree of menus in the admin site: what it shows and points out, and that it writes as the API does."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.models import BusinessHours, IvrMenu, Queue
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.calls.test_admin import staff
from zerovoice.accounts.models import AuditEntry, Organization

pytestmark = pytest.mark.django_db

SAVE = "admin:menu_save"


def to(kind: str, target: Any = None) -> dict[str, Any]:
    return {"type": kind, "target_id": str(target.pk) if target else None}


def option(digits: str, route: dict[str, Any]) -> dict[str, Any]:
    return {"digits": digits, "phrases": [], "route": route}


def menu(of: Organization, name: str, *options: dict[str, Any], **fields: Any) -> IvrMenu:
    return IvrMenu.objects.create(
        organization=of, name=name, **{"greeting": f"Welcome to {name}.", "options": list(options), **fields}
    )


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def desk(acme: Organization) -> IvrMenu:
    """A front desk that a number leads to, with a menu below it."""
    sales = Queue.objects.create(organization=acme, name="Sales queue")
    below = menu(acme, "Billing", option("1", {**to("queue", sales), "priority": 5}), prompt=factories.prompt(acme))
    made = menu(acme, "Front desk", option("1", to("queue", sales)), option("2", to("ivr", below)), no_input_retries=1)
    PhoneNumber.objects.create(
        organization=acme, number="+14155550101", country="US", number_type="local", routing=to("ivr", made)
    )
    return made


def shown(client: Client, **query: str) -> str:
    answer = client.get(reverse("admin:menu_tree"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def save(client: Client, **body: Any) -> Any:
    return client.post(reverse(SAVE), body, content_type="application/json")


def test_the_tree_tells_how_callers_are_led(acme: Organization, desk: IvrMenu) -> None:
    page = shown(staff(acme, "supervisor"))
    for words in (
        "Front desk", "“Welcome to Front desk.”", "Queue: Sales queue", "Menu: Billing", "priority 5", "audio controls",
        "Callers come from +1 415-555-0101", "Silence is asked again once", "Queue: default queue",
    ):  # fmt: skip
        assert words in page, words
    assert page.index("Menu: Billing") < page.index('aria-label="Menu Billing"')
    assert "Nobody gets to" not in page
    assert "menu-tree-data" not in page  # a supervisor reads it, as in the API


def test_what_is_wrong_is_pointed_out(acme: Organization, desk: IvrMenu) -> None:
    around = menu(acme, "Around")
    IvrMenu.objects.filter(pk=around.pk).update(
        options=[option("1", to("ivr", around)), option("2", {"type": "queue", "target_id": str(people.absent_id())})]
    )
    client = staff(acme, "owner")
    page = shown(client, menu=str(around.pk))
    for words in ("leads in a circle", "what it leads to is no longer there", "Queue: no longer there"):
        assert words in page, words
    assert "nobody gets here" in page
    BusinessHours.objects.create(organization=acme, name="Office", weekly={}, closed_route=to("ivr", around))
    page = shown(client, menu=str(around.pk))
    assert "Nobody gets to" not in page
    assert "Callers come from Office, while closed" in page


def test_the_tree_costs_the_same_for_many_menus(
    acme: Organization, desk: IvrMenu, django_assert_max_num_queries: Any
) -> None:
    queue = Queue.objects.get(name="Sales queue")
    for number in range(30):
        menu(acme, f"Menu {number}", option("1", to("queue", queue)), option("2", to("ivr", desk)))
    client = staff(acme, "owner")
    shown(client)
    with django_assert_max_num_queries(30):
        shown(client)


def test_no_menus_at_all(acme: Organization) -> None:
    assert "data-new-menu" in shown(staff(acme, "owner"))
    assert "There are no menus yet" in shown(staff(acme, "viewer"))


def test_another_organizations_menu_is_not_there(acme: Organization, desk: IvrMenu) -> None:
    stranger = staff(people.organization("Globex"), "owner")
    assert "Front desk" not in shown(stranger)
    assert stranger.get(reverse("admin:menu_tree"), {"menu": str(desk.pk)}).status_code == 404
    assert stranger.get(reverse("admin:calls_ivrmenu_change", args=[desk.pk])).status_code == 404
    assert save(stranger, id=str(desk.pk), name="Mine").status_code == 404
    assert save(stranger, organization=str(acme.pk), name="Mine").status_code == 400


def test_a_menu_is_changed_where_it_stands(acme: Organization, desk: IvrMenu) -> None:
    options = [*desk.options, option("9", to("hangup"))]
    answer = save(staff(acme, "owner"), id=str(desk.pk), name="Reception", options=options, fallback_route=None)
    assert (answer.status_code, answer.json()) == (200, {"id": str(desk.pk)})
    desk.refresh_from_db()
    assert (desk.name, desk.options, desk.fallback_route) == ("Reception", options, {})
    assert AuditEntry.objects.filter(action="ivr_menu.updated", target_id=str(desk.pk)).count() == 1


def test_a_menu_is_made(acme: Organization) -> None:
    body = {"name": "New", "greeting": "Press 1.", "options": [option("1", to("hangup"))]}
    answer = save(staff(acme, "owner"), organization=str(acme.pk), **body)
    assert answer.status_code == 200
    assert IvrMenu.objects.get(pk=answer.json()["id"]).name == "New"


def test_what_is_wrong_is_said_at_its_field(acme: Organization, desk: IvrMenu) -> None:
    client, below = staff(acme, "owner"), IvrMenu.objects.get(name="Billing")
    for body, field, words in (
        ({"options": []}, "options", "at least 1"),
        ({"options": [option("A", to("hangup"))]}, "options.0.digits", "Must be 1 to 4"),
        ({"options": [option("1", to("hangup")), option("1", to("hangup"))]}, "options.1.digits", "has these keys"),
        ({"options": [option("1", None)]}, "options.0.route", "may not be null"),  # type: ignore[arg-type]
        ({"options": [option("1", to("queue", desk))]}, "options.0.route.target_id", "No such queue"),
        ({"options": [option("1", to("ivr", desk))]}, "options.0.route.target_id", "in a circle"),
        ({"timeout_seconds": 0}, "timeout_seconds", "greater than or equal to 1"),
        ({"name": "Front desk"}, "name", "Another menu has this name"),
    ):
        answer = save(client, id=str(below.pk), **body)  # type: ignore[arg-type]
        assert answer.status_code in (400, 422), body
        assert answer.json()["details"]["field"] == field
        assert words in answer.json()["details"]["message"]
    assert client.post(reverse(SAVE), "[", content_type="application/json").status_code == 400
    assert save(client, id="x").status_code == 400
    before = below.options
    below.refresh_from_db()
    assert (below.name, below.options) == ("Billing", before)


def test_who_may_only_read_changes_nothing(acme: Organization, desk: IvrMenu) -> None:
    assert save(staff(acme, "supervisor"), id=str(desk.pk), name="Mine").status_code == 403
    desk.refresh_from_db()
    assert desk.name == "Front desk"


def test_one_that_something_leads_to_is_not_removed(acme: Organization, desk: IvrMenu) -> None:
    client = staff(acme, "owner")
    url = reverse("admin:calls_ivrmenu_delete", args=[desk.pk])
    assert "Something leads there: phone number" in client.post(url, {"post": "yes"}, follow=True).content.decode()
    PhoneNumber.objects.update(routing={})
    client.post(url, {"post": "yes"})
    assert not IvrMenu.objects.filter(pk=desk.pk).exists()
