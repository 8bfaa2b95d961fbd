"""A supervisor's round: log in, find a call, hear it, set an agent on a break."""

import re
from typing import Any

from tests.stack import PASSWORD, Stack, Tenant
from tests.waiting import wait_until

TALK = [{"wait_for": "How can I help you?"}, {"say": "Hello"}, {"wait": 20}, {"hangup": True}]

SUPERVISOR = """
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization
organization = Organization.objects.get(pk=organization_id)
user = actions.create_user(email=f"sue@{organization.slug}.example", password=password, name="Sue", is_staff=True)
actions.add_member(organization=organization, user=user, role="supervisor")
result = user.email
"""


def recorded_call(stack: Stack, tenant: Tenant) -> str:
    """The number of a customer who was called, talked and was recorded."""
    customer, api = stack.new_phone(), stack.api(tenant)
    stack.sim.person(customer, script=TALK)
    body = {"from_number": tenant.number, "to_number": customer, "record": True}
    call = api.post("/calls/outbound", json=body).raise_for_status().json()

    def over() -> bool:
        return bool(api.get(f"/calls/{call['id']}").json()["ended_at"])

    def heard() -> bool:
        recordings = api.get(f"/calls/{call['id']}/recordings").json()["results"]
        return bool(recordings and recordings[0]["audio_url"])

    wait_until(over, timeout=120, what="the call is over")
    told = api.get(f"/calls/{call['id']}").json()
    assert told["disposition"] == "answered", told
    wait_until(heard, timeout=60, what="the recording is fetched")
    return customer


def test_a_supervisors_round(stack: Stack, page: Any) -> None:
    tenant = stack.new_organization("Acme Browser")
    email = stack.django(SUPERVISOR, organization_id=tenant.id, password=PASSWORD)
    customer = recorded_call(stack, tenant)

    page.goto(f"{stack.base_url}/admin/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.locator("a[href='/admin/calls/call/']").first.click()

    page.fill("input[name=q]", customer)
    page.press("input[name=q]", "Enter")
    row = page.locator("#result_list tbody tr")
    row.wait_for()
    assert row.count() == 1
    assert "Answered" in row.inner_text()
    row.locator("a").first.click()

    page.get_by_role("button", name="Play").wait_for()
    seconds = page.evaluate(
        """async () => {
            const audio = document.querySelector("audio");
            audio.muted = true;
            await audio.play();
            return audio.duration;
        }"""
    )
    assert seconds > 1
    assert "Timeline" in page.content()

    page.goto(f"{stack.base_url}/admin/calls/agent/")
    page.locator("#result_list tbody input.action-select").check()
    page.locator("select[name=action]").select_option("set_on_break")
    page.locator("button[name=index]").click()
    page.locator("text=1 agent: break").wait_for()
    state = stack.api(tenant).get(f"/agents/{tenant.agents[0].id}").json()["state"]
    assert re.fullmatch("break|wrap_up", state)
