"""Setting up two-factor log-in, and logging in with it, as people do."""

import base64
import re
import time
from typing import Any

from django_otp.oath import totp

from tests.browser import looks
from tests.stack import PASSWORD, Stack

STAFF = """
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization
organization = Organization.objects.get(pk=organization_id)
user = actions.create_user(email=f"olga@{organization.slug}.example", password=password, name="Olga", is_staff=True)
actions.add_member(organization=organization, user=user, role="owner")
result = user.email
"""
_PATIENCE = 60_000


def code_of(key: str) -> str:
    """The next one that was not given yet: each is good once."""
    return f"{totp(base64.b32decode(key)):06}"


def wait_for_the_next_code() -> None:
    step = int(time.time()) // 30
    while int(time.time()) // 30 == step:
        time.sleep(0.5)


def log_in(page: Any, stack: Stack, email: str) -> None:
    page.goto(f"{stack.base_url}/admin/login/?next=/admin/account/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")


def test_setting_it_up_and_logging_in_with_it(stack: Stack, page: Any) -> None:
    page.set_default_timeout(_PATIENCE)
    tenant = stack.new_organization("Acme Two Factor")
    email = stack.django(STAFF, organization_id=tenant.id, password=PASSWORD)

    log_in(page, stack, email)
    page.get_by_role("link", name="Set it up").click()
    page.locator(".bo-qr svg").wait_for()
    looks.settle(page)
    assert looks.faults(page) == []
    key = re.sub(r"\s", "", page.locator("#two-factor-key").inner_text())
    page.fill("input[name=code]", code_of(key))
    page.get_by_role("button", name="Turn it on").click()
    page.locator("#recovery-codes li").first.wait_for()
    codes = page.locator("#recovery-codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/admin/")

    page.goto(f"{stack.base_url}/admin/accounts/apikey/add/")  # what else is shown once
    page.fill("input[name=name]", "CRM")
    page.locator("select[name=scopes]").select_option(["calls:read"])
    page.get_by_role("button", name="Save", exact=True).click()
    whole = page.locator("#shown-once").inner_text().strip()
    assert re.fullmatch(r"zv_\w{12}_\w{43}", whole)
    looks.settle(page)
    assert looks.faults(page) == []
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("link", name="CRM").click()
    page.locator("input[name=name]").wait_for()
    assert whole not in page.content()

    page.context.clear_cookies()
    log_in(page, stack, email)
    page.wait_for_url("**/login/code/**")
    looks.settle(page)
    assert looks.faults(page) == []
    page.fill("input[name=code]", "000000")
    page.press("input[name=code]", "Enter")
    page.get_by_text("That is not the code").wait_for()
    page.goto(f"{stack.base_url}/admin/calls/call/")  # no way around
    page.wait_for_url("**/login/code/**")
    wait_for_the_next_code()
    page.fill("input[name=code]", code_of(key))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/admin/calls/call/")

    page.context.clear_cookies()
    log_in(page, stack, email)
    page.wait_for_url("**/login/code/**")
    page.fill("input[name=code]", codes[0])
    page.press("input[name=code]", "Enter")
    page.get_by_text("Recovery codes left: 9").wait_for()
    for theme in looks.THEMES:
        for size in looks.SIZES:
            looks.dress(page, theme, size)
            for path in ("account/", "accounts/auditentry/", "accounts/apikey/"):
                page.goto(f"{stack.base_url}/admin/{path}")
                looks.settle(page)
                assert looks.faults(page) == [], (path, theme, size)
