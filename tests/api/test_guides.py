"""The guides are served, lead to each other, and there is one for every error code."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from zerovoice.api.errors import CODES, PHRASES, error_body

GUIDES = Path(settings.BASE_DIR) / "docs" / "api"
PAGES = sorted(path.relative_to(GUIDES).with_suffix("").as_posix() for path in GUIDES.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_it_is_served_and_its_links_lead_somewhere(page: str) -> None:
    answer = Client().get(f"/docs/api/{page}")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "<h1>" in html
    links = re.findall(r'href="(/[^"#]*)"', html)
    assert links
    for link in links:
        assert Client().get(link).status_code == 200, link


@pytest.mark.parametrize("status", CODES)
def test_every_code_has_its_page(status: int) -> None:
    text = (GUIDES / "errors" / f"{CODES[status]}.md").read_text()
    assert text.startswith(f"# {status} {PHRASES[status]}\n")
    assert f'"code": "{error_body(status, "")["code"]}"' in text


@pytest.mark.parametrize("page", ["nothing", "errors/nothing", "../README", "..%2f..%2fpyproject", "errors/", "a.b"])
def test_no_other_file_is_served(page: str) -> None:
    assert Client().get(f"/docs/api/{page}").status_code == 404
