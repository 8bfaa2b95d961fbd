"""Numbers in the admin site: bought, led somewhere by name, given back; each through the API's action."""

from typing import Any

import pytest
from django.urls import reverse

from calls.models import BusinessHours, Call, Queue
from numbers.admin.targets import as_text
from numbers.models import PhoneNumber
from tests import people
from tests.numbers.carrier import Carrier
from tests.numbers.test_admin import NUMBERS, number, shown, staff
from tests.people import Caller
from zerovoice.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


# --- giving back ---


def test_a_number_is_given_back_after_its_last_digits_were_typed(
    owner: Caller, stranger: Caller, carrier: Carrier
) -> None:
    sold = owner.post("/api/v1/numbers/purchase", {"phone_number": "+13035550188"}).json()
    bought, url = PhoneNumber.objects.get(pk=sold["id"]), reverse("admin:release_number", args=[sold["id"]])
    client = staff(owner.organization, "owner")
    assert "+1 303-555-0188" in client.get(url).content.decode()
    assert "Type the last 4 digits" in client.post(url, {"typed": "0199"}).content.decode()
    assert staff(owner.organization, "viewer").post(url, {"typed": "0188"}).status_code == 403
    assert staff(stranger.organization, "owner").post(url, {"typed": "0188"}).status_code == 404
    bought.refresh_from_db()
    assert bought.status == "active"
    assert "was given back" in client.post(url, {"typed": "0188"}, follow=True).content.decode()
    bought.refresh_from_db()
    assert bought.status == "released"
    assert bought.number not in carrier.numbers()


def test_one_in_use_is_kept_and_it_is_said(owner: Caller) -> None:
    busy = number(owner.organization, "+14155550103", account_sid="")
    Call.objects.create(
        organization=owner.organization, direction="inbound", from_number="+14155550142", to_number=busy.number,
        own_number=busy,
    )  # fmt: skip
    url = reverse("admin:release_number", args=[busy.pk])
    said = staff(owner.organization, "owner").post(url, {"typed": "0103"}).content.decode()
    assert "The number is in use by a live call" in said
    busy.refresh_from_db()
    assert busy.status == "active"


# --- where calls go ---


def route_form(number: PhoneNumber, **fields: str) -> dict[str, str]:
    return {"friendly_name": number.friendly_name, "leads": "", "hours": "", "priority": "", "skills": "", **fields}


def test_where_calls_go_is_chosen_by_name(owner: Caller, stranger: Caller) -> None:
    of = owner.organization
    queue = Queue.objects.create(organization=of, name="Night desk")
    hours = BusinessHours.objects.create(organization=of, name="Office hours")
    Queue.objects.create(organization=stranger.organization, name="Their queue")
    sold, client = number(of), staff(of, "owner")
    url = reverse("admin:numbers_phonenumber_change", args=[sold.pk])
    page = client.get(url).content.decode()
    for words in ("Night desk", "Office hours", "Voicemail", "Hang up"):
        assert words in page, words
    assert "Their queue" not in page
    leads = as_text({"type": "queue", "target_id": str(queue.pk)})
    form = route_form(sold, leads=leads, hours=str(hours.pk), priority="7", skills="french, billing")
    answer = client.post(url, form)
    assert answer.status_code == 302, answer.content.decode()
    sold.refresh_from_db()
    route = {
        "type": "queue", "target_id": str(queue.pk), "priority": 7, "skills": ["french", "billing"],
        "business_hours_id": str(hours.pk),
    }  # fmt: skip
    assert sold.routing == route
    assert AuditEntry.objects.filter(target_id=str(sold.pk), action="number.configured").count() == 1
    assert client.post(url, {**form, "friendly_name": "Main"}).status_code == 302
    sold.refresh_from_db()
    assert (sold.friendly_name, sold.routing) == ("Main", route)


def test_what_the_action_refuses_is_said_at_the_field(owner: Caller, stranger: Caller) -> None:
    theirs = Queue.objects.create(organization=stranger.organization, name="Their queue")
    sold, client = number(owner.organization), staff(owner.organization, "owner")
    url = reverse("admin:numbers_phonenumber_change", args=[sold.pk])
    for leads, words in (
        ({"type": "queue", "target_id": str(theirs.pk)}, "No such queue"),
        ({"type": "forward", "target_id": "0142"}, "E.164"),
        ({"type": "forward", "target_id": sold.number}, "calls would go in a circle"),
        ({"type": "queue", "target_id": None}, "This field may not be null"),
    ):
        answer = client.post(url, route_form(sold, leads=as_text(leads)))
        assert answer.status_code == 200
        assert words in answer.content.decode(), words
    assert "Choose where calls go" in client.post(url, route_form(sold, priority="3")).content.decode()
    assert client.post(url, route_form(sold, leads="[")).status_code == 200
    sold.refresh_from_db()
    assert sold.routing == {}


