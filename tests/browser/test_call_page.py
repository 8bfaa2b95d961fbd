"""A supervisor hears a call and reads along; a search leads to the moment; a call that lasts is seen to end."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import looks
from tests.browser.test_floor import SUPERVISOR
from tests.flows.company import Company
from tests.flows.test_transcripts import conversation, transcript_of
from tests.stack import PASSWORD, Stack

PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def system(make_stack: Callable[..., Stack]) -> Stack:
    return make_stack(clock_speed=10, env={"TRANSCRIPTION_ENGINE": "local"})


@pytest.fixture(scope="module")
def office(system: Stack) -> Company:
    return Company(system, system.new_organization("Acme Listens", ring_timeout_seconds=5, wrap_up_seconds=0))


@pytest.fixture(scope="module")
def told(office: Company) -> dict[str, Any]:
    """The transcript of a recorded call."""
    call_id, _ = conversation(office)
    office.in_the_books(call_id)
    return transcript_of(office, call_id)


@pytest.fixture(scope="module")
def email(office: Company) -> str:
    return str(office.stack.django(SUPERVISOR, organization_id=office.tenant.id, password=PASSWORD))


@pytest.fixture
def screen(page: Any, office: Company, email: str) -> Any:
    """The page, its supervisor logged in."""
    page.set_default_timeout(PATIENCE)
    page.goto(f"{office.stack.base_url}/admin/login/?next=/admin/password_change/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/password_change/")
    return page


def current_time(page: Any) -> float:
    return float(page.evaluate("document.querySelector('audio').currentTime"))


def until(page: Any, condition: str, *arguments: Any) -> None:
    page.wait_for_function(condition, arg=list(arguments), timeout=PATIENCE)


def test_a_call_is_heard_and_read(office: Company, told: dict[str, Any], screen: Any) -> None:
    page = screen
    page.goto(f"{office.stack.base_url}/admin/calls/call/{told['call_id']}/change/")
    page.locator(".call-wave[data-drawn]").wait_for()
    assert page.locator(".call-wave path").count() == 2
    page.locator("#call-about:not([aria-busy])").wait_for()

    # A line leads to its sound.
    lines = page.locator(".call-said-line")
    assert lines.count() == len(told["segments"])
    page.evaluate("document.querySelector('audio').muted = true")
    until(page, "() => document.querySelector('audio').readyState >= 1")
    last = told["segments"][-1]
    lines.last.click()
    assert current_time(page) == pytest.approx(last["start"], abs=0.05)
    assert lines.last.get_attribute("aria-current") == "true"
    slider = page.get_by_role("slider", name="Position in the recording")
    assert re.match(r"\d+:\d\d of \d+:\d\d, .*(positive|neutral|negative)", slider.get_attribute("aria-valuetext"))
    lines.nth(1).focus()
    page.keyboard.press("Enter")
    second = told["segments"][1]
    assert current_time(page) == pytest.approx(second["start"], abs=0.05)

    # What is said now is shown while it plays.
    page.locator(".call-speed").select_option("2")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    until(page, "() => document.querySelectorAll('.call-said-line')[2].hasAttribute('aria-current')")
    assert page.locator(".call-said-line[aria-current]").count() == 1
    assert page.evaluate("document.querySelector('audio').playbackRate") == 2
    page.get_by_role("button", name="Pause").click()

    # The slider by the keyboard, and by a click.
    slider.focus()
    page.keyboard.press("Home")
    assert current_time(page) == 0
    page.keyboard.press("ArrowRight")
    assert current_time(page) == 5
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    assert int(slider.get_attribute("aria-valuenow")) == int(slider.get_attribute("aria-valuemax"))
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] / 2, "y": 20})
    length = page.evaluate("document.querySelector('audio').duration")
    assert current_time(page) == pytest.approx(length / 2, abs=length / 50)

    # Found within.
    page.get_by_label("Find in what was said").fill("subscription")
    page.get_by_text("1 of 1", exact=True).wait_for()
    assert page.locator(".call-said mark").inner_text().lower() == "subscription"
    page.get_by_role("button", name="Follow the sound").click()

    # A note.
    page.get_by_label("Add a note").fill("<b>Call her back</b>")
    page.get_by_role("button", name="Add the note").click()
    page.locator(".call-note", has_text="<b>Call her back</b>").wait_for()
    assert office.get(f"/calls/{told['call_id']}/notes")["results"][0]["text"] == "<b>Call her back</b>"
    page.get_by_label("What became of it").fill("sold")
    page.get_by_role("button", name="Set", exact=True).click()
    page.locator("#call-disposition", has_text="sold").wait_for()

    check_looks(page)


def test_the_search_leads_to_the_moment(office: Company, told: dict[str, Any], screen: Any) -> None:
    page = screen
    page.goto(f"{office.stack.base_url}/admin/transcripts/search/")
    page.get_by_label("What was said").fill("subscription")
    page.get_by_role("button", name="Search", exact=True).click()
    hit = page.locator(".search-hit a").first
    hit.wait_for()
    assert hit.locator("mark").inner_text().lower() == "subscription"
    check_looks(page)
    hit.click()
    said = next(one for one in told["segments"] if "subscription" in one["text"])
    word = next(one for one in said["words"] if "subscription" in one["text"].lower())
    page.locator(".call-said-line[aria-current]", has_text="subscription").wait_for()
    until(page, "() => document.querySelector('audio').readyState >= 1")
    assert current_time(page) == pytest.approx(word["start"], abs=0.1)
    assert page.evaluate("document.activeElement.textContent") == "Play"


def test_a_call_that_lasts_is_seen_to_end(office: Company, screen: Any) -> None:
    page = screen
    office.presence(office.agent(), "available")
    call_id = office.talking()
    page.goto(f"{office.stack.base_url}/admin/calls/call/{call_id}/change/")
    page.get_by_text("Talking,").wait_for()
    check_looks(page)
    page.get_by_role("button", name="Hang up").click()
    page.get_by_role("dialog").get_by_role("button", name="Hang up").click()
    page.get_by_text("This call was not recorded.").wait_for()
    page.locator(".call-legend", has_text="Talking").wait_for()
    assert page.get_by_role("button", name="Hang up").count() == 0
    assert "Somebody ordered to hang up" in page.inner_text(".call-events")


def check_looks(page: Any) -> None:
    for theme in looks.THEMES:
        for size in looks.SIZES:
            looks.dress(page, theme, size)
            page.reload()
            looks.settle(page)
            faults = looks.faults(page)
            assert not faults, f"{theme}, {size}: {faults}"
    looks.dress(page, "light", "wide")
    page.reload()
