"""An agent's hour at the desk: presence, a call that comes, note, hold, transfer, wrap-up, a call of their own."""

import time
from typing import Any

import pytest

from tests.browser import looks
from tests.flows.company import STAYS, Company
from tests.stack import PASSWORD, Stack

#: Takes the call and stays on the line.
TAKES = [{"wait_for": "Press 1"}, {"press": "1"}]
NOTE = "Wants a refund for <order> 4711"
AGENT = """
from calls.models import Agent, WrapUpCode
from contacts.models import Contact
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization
organization = Organization.objects.get(pk=organization_id)
user = actions.create_user(email=f"ada@{organization.slug}.example", password=password, name="Ada", is_staff=True)
actions.add_member(organization=organization, user=user, role="agent")
Agent.objects.filter(pk=agent_id).update(user=user)
WrapUpCode.objects.create(organization=organization, code="refund", label="Refund promised")
maria = {"name": "Maria Lopez", "phone": caller, "company": "Lopez Bakery", "tags": ["vip"]}
Contact.objects.create(organization=organization, **maria)
result = user.email
"""


MESSAGE = """
from django.core.files.base import ContentFile
from calls.models import Agent, Call, CallLeg, Recording, Voicemail
agent = Agent.objects.get(pk=agent_id)
same = {"organization_id": agent.organization_id, "from_number": caller, "to_number": "+16285550100"}
call = Call.objects.create(direction="inbound", status="completed", phase="over", disposition="voicemail", **same)
leg = CallLeg.objects.create(call=call, role="customer", status="completed", **same)
call.ended_at = leg.ended_at = call.created_at
call.save()
leg.save()
recording = Recording.objects.create(
    organization_id=agent.organization_id, call=call, leg=leg, sid="RE" + call.pk.hex, kind="voicemail",
    duration_seconds=23, state="done", size=12, file=ContentFile(b"RIFF....WAVE", name=f"{call.pk}.wav"),
)
Voicemail.objects.create(
    organization_id=agent.organization_id, call=call, agent=agent, from_number=caller, recording=recording
)
"""


NO_AGENT = "from calls.models import Agent; Agent.objects.filter(pk=agent_id).update(user=None)"


@pytest.fixture
def company(stack: Stack) -> Company:
    tenant = stack.new_organization(
        "Acme Desk", agents=2, presence="offline", wrap_up_seconds=1200, ring_timeout_seconds=300
    )
    return Company(stack, tenant)


def log_in(page: Any, company: Company, caller: str) -> None:
    """Ada, who is led to her desk."""
    names = {"organization_id": company.tenant.id, "agent_id": company.agent().id, "caller": caller}
    email = company.stack.django(AGENT, password=PASSWORD, **names)
    page.goto(f"{company.stack.base_url}/admin/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/admin/desk/")


