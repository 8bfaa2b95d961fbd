"""A supervisor sees a new organisation's first call come into the figures; an operator sees Redis go and return."""

import re
from typing import Any

import pytest

from tests.browser import looks
from tests.stack import PASSWORD, Stack
from tests.waiting import wait_until
from zerovoice.lib import phone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

SECONDS = 90_000

PEOPLE = """
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization, User
organization = Organization.objects.get(pk=organization_id)
user = actions.create_user(email=f"sue@{organization.slug}.example", password=password, name="Sue", is_staff=True)
actions.add_member(organization=organization, user=user, role="supervisor")
operator = User.objects.create_superuser(f"op@{organization.slug}.example", password)
result = [user.email, operator.email]
"""


def log_in(page: Any, stack: Stack, email: str) -> None:
    page.goto(f"{stack.base_url}/admin/login/?next=/admin/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/admin/")


def test_a_call_arrives_in_the_figures_and_redis_in_the_state(stack: Stack, page: Any) -> None:
    tenant = stack.new_organization("Acme Figures")
    supervisor, operator = stack.django(PEOPLE, organization_id=tenant.id, password=PASSWORD)

    log_in(page, stack, supervisor)
    expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    assert looks.violations(page) == []
    offered = page.locator("[data-tile=offered]")
    expect(offered.locator(".bo-figure")).to_have_text("0")
    page.get_by_role("button", name="What Offered is").focus()
    expect(page.get_by_text("Inbound calls that began in this time, each counted once.")).to_be_visible()

    caller, api = stack.new_phone(), stack.api(tenant)
    stack.sim.call(caller, tenant.number, [{"wait": 3}, {"hangup": True}])
    wait_until(lambda: api.get("/calls/logs").json()["count"] == 1, timeout=120, what="the call is over")
    expect(offered.locator(".bo-figure")).to_have_text("1", timeout=SECONDS)  # without a reload
    expect(page.get_by_role("heading", name="No calls yet")).to_have_count(0)
    expect(offered).to_contain_text("▲ 1 more than yesterday at this time")
    expect(page.get_by_role("button", name="What Offered is")).to_be_focused()
    page.get_by_text("The same as a table").click()
    assert [row for row in page.locator("#da-volume-rows tr").all_inner_texts() if re.search(r"\s1\s+0\s", row)]
    assert looks.violations(page) == []

    page.get_by_role("link", name="30 days").click()
    expect(page.locator("[data-tile=offered]")).to_contain_text("the 30 days before")
    page.locator("[data-tile=offered] a.bo-figure").click()
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(phone.spelt(caller))

    page.context.clear_cookies()
    log_in(page, stack, operator)
    page.goto(f"{stack.base_url}/admin/operations/")
    workers, beat = page.locator("#card-workers"), page.locator("#card-beat")
    expect(workers).to_contain_text(re.compile(r"\d workers? answered"), timeout=SECONDS)
    expect(workers).to_contain_text("Queue callbacks")
    stack.stop_redis()
    try:
        expect(workers).to_contain_text("Redis does not answer", timeout=SECONDS)
        expect(beat).to_contain_text("Redis does not answer", timeout=SECONDS)
        expect(page.locator("#op-all")).to_contain_text("Workers and queues")
    finally:
        stack.start_redis()
    expect(workers).to_contain_text(re.compile(r"\d workers? answered"), timeout=SECONDS)
    expect(beat).to_contain_text(re.compile(r"Last tick \d+ s ago"), timeout=SECONDS)
    assert looks.violations(page) == []
