import pytest

from zerovoice.api import errors as api
from zerovoice.carrier.errors import (
    REFUSALS,
    Ambiguous,
    NotConfigured,
    RefusalMeaning,
    Refused,
    Unavailable,
    api_error,
    describe,
)
from zerovoice.carrier.http import refusal


@pytest.mark.parametrize(
    ("code", "meaning", "field"),
    [
        (21211, RefusalMeaning.INVALID_NUMBER, "to_number"),
        (21217, RefusalMeaning.INVALID_NUMBER, "to_number"),
        (21214, RefusalMeaning.INVALID_NUMBER, "to_number"),
        (21215, RefusalMeaning.DESTINATION_FORBIDDEN, "to_number"),
        (21210, RefusalMeaning.INVALID_CALLER_ID, "from_number"),
        (21212, RefusalMeaning.INVALID_CALLER_ID, "from_number"),
        (21606, RefusalMeaning.INVALID_CALLER_ID, "from_number"),
        (21219, RefusalMeaning.UNVERIFIED_NUMBER, "to_number"),
        (21216, RefusalMeaning.BLOCKED, "to_number"),
        (21610, RefusalMeaning.OPTED_OUT, "to_number"),
        (21220, RefusalMeaning.NOT_IN_PROGRESS, ""),
        (20404, RefusalMeaning.NOT_FOUND, ""),
        (99999, RefusalMeaning.REJECTED, ""),
        (None, RefusalMeaning.REJECTED, ""),
    ],
)
def test_the_carriers_code_becomes_our_reason(code, meaning, field):
    assert (describe(code).meaning, describe(code).field) == (meaning, field)


def test_every_row_has_a_sentence_to_show():
    assert all(row.help and "Twilio" not in row.help for row in REFUSALS.values())


@pytest.mark.parametrize(
    ("error", "kind", "field"),
    [
        (Refused(21215), api.Forbidden, "to_number"),
        (Refused(21211), api.Unprocessable, "to_number"),
        (Refused(21212), api.Unprocessable, "from_number"),
        (Refused(20003), api.Unavailable, ""),
        (Ambiguous("no answer"), api.Unavailable, ""),
        (NotConfigured("none"), api.Unavailable, ""),
    ],
)
def test_what_our_api_answers(error, kind, field):
    answered = api_error(error)
    assert type(answered) is kind
    assert answered.field == field


def test_an_open_breaker_says_when_to_come_back():
    assert api_error(Unavailable("open", retry_after=17)).headers["Retry-After"] == "17"


def test_a_body_that_is_no_json_is_still_a_refusal():
    error = refusal(404, "<html>nothing here</html>")
    assert isinstance(error, Refused)
    assert error.meaning == RefusalMeaning.NOT_FOUND


def test_what_may_work_later_is_no_refusal():
    assert isinstance(refusal(400, '{"code": 10004, "message": "too many calls"}'), Unavailable)
