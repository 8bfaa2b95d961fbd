import httpx
import pytest

from tests import people
from tests.billing.factories import everything_at

pytestmark = pytest.mark.django_db


def test_a_link_to_the_portal(at_stripe: httpx.Client) -> None:
    acme = people.organization()
    owner = people.member(acme, "owner")
    first, again = (owner.post("/api/v1/billing/portal", {"return_url": "https://crm.example.com"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["url"].startswith("http")
    assert len(everything_at(at_stripe, acme)["customers"]) == 1


def test_where_payments_are_not_set_up(settings) -> None:
    owner = people.member(people.organization(), "owner")
    assert owner.post("/api/v1/billing/portal", {}).status_code == 422
    assert owner.post("/api/v1/billing/portal", {"return_url": "javascript:alert()"}).status_code == 400


def test_when_stripe_is_down(settings) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_URL = "sk_test_down", "http://127.0.0.1:9"
    answer = people.member(people.organization(), "owner").post("/api/v1/billing/portal", {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