def test_who_may_only_read_sees_where_calls_go(owner: Caller) -> None:
    queue = Queue.objects.create(organization=owner.organization, name="Night desk")
    sold = number(owner.organization, routing={"type": "queue", "target_id": str(queue.pk)})
    client, url = staff(owner.organization, "viewer"), reverse("admin:numbers_phonenumber_change", args=[sold.pk])
    page = client.get(url).content.decode()
    assert "Queue: Night desk" in page
    assert client.post(url, route_form(sold)).status_code == 403


def test_what_is_gone_is_said(owner: Caller) -> None:
    number(owner.organization, routing={"type": "queue", "target_id": str(people.absent_id())})
    assert "Queue: no longer there" in shown(staff(owner.organization, "supervisor"), NUMBERS)


# --- buying ---


@pytest.mark.usefixtures("rates")
def test_a_number_is_searched_chosen_and_bought(owner: Caller, carrier: Carrier) -> None:
    client, url = staff(owner.organization, "owner"), reverse("admin:buy_number")
    assert "Buy a number" in shown(client, NUMBERS)
    wanted = {"country": "us", "number_type": "local", "area_code": "303", "sms": "on"}
    page = client.get(url, wanted)
    found = page.context["found"]
    assert found
    assert all(one["phone_number"].startswith("+1303") and one["sms"] for one in found)
    assert "1.50 USD a month" in page.content.decode()
    chosen = found[0]["phone_number"]
    confirm = client.get(url, {**wanted, "number": chosen}).content.decode()
    assert "It costs 1.50 USD a month" in confirm
    assert not PhoneNumber.objects.exists()
    body = {"organization": str(owner.organization.pk), "phone_number": chosen, "friendly_name": "Branch"}
    answer = client.post(url, body)
    bought = PhoneNumber.objects.get()
    assert answer.url == reverse("admin:numbers_phonenumber_change", args=[bought.pk])  # type: ignore[attr-defined]
    assert (bought.number, bought.friendly_name, bought.status) == (chosen, "Branch", "active")
    assert chosen in carrier.numbers()
    assert "Your organization has this number already" in client.post(url, body).content.decode()


@pytest.mark.usefixtures("simulator")
def test_what_is_not_found_or_wrong_is_said(owner: Caller) -> None:
    client = staff(owner.organization, "owner")
    for wanted, words in (
        ({"area_code": "533"}, "no such number for sale"),
        ({"area_code": "41"}, "Must be three digits"),
        ({"country": "XX"}, "ISO 3166"),
        ({"contains": "**"}, "at least two digits"),
        ({"number_type": "mobile"}, "sells no numbers of this type there"),
    ):
        answer = client.get(reverse("admin:buy_number"), {"country": "US", "number_type": "local", **wanted})
        assert answer.status_code == 200
        assert words in answer.content.decode(), words


def test_a_carrier_that_is_away_is_said(owner: Caller, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    client, url = staff(owner.organization, "owner"), reverse("admin:buy_number")
    answer = client.get(url, {"country": "US", "number_type": "local"})
    assert answer.status_code == 200
    assert "carrier" in answer.context["problem"]
    refused = client.post(url, {"organization": str(owner.organization.pk), "phone_number": "+13035550177"})
    assert refused.status_code == 200
    assert refused.context["problem"]
    assert not PhoneNumber.objects.filter(status="active").exists()


def test_who_may_not_buy(owner: Caller, stranger: Caller) -> None:
    url = reverse("admin:buy_number")
    viewer = staff(owner.organization, "viewer")
    assert viewer.get(url).status_code == 403
    assert "buy-a-number" not in shown(viewer, NUMBERS)
    body = {"organization": str(stranger.organization.pk), "phone_number": "+13035550177"}
    assert staff(owner.organization, "owner").post(url, body).status_code == 403
    assert not PhoneNumber.objects.exists()
