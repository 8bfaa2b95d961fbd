"""What is wrong with a page as people see it: too wide, unreadable for some, ids where a name belongs."""

import re
from importlib.resources import files
from typing import Any

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
THEMES = ("light", "dark")
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
#: Text that is seen: not what is folded away, nor in fields for programs.
_SEEN = """() => {
    const seen = [];
    const walk = document.createTreeWalker(document.querySelector("#main") || document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const parent = node.parentElement;
        if (node.data.trim() && parent.checkVisibility() && !parent.closest("script, style, code, pre, option"))
            seen.push(node.data.trim());
    }
    return seen;
}"""
_EMPTY_CARDS = """() => [...document.querySelectorAll(".bo-card")]
    .filter((card) => card.checkVisibility() && !card.innerText.trim())
    .filter((card) => !card.querySelector("canvas, svg, audio, img"))
    .length"""


def dress(page: Any, theme: str, size: str) -> None:
    """From the next page on, in that theme and size."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme)
    page.evaluate("theme => localStorage.setItem('_x_adminTheme', JSON.stringify(theme))", theme)


def settle(page: Any) -> None:
    """Until the page is drawn: its fonts are there, and Unfold has dressed it."""
    page.wait_for_load_state("load")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    page.wait_for_function("() => !document.documentElement.hasAttribute('x-cloak')")


def faults(page: Any) -> list[str]:
    """In words; empty if it looks as it should."""
    found = []
    over = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    if over > 1:
        found.append(f"The page is {over} pixels too wide")
    for text in page.evaluate(_SEEN):
        if _ID.search(text):
            found.append(f"An id is shown where a name belongs: {text[:80]}")
    if empty := page.evaluate(_EMPTY_CARDS):
        found.append(f"{empty} cards have nothing in them, not even a word")
    return [*found, *violations(page)]


def violations(page: Any) -> list[str]:
    """What axe calls serious or critical, with the first places."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    told = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    grave = [found for found in told["violations"] if found["impact"] in ("serious", "critical")]
    return [f"{found['id']}: {found['help']}; {_places(found)}" for found in grave]


def _places(found: dict[str, Any]) -> str:
    return f"{len(found['nodes'])} times, first {found['nodes'][0]['html'][:160]}"
