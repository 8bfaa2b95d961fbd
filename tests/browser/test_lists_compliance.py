"""What an owner does about people who must not be called, about systems that missed something, and about a person who
wants to be forgotten: each in the browser, to its end."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.stack import PASSWORD, Stack, Tenant
from tests.waiting import wait_until
from tests.webhooks.receiver import Receiver, Reply, receiving

SLOW = 60_000  # milliseconds

LET_IN = """
from zerovoice.accounts.models import User
User.objects.filter(email=email).update(is_staff=True)
"""

MARIA = """
from contacts.models import Contact
Contact.objects.create(organization_id=organization_id, name="Maria Lopez", phone=phone, email="maria@lopez.example")
"""

ENDPOINT = """
from zerovoice.webhooks import actions
from uuid import UUID
made = actions.create_endpoint(
    organization_id=UUID(organization_id), principal=None, url=url, types=["dnc.*"], description="Our own system"
)
result = str(made.pk)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Stack]) -> Stack:
    """One that gives up on endpoints after two attempts."""
    return make_stack(env={"WEBHOOK_RETRY_SECONDS": "0.1"})


def log_in(stack: Stack, page: Any, tenant: Tenant) -> None:
    stack.django(LET_IN, email=tenant.email)
    page.set_default_timeout(SLOW)
    page.goto(f"{stack.base_url}/admin/")
    page.fill("input[name=username]", tenant.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "login" not in url)


def test_a_list_is_imported_and_the_next_call_is_refused(stack: Stack, page: Any, tmp_path: Any) -> None:
    tenant = stack.new_organization("Acme Lists")
    customer, api = stack.new_phone(), stack.api(tenant)
    file = tmp_path / "dnc.csv"
    file.write_text(f"phone,reason\n{customer},Asked on the phone\nnobody,<script>alert(1)</script>\n")
    log_in(stack, page, tenant)
    page.goto(f"{stack.base_url}/admin/compliance/dncentry/")
    page.get_by_role("link", name="Import a CSV file").click()
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import now").wait_for()
    assert "Invalid E.164" in page.inner_text("main, #content-main, .bo-page")
    body = {"from_number": tenant.number, "to_number": customer}
    assert not api.get("/compliance/dnc", params={"phone": customer}).json()["listed"]

    page.get_by_role("button", name="Import now").click()
    page.get_by_text("2 rows", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download refused rows").click()
    assert "nobody" in download.value.path().read_text()
    refused = api.post("/calls/outbound", json=body)
    assert refused.status_code == 451, refused.text

    page.goto(f"{stack.base_url}/admin/compliance/dncentry/")
    page.fill("input[name=q]", f"({customer[2:5]}) {customer[5:8]}-{customer[8:]}")
    page.press("input[name=q]", "Enter")
    page.locator("#result_list tbody tr", has_text=customer).wait_for()


def test_an_erasure_is_followed_to_its_end(stack: Stack, page: Any) -> None:
    tenant = stack.new_organization("Acme Privacy")
    phone, api = stack.new_phone(), stack.api(tenant)
    stack.django(MARIA, organization_id=tenant.id, phone=phone)
    log_in(stack, page, tenant)
    page.goto(f"{stack.base_url}/admin/compliance/privacyrequest/add/")
    page.get_by_label("Who is it?").fill("maria")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Maria Lopez").check()
    page.get_by_label("To be erased").check()
    page.get_by_label("4. Why?").fill("By letter")
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("1 record would go").wait_for()
    page.get_by_label("Type the person's phone number again").fill(phone)
    page.get_by_role("button", name="Erase this person").click()
    page.get_by_role("heading", name="Certificate").wait_for()
    shown = page.inner_text("body")
    assert re.search(r"\b[1-9] records? erased", shown)
    assert "Maria" not in shown
    assert phone not in shown
    assert api.get("/contacts").json()["results"] == []


def test_what_failed_is_sent_again(stack: Stack, page: Any, receiver: Receiver) -> None:
    receiver.script = lambda message: Reply(status=500)
    tenant = stack.new_organization("Acme Webhooks")
    stack.django(ENDPOINT, organization_id=tenant.id, url=receiver.url)
    api = stack.api(tenant)
    api.post("/compliance/dnc", json={"phone": stack.new_phone()}).raise_for_status()
    wait_until(lambda: receiver.seen, timeout=60, what="the endpoint is told, and fails")
    log_in(stack, page, tenant)

    def has_failed() -> bool:
        page.goto(f"{stack.base_url}/admin/webhooks/delivery/?state=failed")
        return page.locator("#result_list tbody tr", has_text="500 Internal Server Error").count() == 1

    wait_until(has_failed, timeout=60, what="the failed delivery is in the list")
    page.locator("#result_list tbody tr th a").first.click()
    receiver.script = lambda message: Reply()
    page.get_by_role("button", name="Send again").click()
    page.get_by_text("It is being sent again").wait_for()
    wait_until(lambda: receiver.taken, timeout=60, what="it is delivered")
    assert receiver.taken[0].id == receiver.seen[0].id

    def is_delivered() -> bool:
        page.reload()
        return page.get_by_text("204 No Content").count() == 1

    wait_until(is_delivered, timeout=60, what="the page says so")
