"""`make pictures`: the main pages of a running system as people see them, in two sizes and two themes.

Start the system with `make run` and wait for its demo. Every picture goes to `var/pictures/`; those that the README and
the guides show go to `docs/images/`. Says what is wrong with a page (see `looks.py`) and ends with 1 if anything is.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import looks

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = ["--disable-background-networking", "--disable-gpu", "--no-sandbox"]


class Demo:
    """What var/demo.json says, and what there is to be seen."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told, self.url = told, told["base_url"]
        self.api = httpx.Client(base_url=f"{self.url}/api/v1", headers={"X-API-Key": told["api_key"]}, timeout=30)
        self.network = httpx.Client(base_url=told["simulator_url"], timeout=30)

    def first(self, path: str, **query: Any) -> str:
        """The id of the newest row of that list."""
        rows = self.api.get(path, params={"limit": 1, **query}).raise_for_status().json()["results"]
        if not rows:
            raise SystemExit(f"The demo has nothing at {path}: wait until it has lived its day")
        return str(rows[0]["id"])

    def conversation(self) -> str:
        """The longest of the newest."""
        rows = self.api.get("/sms/conversations", params={"limit": 50}).raise_for_status().json()["results"]
        return str(max(rows, key=lambda row: row["message_count"])["id"])

    def recorded_call(self) -> str:
        transcripts = self.api.get("/transcripts", params={"limit": 50}).raise_for_status().json()["results"]
        return next(str(row["call_id"]) for row in transcripts if row["call_id"] and row["status"] == "completed")

    def bustle(self) -> None:
        """Some calls that last: people who talk, and more callers than agents; and what the demo's day has none of."""
        hooks = {"url": "http://127.0.0.1:8999/hooks", "types": ["*"], "description": "Order desk"}
        if not self.api.get("/webhook-endpoints").raise_for_status().json()["results"]:
            self.api.post("/webhook-endpoints", json=hooks).raise_for_status()
            self.api.post("/compliance/gdpr/export", json={"phone": "+14155553000", "reason": "They asked"})
        for number in range(7):
            person = f"+1415555{2000 + number}"
            self.network.post("/_sim/calls", json={"from": person, "to": self.told["numbers"][0], "script": []})
            time.sleep(0.5)
        self.network.put("/_sim/people/+14155552100", json={"outcome": "answer", "answer_after": 60})
        self.api.post("/calls/outbound", json={"from_number": self.told["numbers"][1], "to_number": "+14155552100"})
        time.sleep(8)


@dataclass(frozen=True)
class Shot:
    """A page: who looks at it, and where. `kept` is in the documentation."""

    name: str
    person: str  # supervisor | operator | agent
    path: Callable[[Demo], str]
    kept: bool = True


SHOTS = [
    Shot("dashboard", "supervisor", lambda demo: ""),
    Shot("live-floor", "supervisor", lambda demo: "floor/"),
    Shot("calls", "supervisor", lambda demo: "calls/call/"),
    Shot("call", "supervisor", lambda demo: f"calls/call/{demo.recorded_call()}/change/"),
    Shot("transcript-search", "supervisor", lambda demo: "transcripts/search/?q=order"),
    Shot("conversation", "supervisor", lambda demo: f"messages/conversation/{demo.conversation()}"),
    Shot("contact", "supervisor", lambda demo: f"contacts/contact/{demo.first('/contacts')}/change/"),
    Shot("numbers", "operator", lambda demo: "numbers/phonenumber/"),
    Shot("menu", "operator", lambda demo: "menus/tree"),
    Shot("do-not-call", "operator", lambda demo: "compliance/dncentry/"),
    Shot("usage", "operator", lambda demo: "usage/"),
    Shot("operations", "operator", lambda demo: "operations/"),
    Shot("privacy-requests", "operator", lambda demo: "compliance/privacyrequest/"),
    Shot("deliveries", "operator", lambda demo: "webhooks/delivery/"),
    Shot("two-factor", "supervisor", lambda demo: "account/two-factor/"),
    Shot("desk", "agent", lambda demo: "desk/"),
]


@contextmanager
def logged_in(browser: Browser, demo: Demo, person: str) -> Iterator[Page]:
    page = browser.new_context().new_page()
    page.goto(f"{demo.url}/admin/login/?next=/admin/password_change/")
    page.fill("input[name=username]", demo.told[f"{person}_email"])
    page.fill("input[name=password]", demo.told[f"{person}_password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/password_change/")
    yield page
    page.context.close()


def take(page: Page, demo: Demo, shot: Shot, folder: Path) -> Iterator[str]:
    """The pictures of one page; yields what is wrong with it."""
    for theme in looks.THEMES:
        for size in looks.SIZES:
            looks.dress(page, theme, size)
            answer = page.goto(f"{demo.url}/admin/{shot.path(demo)}")
            looks.settle(page)
            page.wait_for_timeout(1500)  # what is drawn after it was asked for
            page.screenshot(path=folder / f"{shot.name}-{size}-{theme}.png")
            if answer is None or answer.status != 200:
                yield f"{shot.name}: answers {answer and answer.status}"
                return
            yield from (f"{shot.name}, {size}, {theme}: {fault}" for fault in looks.faults(page))
    if shot.kept:
        shutil.copy(folder / f"{shot.name}-wide-light.png", ROOT / "docs" / "images" / f"{shot.name}.png")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=ROOT / "var" / "demo.json")
    parser.add_argument("--only", nargs="*", help="names of pages")
    options = parser.parse_args()
    demo = Demo(json.loads(options.demo.read_text()))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("There is no Chromium on this machine (Debian: apt-get install chromium)")
    folder = ROOT / "var" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if not options.only or shot.name in options.only]
    wrong = 0
    demo.bustle()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
        for person in dict.fromkeys(shot.person for shot in shots):
            with logged_in(browser, demo, person) as page:
                for shot in (shot for shot in shots if shot.person == person):
                    for fault in take(page, demo, shot, folder):
                        print(fault)
                        wrong += 1
                    print(f"{shot.name}: pictures taken", flush=True)
        browser.close()
    print(f"{len(shots)} pages in {folder}; {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