def sees(page: Any, selector: str, text: str) -> None:
    """Until that is to be read there."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_be_visible(timeout=60_000)
    expect(page.locator(selector)).to_contain_text(text, timeout=60_000)


def looks_right(page: Any) -> None:
    """In both sizes and themes, as it stands: without a reload."""
    for theme in looks.THEMES:
        for width, height in looks.SIZES.values():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", theme == "dark")
            assert not looks.faults(page), (theme, width)
    page.evaluate("() => document.documentElement.classList.remove('dark')")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_an_agents_hour(company: Company, page: Any) -> None:
    ada, bob = company.agents
    caller = company.stack.new_phone()
    company.behaves(ada.endpoint, TAKES, answer_after=60)
    company.behaves(bob.endpoint, TAKES)
    log_in(page, company, caller)
    sees(page, "#state", "Offline")
    page.click("[data-presence=available]")
    sees(page, "#state", "Available")
    assert company.state_of(ada) == "available"

    # It rings: the desk says so by itself.
    company.sim.call(caller, company.number, STAYS)
    company.until(lambda: company.state_of(ada) == "ringing")
    rang = time.monotonic()
    sees(page, "#stage", "Ringing")
    assert time.monotonic() - rang < 2 + 3  # two seconds, and what a busy machine takes
    sees(page, "#who", "Maria Lopez")
    sees(page, "#person-facts", "Lopez Bakery")
    looks_right(page)
    sees(page, "#stage", "Talking")
    sees(page, "#call-path", "Queue “")
    (call,) = company.live()
    assert call["from_number"] == caller

    # What is typed outlives updates, orders and a reload.
    page.fill("#note-text", NOTE)
    page.click("[data-order=hold]")
    sees(page, "#stage", "On hold")
    assert company.call(call["id"])["phase"] == "held"
    page.click("[data-order=resume]")
    sees(page, "#stage", "Talking")
    looks_right(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    sees(page, "#stage", "Talking")
    assert page.input_value("#note-text") == NOTE
    page.click("#note-save")
    sees(page, "#notes", NOTE)
    sees(page, "#note-state", "Saved")
    assert page.input_value("#note-text") == ""

    # To Bob, who comes back from his break.
    company.presence(bob, "available")
    page.click("[data-order=transfer]")
    page.locator("#transfer-to").select_option(label=f"{bob.name} (available)", timeout=60_000)
    page.check("#transfer input[value=warm]")
    looks_right(page)
    page.click("#transfer button:has-text('Transfer')")
    sees(page, "#target", f"{bob.name} is on the line with you")
    looks_right(page)
    page.click("[data-order=complete]")
    sees(page, "#call-heading", "After the call")
    sees(page, "#goes-on", "The call goes on without you")
    company.until(lambda: company.call(call["id"])["agent"]["id"] == bob.id)
    company.hang_up(call["id"])

    page.select_option("#code", label="Refund promised")
    page.click("#code-save")  # enabled when the call is over
    sees(page, "#closed-as", "Refund promised")
    looks_right(page)
    page.click("#finish")
    sees(page, "#state", "Available")

    told = company.in_the_books(call["id"])
    assert told["disposition"] == "refund"
    assert [leg["transfer"] for leg in told["legs"] if leg["agent"] and leg["agent"]["id"] == bob.id] == ["warm"]
    assert [note["text"] for note in company.get(f"/calls/{call['id']}/notes")["results"]] == [NOTE]
    sees(page, "#today", "Maria Lopez")
    sees(page, "#today", "Refund promised")
    page.locator("#today button").first.click()
    sees(page, "#details-facts", bob.name)
    sees(page, "#details-notes", NOTE)
    looks_right(page)
    page.click("#details-close")


def test_calling_out_and_what_is_refused(company: Company, page: Any) -> None:
    ada = company.agent()
    company.behaves(ada.endpoint, TAKES)
    known = company.person(STAYS)
    log_in(page, company, known)
    sees(page, "#no-calls", "No calls yet")
    page.fill("#dial-to", "mari")
    page.locator("#dial-found button").click(timeout=60_000)
    assert page.input_value("#dial-to") == known
    page.click("#dial-go")
    sees(page, "#who", "Maria Lopez")
    sees(page, "#stage", "Talking")
    page.click("[data-order=hangup]")
    sees(page, "#call-heading", "Your last call")
    page.check("#keys-on")
    page.locator("body").click(position={"x": 5, "y": 300})
    page.keyboard.press("b")
    sees(page, "#state", "On a break")
    page.fill("#dial-to", "nobody")
    page.click("#dial-go")
    sees(page, "#dial-problem", "write a number such as")


def test_a_stranger_becomes_a_contact_and_a_note_outlives_its_call(company: Company, page: Any) -> None:
    company.set_queue(wrap_up_seconds=0)
    first, second = company.stack.new_phone(), company.stack.new_phone()
    company.behaves(company.agent().endpoint, TAKES)
    log_in(page, company, second)
    page.click("[data-presence=available]")
    call_id, _ = company.receive(STAYS, caller=first)
    sees(page, "#stage", "Talking")
    sees(page, "#person-name", "Not a contact yet")
    page.fill("#note-text", NOTE)
    page.click("#person-links button")
    page.fill("#new-name", "Nora New")
    page.fill("#new-tags", "vip, wholesale")

    company.hang_up(call_id)
    company.receive(STAYS, caller=second)
    sees(page, "#who", "Maria Lopez")
    sees(page, "#person-facts", "Lopez Bakery")
    assert page.input_value("#note-text") == ""
    sees(page, "#draft-list", NOTE)
    assert page.input_value("#new-name") == "Nora New"
    looks_right(page)
    page.click("#new-contact button:has-text('Save contact')")
    page.locator("#new-contact").wait_for(state="hidden", timeout=60_000)
    page.click("#draft-list button:has-text('Save')")
    page.locator("#drafts").wait_for(state="hidden", timeout=60_000)

    assert [note["text"] for note in company.get(f"/calls/{call_id}/notes")["results"]] == [NOTE]
    (nora,) = company.get("/contacts", search="Nora")["results"]
    assert (nora["phone"], nora["tags"]) == (first, ["vip", "wholesale"])


def test_voicemails_and_the_page_of_who_is_no_agent(company: Company, page: Any) -> None:
    caller = company.stack.new_phone()
    company.stack.django(MESSAGE, agent_id=company.agent().id, caller=caller)
    log_in(page, company, caller)
    sees(page, "#voicemails", "Maria Lopez")
    page.click("#keys-help")
    looks_right(page)
    page.click("#keys-close")
    page.click("#voicemails button:has-text('Mark as read')")
    sees(page, "#voicemails .bo-label", "Read")
    looks_right(page)
    page.click("#voicemails button:has-text('Archive')")
    sees(page, "#no-voicemails", "No messages")
    company.stack.django(NO_AGENT, agent_id=company.agent().id)
    page.goto(f"{company.stack.base_url}/admin/desk/")
    sees(page, "#no-desk", "You are not an agent of Acme Desk")
    looks_right(page)


def test_what_is_typed_stays_while_the_server_is_away(company: Company, page: Any) -> None:
    caller = company.stack.new_phone()
    company.behaves(company.agent().endpoint, TAKES)
    log_in(page, company, caller)
    page.click("[data-presence=available]")
    company.receive(STAYS, caller=caller)
    sees(page, "#stage", "Talking")
    page.fill("#note-text", NOTE)
    company.stack.pause("web")
    try:
        sees(page, "#stale", "No word from the server")
    finally:
        company.stack.resume("web")
    page.locator("#stale").wait_for(state="hidden", timeout=60_000)
    assert page.input_value("#note-text") == NOTE
    page.press("#note-text", "Control+Enter")
    sees(page, "#notes", NOTE)
