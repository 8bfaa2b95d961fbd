"""A real browser, where the machine has one: `apt-get install chromium`."""

import os
import shutil
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("No Chromium on this machine (Debian: apt-get install chromium); the browser tests need one")
    return found


@pytest.fixture
def expected() -> list[str]:
    """Parts of the problems that the test brings about itself, for it to name: a status and a path, say."""
    return []


@pytest.fixture
def page(chromium: str, expected: list[str]) -> Iterator[object]:
    """An empty page. What it could not load, what its scripts threw and what the policy forbade fails the test."""
    sync_api = pytest.importorskip("playwright.sync_api")
    arguments = ["--disable-background-networking", "--disable-gpu"]
    problems: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=arguments + (["--no-sandbox"] if os.geteuid() == 0 else []),
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "response",
            lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        yield page
        browser.close()
    forgiven = ["favicon", *expected]
    assert not [problem for problem in problems if not any(part in problem for part in forgiven)]
