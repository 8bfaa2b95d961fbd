"""What we log names no person."""

import logging

import pytest
from django.db import IntegrityError
from django.test import Client

from zerovoice.api.middleware import RequestLogMiddleware
from zerovoice.lib.logging import without_people


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET /api/v1/x?from=%2B14155550142", "GET /api/v1/x?from=***"),
        ("to +14155550142 failed", "to *** failed"),
        ("maria.lopez@example.com is taken", "*** is taken"),
        ("oops\nDETAIL:  Failing row contains (Maria Lopez, words).\nnext", "oops\nDETAIL: ***\nnext"),
        ("2026-03-02T14:00:00+00:00", "2026-03-02T14:00:00+00:00"),
        ("0199c0de-0000-7000-8000-000000000070", "0199c0de-0000-7000-8000-000000000070"),
    ],
)
def test_numbers_addresses_and_rows_become_stars(said: str, kept: str) -> None:
    assert without_people(None, "info", {"event": said, "count": 3}) == {"event": kept, "count": 3}


def test_what_is_no_text_is_looked_at_too() -> None:
    line = without_people(None, "info", {"error": IntegrityError("Key (phone)=(+14155550142)"), "at": ["+14155550142"]})
    assert "4155550142" not in str(line)


def test_a_request_is_logged_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    request = Client().get("/health?name=Maria").wsgi_request
    assert RequestLogMiddleware.format_request(request) == "GET /health"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
