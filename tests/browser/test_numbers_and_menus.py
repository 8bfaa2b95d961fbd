"""Numbers, menus and conversations in the back office, on a running system: what is set there is what callers meet."""

import re
from typing import Any

from tests.flows.company import STAYS, Company
from tests.stack import PASSWORD, Stack, Tenant

#: The machine has few cores, and more than this test runs on them.
PATIENCE = 60_000


def log_in(page: Any, stack: Stack, tenant: Tenant) -> None:
    code = """
from zerovoice.accounts.models import User
User.objects.filter(email=email).update(is_staff=True)
result = True
"""
    stack.django(code, email=tenant.email)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{stack.base_url}/admin/")
    page.fill("input[name=username]", tenant.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.locator("a[href='/admin/numbers/phonenumber/']").first.wait_for()


def pick(box: Any, kind: str, name: str) -> None:
    """A target of the picker in `box`."""
    lists = box.locator(".route-picker select")
    lists.nth(0).select_option(label=kind)
    lists.nth(1).select_option(label=name)


def test_a_number_is_bought_and_led_to_a_queue(stack: Stack, page: Any) -> None:
    tenant = stack.new_organization("Buyer")
    company = Company(stack, tenant)
    sales = company.queue("Sales")
    company.works_in(tenant.agents[0], sales)
    log_in(page, stack, tenant)

    page.goto(f"{stack.base_url}/admin/numbers/phonenumber/")
    page.get_by_role("link", name="Buy a number").click()
    page.get_by_label("Area code").fill("212")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile("Choose")).first.click()
    page.get_by_label("Name").fill("Hotline")
    page.get_by_role("button", name="Buy it").click()
    page.get_by_text("is yours. Choose now where its calls go.").wait_for()

    pick(page.locator("form"), "Queue", "Sales")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Queue: Sales").wait_for()

    (number,) = [one["phone_number"] for one in company.get("/numbers")["results"] if one["friendly_name"] == "Hotline"]
    assert number.startswith("+1212")
    caller = stack.new_phone()
    stack.sim.call(caller, number, STAYS)
    call = company.until(lambda: next((one for one in company.live() if one["from_number"] == caller), None), 60)
    told = company.until_talking(call["id"], tenant.agents[0])
    assert told["queue"]["id"] == sales
    company.hang_up(call["id"])


def test_a_menu_of_two_levels_leads_a_caller(stack: Stack, page: Any, expected: list[str]) -> None:
    expected += ["400", "/admin/menus/save"]  # what is refused on the way
    tenant = stack.new_organization("Menus")
    company = Company(stack, tenant)
    billing = company.queue("Billing")
    company.works_in(tenant.agents[0], billing)
    log_in(page, stack, tenant)

    page.goto(f"{stack.base_url}/admin/menus/tree")
    form = page.locator("[data-new-menu] form")
    form.get_by_label("Name", exact=True).fill("Accounts")
    form.get_by_label("Greeting that is spoken").fill("For bills press 3.")
    form.get_by_role("button", name="Save").click()
    form.locator(".mt-error").first.wait_for()  # an answer that leads nowhere yet
    form.get_by_label("Key", exact=True).fill("3")
    pick(form.locator(".mt-options li"), "Queue", "Billing")
    form.get_by_role("button", name="Save").click()
    page.locator("article").get_by_role("link", name="Queue: Billing").wait_for()

    page.get_by_role("link", name="New menu").click()
    form = page.locator("[data-new-menu] form")
    form.get_by_label("Name", exact=True).fill("Reception")
    form.get_by_label("Greeting that is spoken").fill("For accounts press 2.")
    form.get_by_label("Key", exact=True).fill("2")
    pick(form.locator(".mt-options li"), "Menu", "Accounts")
    form.get_by_role("button", name="Save").click()
    page.locator("article article").get_by_role("heading", name="Accounts").wait_for()
    page.get_by_text("Nobody gets to:").wait_for()

    # The one below is changed where it stands.
    page.get_by_role("button", name="Change Accounts").click()
    form = page.locator("article article form")
    form.get_by_role("button", name="Add an answer").click()
    row = form.locator(".mt-options li").nth(1)
    row.get_by_label("Key", exact=True).fill("3")
    row.locator(".route-picker select").nth(0).select_option(label="Hang up")
    form.get_by_role("button", name="Save").click()
    page.get_by_text("Another option has these keys").first.wait_for()
    row.get_by_label("Key", exact=True).fill("9")
    form.get_by_role("button", name="Save").click()
    page.locator("article article .mt-lines").get_by_text("Hang up").wait_for()

    page.goto(f"{stack.base_url}/admin/numbers/phonenumber/{tenant.number_id}/change/")
    pick(page.locator("form"), "Menu", "Reception")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Menu: Reception").wait_for()
    page.goto(f"{stack.base_url}/admin/menus/tree")
    page.get_by_text("Callers come from").wait_for()
    assert not page.get_by_text("Nobody gets to:").count()

    script = [{"wait_for": "accounts press 2"}, {"press": "2"}, {"wait_for": "bills press 3"}, {"press": "3"}, *STAYS]
    call_id, _ = company.receive(script)
    told = company.until_talking(call_id, tenant.agents[0])
    assert told["queue"]["id"] == billing
    company.hang_up(call_id)


def test_an_answer_in_a_conversation_reaches_the_person(stack: Stack, page: Any, expected: list[str]) -> None:
    expected += ["451"]
    tenant = stack.new_organization("Writers")
    company = Company(stack, tenant)
    person = stack.new_phone()
    stack.sim.message(person, tenant.number, "<b>Open?</b>")
    company.until(lambda: company.get("/sms/conversations")["results"], 60)
    log_in(page, stack, tenant)

    page.goto(f"{stack.base_url}/admin/messaging/conversation/")
    page.locator("#result_list tbody a").first.click()
    page.get_by_text("<b>Open?</b>").wait_for()
    page.get_by_label(re.compile("^Write to")).fill("Until six.")
    page.get_by_role("button", name="Send").click()
    page.locator("[data-ours] .cv-bubble", has_text="Until six.").wait_for()
    page.locator("[data-ours]", has_text="Delivered").wait_for()
    assert [one["body"] for one in stack.sim.messages(person)] == ["Until six."]

    # Who said STOP is not written to, and it is said why.
    stack.sim.message(person, tenant.number, "STOP")
    page.locator(".cv-bubble", has_text="STOP").wait_for()
    page.get_by_label(re.compile("^Write to")).fill("Are you sure?")
    page.get_by_role("button", name="Send").click()
    page.locator(".cv-refused", has_text="opted out").wait_for()
