"""A supervisor at the live floor: what happens is seen within two seconds without reloading, orders are carried out."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import looks
from tests.browser.test_floor import SUPERVISOR
from tests.flows.company import STAYS, Company
from tests.stack import PASSWORD, Stack
from tests.waiting import wait_until

PATIENCE = 60_000  # milliseconds, on a busy machine
SOON = 2.0  # seconds from the API's showing something to the page's
RUNS = 3  # of the measured: the machine may be busy once


@pytest.fixture(scope="module")
def company(make_stack: Any) -> Company:
    """At the pace of people: two agents in the main queue, one in Sales."""
    stack: Stack = make_stack(clock_speed=1)
    tenant = stack.new_organization(
        "Acme Floor", agents=3, ring_timeout_seconds=20, wrap_up_seconds=0, service_level_seconds=4
    )
    made = Company(stack, tenant)
    sales = made.queue("Sales", ring_timeout_seconds=20)
    made.works_in(made.agent(2), sales)
    return made


@pytest.fixture(scope="module")
def email(company: Company) -> str:
    return str(company.stack.django(SUPERVISOR, organization_id=company.tenant.id, password=PASSWORD))


@pytest.fixture
def floor(company: Company, email: str, page: Any) -> Iterator[Any]:
    """The page, a supervisor logged in; afterwards nobody is on the phone."""
    page.set_default_timeout(PATIENCE)
    page.goto(f"{company.stack.base_url}/admin/login/?next=/admin/floor/")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.locator("#floor-agents [data-row]").first.wait_for()
    yield page
    company.clear()
    for agent in company.agents:
        company.presence(agent, "available")


def row(page: Any, customer: str) -> Any:
    return page.locator("#floor-calls [data-row]").filter(has_text=customer)


def agent_row(page: Any, name: str) -> Any:
    return page.locator("#floor-agents [data-row]").filter(has_text=name)


def say_yes(page: Any) -> None:
    page.locator("dialog[open] button[value=yes]").click()


def seconds_until(page: Any, api_shows: Any, selector: str, shows: str) -> float:
    """From when the API shows it to when the page does. `shows`: JavaScript on the element, or null, that is true then.

    The page notes the moment itself, by the clock that the test has too.
    """
    page.evaluate(
        """([selector, shows]) => {
            window.seenAt = 0;
            const test = new Function("element", `return ${shows}`);
            const look = () => {
                if (test(document.querySelector(selector))) window.seenAt = Date.now() / 1000;
                else requestAnimationFrame(look);
            };
            look();
        }""",
        [selector, shows],
    )
    wait_until(api_shows, timeout=60, every=0.02, what="the API shows it")
    shown = time.time()
    page.wait_for_function("() => window.seenAt > 0", timeout=PATIENCE)
    return float(page.evaluate("() => window.seenAt")) - shown


def test_a_call_is_followed_from_ringing_to_its_end_within_two_seconds(company: Company, floor: Any) -> None:
    loaded = floor.evaluate("() => performance.timeOrigin")
    taken: dict[str, list[float]] = {"ringing": [], "talking": [], "over": []}
    for _ in range(RUNS):
        customer = company.person(STAYS, answer_after=3)
        call_id = company.place(customer)
        mine = (
            f'[...document.querySelectorAll("#floor-calls tr")].find((row) => row.textContent.includes("{customer}"))'
        )

        def phase(wanted: str, of: str = call_id) -> Any:
            return lambda: company.call(of)["phase"] == wanted

        ringing = f'{mine}?.textContent.includes("Ringing the customer")'
        taken["ringing"].append(seconds_until(floor, phase("dialing"), "body", ringing))
        talking = f'{mine}?.textContent.includes("Talking")'
        taken["talking"].append(seconds_until(floor, phase("joined"), "body", talking))
        assert agent_row(floor, company.call(call_id)["agent"]["name"]).get_by_text(customer).is_visible()
        company.hang_up(call_id)
        taken["over"].append(seconds_until(floor, lambda of=call_id: company.call(of)["ended_at"], "body", f"!{mine}"))
    print("Seconds from the API to the page:", {what: [round(one, 2) for one in some] for what, some in taken.items()})
    for some in taken.values():
        assert sorted(some)[RUNS // 2] < SOON, taken
    assert floor.evaluate("() => performance.timeOrigin") == loaded


def test_hanging_up_is_asked_for_and_done_once(company: Company, floor: Any) -> None:
    customer = company.person(STAYS)
    call_id = company.talking(customer)
    order = row(floor, customer).locator("[data-order=hangup]")
    order.wait_for()
    sent: list[str] = []
    floor.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    order.click()
    floor.keyboard.press("Escape")
    assert not sent
    assert not company.call(call_id)["ended_at"]
    order.click()
    floor.locator("dialog[open] button[value=yes]").dblclick(no_wait_after=True)
    row(floor, customer).wait_for(state="detached")
    assert len(sent) == 1
    company.until(lambda: company.network_legs(customer)[-1]["end_time"], what="the network ended it")
    assert company.until_over(call_id)["hung_up_by"] == "api"


def test_transfers_and_a_supervisor_who_listens(company: Company, floor: Any, expected: list[str]) -> None:
    expected += ["/monitor", "status of 400"]  # the phone that is none
    customer, supervisor = company.person(STAYS), company.person(STAYS)
    call_id = company.talking(customer)
    row(floor, customer).locator("[data-order=listen]:enabled").click()
    floor.fill("dialog input", "not a phone")
    say_yes(floor)
    floor.locator(".bo-toast[data-tone=bad]").get_by_text("Must be an E.164 number").wait_for()
    row(floor, customer).focus()
    floor.keyboard.press("l")
    floor.fill("dialog input", supervisor)
    floor.keyboard.press("Enter")
    row(floor, customer).get_by_text(f"{supervisor} listens").wait_for()
    floor.keyboard.press("b")
    assert floor.input_value("dialog input") == supervisor  # remembered
    floor.keyboard.press("Enter")
    row(floor, customer).get_by_text(f"{supervisor} speaks with both").wait_for()
    assert company.rung(supervisor) == 1

    row(floor, customer).locator("[data-order=transfer]").click()
    floor.locator("dialog select").first.select_option(label="Sales")
    say_yes(floor)
    sales_agent = company.agent(2)
    row(floor, customer).get_by_text(sales_agent.name).wait_for()
    row(floor, customer).get_by_text("Talking").wait_for()
    company.until_talking(call_id, sales_agent)
    assert company.call(call_id)["queue"]["name"] == "Sales"

    floor.keyboard.press("Escape")
    row(floor, customer).focus()
    floor.keyboard.press("t")
    floor.locator("dialog select").first.select_option(label=company.agent(0).name)
    say_yes(floor)
    company.until_talking(call_id, company.agent(0))
    row(floor, customer).get_by_text(company.agent(0).name).wait_for()


def test_by_keyboard_an_agent_goes_on_a_break_and_focus_stays(company: Company, floor: Any) -> None:
    agent = company.agent(1)
    floor.locator("#floor-queues [data-row]").first.focus()
    for _ in range(20):
        if agent.name in floor.evaluate("() => document.activeElement.textContent"):
            break
        floor.keyboard.press("ArrowDown")
    floor.keyboard.press("s")
    floor.locator("dialog select").select_option("break")
    floor.locator("dialog input").fill("lunch")
    floor.keyboard.press("Enter")
    agent_row(floor, agent.name).get_by_text("On a break").wait_for()
    agent_row(floor, agent.name).get_by_text("lunch").wait_for()
    assert company.state_of(agent) == "break"
    floor.wait_for_function("name => document.activeElement.textContent.includes(name)", arg=agent.name)
    floor.keyboard.press("?")
    floor.locator("dialog dl").get_by_text("hang up").wait_for()
    floor.keyboard.press("Escape")


def test_who_waits_too_long_is_said_in_words_and_stays_unfolded(company: Company, floor: Any) -> None:
    for agent in company.agents:
        company.presence(agent, "break")
    main = floor.locator("#floor-queues tbody").first
    opener = main.locator(".floor-open")
    opener.click()
    main.get_by_text("Nobody is waiting").wait_for()
    _, caller = company.receive(STAYS)
    main.locator("li").get_by_text(caller).wait_for()
    main.get_by_text("Near the limit").wait_for()
    main.get_by_text("Over the limit").wait_for()
    floor.locator("#floor-said").get_by_text("is over the limit: 1 caller is waiting").wait_for(state="attached")
    assert opener.get_attribute("aria-expanded") == "true"
    assert floor.evaluate("element => element === document.activeElement", opener.element_handle())
    company.presence(company.agent(0), "available")
    main.get_by_text("Nobody is waiting").wait_for()
    row(floor, caller).get_by_text("Talking").wait_for()


def test_a_floor_that_is_not_up_to_date_says_so_until_it_is(company: Company, floor: Any, expected: list[str]) -> None:
    expected += ["ERR_FAILED", "401"]
    mark = floor.locator("#floor-stale")
    floor.route("**/floor/state*", lambda route: route.abort())
    mark.get_by_text("Not up to date: last update").wait_for()
    assert "cannot be reached" in mark.inner_text()
    company.presence(company.agent(0), "break")
    floor.unroute("**/floor/state*")
    agent_row(floor, company.agent(0).name).get_by_text("On a break").wait_for()
    mark.wait_for(state="hidden")
    assert mark.inner_text() == ""
    cookies = floor.context.cookies()
    floor.context.clear_cookies(name="sessionid")
    mark.get_by_text("You are no longer logged in").wait_for()
    floor.context.add_cookies(cookies)
    mark.wait_for(state="hidden")


def test_a_wrong_clock_of_the_browser_does_not_matter(company: Company, floor: Any) -> None:
    floor.add_init_script("{ const real = Date.now; Date.now = () => real() + 3600e3; }")
    company.presence(company.agent(0), "break")
    floor.reload()
    lasting = agent_row(floor, company.agent(0).name).locator("[data-since]")
    lasting.wait_for()
    first = lasting.inner_text()
    assert first.startswith("0:"), first
    floor.wait_for_function("([element, text]) => element.textContent !== text", arg=[lasting.element_handle(), first])


def test_it_is_for_everybody(company: Company, floor: Any) -> None:
    company.talking(company.person(STAYS))
    row(floor, "Talking").wait_for()
    for theme in looks.THEMES:
        for size in looks.SIZES:
            looks.dress(floor, theme, size)
            floor.goto(f"{company.stack.base_url}/admin/floor/")
            looks.settle(floor)
            row(floor, "Talking").wait_for()
            assert looks.faults(floor) == [], (theme, size)
        floor.set_viewport_size({"width": 1920, "height": 1080})
        floor.goto(f"{company.stack.base_url}/admin/floor/?wall=1")
        looks.settle(floor)
        floor.locator("#figure-calls").get_by_text("1").wait_for()
        assert looks.faults(floor) == [], theme
        heights = floor.evaluate(
            "() => [...document.querySelectorAll('.floor-figures .bo-figure, .floor-states b, .floor-big > span')]"
            ".filter((figure) => figure.checkVisibility())"
            ".map((figure) => parseFloat(getComputedStyle(figure).fontSize))"
        )
        assert min(heights) >= 0.05 * 1080
        assert not floor.locator("#nav-sidebar").is_visible()
    floor.keyboard.press("f")
    floor.locator("#nav-sidebar").wait_for()
    assert floor.locator("#floor-full").inner_text() == "Full screen"
