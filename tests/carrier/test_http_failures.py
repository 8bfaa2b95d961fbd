"""What each failure of the carrier is to us: certainly not processed, perhaps processed, or refused."""

import time

import pytest

from tests.carrier.http_server import Reply, answer, refusal
from zerovoice.carrier import gateway
from zerovoice.carrier.errors import Ambiguous, CallNotInProgress, RefusalMeaning, Refused, Unavailable

pytestmark = pytest.mark.django_db

CREATE = {
    "to": "+15550002222", "from_": "+15550001111", "url": "https://x/a", "status_callback": "https://x/s",
    "timeout_seconds": 30,
}  # fmt: skip


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(after=1.7), id="no answer in time"),
        pytest.param(Reply(reset=True), id="closed without a word"),
        pytest.param(Reply(500), id="500"),
        pytest.param(Reply(502, b"<html>bad gateway</html>"), id="502 of something in between"),
        pytest.param(Reply(503), id="503"),
        pytest.param(Reply(200, b'{"sid": "CA', cut=True), id="half an answer"),
        pytest.param(Reply(200, b"<html>log in to the Wi-Fi</html>"), id="another's answer"),
        pytest.param(Reply(302, headers={"Location": "https://elsewhere.example"}), id="a redirect"),
    ],
)
def test_a_write_without_a_clear_answer_is_ambiguous_and_a_read_is_not(fake_carrier, fake_gateway, reply):
    fake_carrier.script = lambda seen: reply
    with pytest.raises(Ambiguous):
        fake_gateway.create_call(**CREATE)
    with pytest.raises(Unavailable):
        fake_gateway.fetch_call(sid="CA1")
    assert [seen.method for seen in fake_carrier.seen] == ["POST", "GET"]  # and nothing was repeated


def test_without_a_connection_nothing_was_processed(instance_account, settings):
    settings.TWILIO_API_URL = "http://127.0.0.1:1"
    with pytest.raises(Unavailable):
        gateway.for_account_sid(instance_account).create_call(**CREATE)


def test_an_unknown_host_means_that_nothing_was_processed(instance_account, settings):
    settings.TWILIO_API_URL = "http://nowhere.invalid"
    with pytest.raises(Unavailable):
        gateway.for_account_sid(instance_account).create_call(**CREATE)


def test_a_refusal_carries_our_reason_and_field(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: refusal(400, 21215, "Account not authorized to call +882…")
    with pytest.raises(Refused) as refused:
        fake_gateway.create_call(**CREATE)
    assert refused.value.code == 21215
    assert refused.value.meaning == RefusalMeaning.DESTINATION_FORBIDDEN
    assert refused.value.field == "to_number"
    assert refused.value.message == "Account not authorized to call +882…"


def test_a_call_that_is_over_cannot_be_redirected(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: refusal(400, 21220)
    with pytest.raises(CallNotInProgress):
        fake_gateway.redirect_call(sid="CA1", url="https://x")


def test_what_the_carrier_had_no_time_for_is_repeated(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: (
        refusal(429, 20429) if len(fake_carrier.seen) < 3 else answer({"sid": "CA1", "status": "queued"})
    )
    assert fake_gateway.create_call(**CREATE).sid == "CA1"
    assert len(fake_carrier.seen) == 3
    assert len({str(seen.form) for seen in fake_carrier.seen}) == 1


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (429, 3)])
def test_only_the_code_tells_too_many_requests(fake_carrier, fake_gateway, status, asked):
    """A number may well hold the digits of that code."""
    fake_carrier.script = lambda seen: (
        refusal(status, 21211, "+15204291234 is not a valid phone number")
        if len(fake_carrier.seen) < 3
        else refusal(400, 21211)
    )
    with pytest.raises(Refused):
        fake_gateway.create_call(**CREATE)
    assert len(fake_carrier.seen) == asked


def test_too_many_requests_by_its_code(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: (
        refusal(403, 20429) if len(fake_carrier.seen) < 2 else answer({"sid": "CA1", "status": "queued"})
    )
    assert fake_gateway.create_call(**CREATE).sid == "CA1"


def test_too_many_requests_for_too_long_was_certainly_not_processed(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: Reply(429, headers={"Retry-After": "30"})
    with pytest.raises(Unavailable) as error:
        fake_gateway.create_call(**CREATE)
    assert error.value.retry_after == 30
    assert len(fake_carrier.seen) == 1  # thirty seconds is more than a caller waits


def test_eight_threads_are_not_made_to_wait_for_one_another(fake_carrier, instance_account, settings):
    from concurrent.futures import ThreadPoolExecutor

    settings.CARRIER_READ_TIMEOUT_SECONDS = 5.0
    slow = gateway.for_account_sid(instance_account)
    fake_carrier.script = lambda seen: answer({"sid": "CA1", "status": "queued"}, after=1.0)
    with ThreadPoolExecutor(8) as threads:
        began = time.monotonic()
        list(threads.map(lambda _: slow.create_call(**CREATE), range(8)))
    assert len(fake_carrier.seen) == 8
    assert time.monotonic() - began < 4  # one after another, they would take eight seconds


def test_a_download_that_breaks_off_is_not_taken_for_whole(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: Reply(200, b"RIFF" + b"\0" * 5000, cut=True)
    with pytest.raises(Unavailable):
        b"".join(fake_gateway.download_recording(sid="RE1", channels=2))


def test_a_download_that_is_not_there(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: refusal(404, 20404)
    with pytest.raises(Refused) as refused:
        b"".join(fake_gateway.download_recording(sid="RE1", channels=2))
    assert refused.value.meaning == RefusalMeaning.NOT_FOUND
