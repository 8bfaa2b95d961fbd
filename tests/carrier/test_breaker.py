import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.carrier.http_server import Reply, answer, refusal
from tests.waiting import wait_until
from zerovoice.carrier import breaker, gateway
from zerovoice.carrier.errors import Refused, Unavailable
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

CALL = {"sid": "CA1", "status": "queued"}


def fetch(some_gateway):
    return some_gateway.fetch_call(sid="CA1")


def failing(fake_carrier, some_gateway, times):
    fake_carrier.script = lambda seen: Reply(500)
    for _ in range(times):
        with pytest.raises(Unavailable):
            fetch(some_gateway)


def test_it_opens_at_the_threshold_and_then_nothing_is_sent(fake_carrier, instance_account, settings):
    settings.CARRIER_BREAKER_RESET_SECONDS = 30
    guarded = gateway.for_account_sid(instance_account)
    failing(fake_carrier, guarded, 3)
    for _ in range(20):
        with pytest.raises(Unavailable) as error:
            fetch(guarded)
        assert 0 < error.value.retry_after <= 30
    assert len(fake_carrier.seen) == 3


def test_whether_the_carrier_can_be_reached_is_told_without_asking_it(fake_carrier, fake_gateway):
    fake_gateway.check()
    failing(fake_carrier, fake_gateway, 3)
    with pytest.raises(Unavailable):
        fake_gateway.check()
    assert len(fake_carrier.seen) == 3
    time.sleep(2.1)
    fake_gateway.check()  # and takes no probe by it
    fake_carrier.script = lambda seen: answer(CALL)
    assert fetch(fake_gateway).sid == "CA1"


def test_time_outs_and_lost_connections_count(fake_carrier, fake_gateway, instance_account):
    replies = iter([Reply(after=1.7), Reply(reset=True), Reply(503)])
    fake_carrier.script = lambda seen: next(replies)
    for _ in range(3):
        with pytest.raises(Unavailable):
            fetch(fake_gateway)
    assert breaker.for_account(instance_account).snapshot().state == "open"


def test_refusals_never_open_it(fake_carrier, fake_gateway, instance_account):
    fake_carrier.script = lambda seen: refusal(400, 21211)
    for _ in range(10):
        with pytest.raises(Refused):
            fetch(fake_gateway)
    assert breaker.for_account(instance_account).snapshot().state == "closed"


def test_only_failures_in_a_row_count(fake_carrier, fake_gateway, instance_account):
    for _ in range(3):
        failing(fake_carrier, fake_gateway, 2)
        fake_carrier.script = lambda seen: answer(CALL)
        fetch(fake_gateway)
    assert breaker.for_account(instance_account).snapshot().state == "closed"


def test_a_successful_probe_closes_it(fake_carrier, fake_gateway, instance_account):
    failing(fake_carrier, fake_gateway, 3)
    fake_carrier.script = lambda seen: answer(CALL)
    time.sleep(2.1)
    assert fetch(fake_gateway).sid == "CA1"
    state = breaker.for_account(instance_account).snapshot()
    assert (state.state, state.failures, state.retry_after) == ("closed", 0, 0)
    assert fetch(fake_gateway).sid == "CA1"


def test_a_failed_probe_keeps_it_open(fake_carrier, fake_gateway):
    failing(fake_carrier, fake_gateway, 3)
    time.sleep(2.1)
    with pytest.raises(Unavailable, match="500"):
        fetch(fake_gateway)
    with pytest.raises(Unavailable, match="breaker is open"):
        fetch(fake_gateway)
    assert len(fake_carrier.seen) == 4


def test_of_many_at_once_exactly_one_is_the_probe(fake_carrier, fake_gateway, instance_account, settings):
    failing(fake_carrier, fake_gateway, 3)
    time.sleep(2.1)
    fake_carrier.script = lambda seen: answer(CALL, after=0.4)
    start = threading.Barrier(16)

    def one(_):
        start.wait()
        try:
            return fetch(fake_gateway).sid
        except Unavailable:
            return "refused"

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(one, range(16)))
    assert sorted(outcomes) == ["CA1"] + ["refused"] * 15
    assert len(fake_carrier.seen) == 4


def another_process(sid):
    """A breaker of the same account with nothing in memory."""
    from django.conf import settings

    return breaker.Breaker(sid, failures=3, reset_seconds=2, probe_seconds=5, url=settings.REDIS_URL)


def test_processes_share_its_state(fake_carrier, fake_gateway, instance_account):
    other = another_process(instance_account)
    failing(fake_carrier, fake_gateway, 3)
    with pytest.raises(Unavailable):
        other.admit()
    time.sleep(2.1)
    permit = other.admit()
    assert permit
    with pytest.raises(Unavailable):
        fetch(fake_gateway)
    other.succeeded(permit)
    fake_carrier.script = lambda seen: answer(CALL)
    assert fetch(fake_gateway).sid == "CA1"


def test_a_probe_whose_process_died_is_not_waited_for_longer_than_it_may_take():
    sid = "AC" + new_id().hex
    dying, living = (
        breaker.Breaker(sid, failures=1, reset_seconds=0, probe_seconds=1, url=redis_url()) for _ in range(2)
    )
    dying.failed("")
    assert dying.admit()
    with pytest.raises(Unavailable):
        living.admit()
    permit = wait_until(lambda: admitted(living), timeout=10)
    living.succeeded(permit)
    assert living.snapshot().state == "closed"


def test_accounts_do_not_share_a_breaker(fake_carrier, fake_gateway, settings):
    failing(fake_carrier, fake_gateway, 3)
    settings.TWILIO_ACCOUNT_SID = "AC" + new_id().hex
    fake_carrier.script = lambda seen: answer(CALL)
    assert fetch(gateway.for_account_sid(settings.TWILIO_ACCOUNT_SID)).sid == "CA1"


def test_without_redis_a_process_protects_itself():
    alone = breaker.Breaker(
        "AC" + new_id().hex, failures=2, reset_seconds=2, probe_seconds=5, url="redis://127.0.0.1:1/0"
    )
    for _ in range(2):
        alone.failed(alone.admit())
    with pytest.raises(Unavailable) as error:
        alone.admit()
    assert 0 < error.value.retry_after <= 2
    time.sleep(2.1)
    permit = alone.admit()
    with pytest.raises(Unavailable):
        alone.admit()
    alone.succeeded(permit)
    assert alone.admit() == ""


def test_a_redis_that_hangs_costs_little():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and never answers
        hanging = breaker.Breaker(
            "AC" + new_id().hex, failures=2, reset_seconds=2, probe_seconds=5,
            url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0",
        )  # fmt: skip
        began = time.monotonic()
        for _ in range(100):
            hanging.succeeded(hanging.admit())
        assert time.monotonic() - began < 5  # each of its time-outs alone would be a minute


def admitted(some_breaker):
    try:
        return some_breaker.admit()
    except Unavailable:
        return ""


def redis_url():
    from django.conf import settings

    return settings.REDIS_URL
