from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from tests.carrier.receipts import stored
from zerovoice.carrier import work
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import LeaseLost, State
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


def expire(receipt):
    Receipt.objects.filter(pk=receipt.pk).update(lease_expires_at=clock.machine_now() - timedelta(milliseconds=1))


def test_a_due_row_is_claimed_once():
    receipt = stored()
    first = Receipt.claim(receipt.pk)
    assert (first.state, first.attempts, first.interrupted) == (State.PROCESSING, 1, False)
    assert first.lease_expires_at > clock.machine_now()
    assert Receipt.claim(receipt.pk) is None


def test_what_is_not_due_not_there_or_finished_is_not_claimed():
    receipt = stored()
    Receipt.objects.filter(pk=receipt.pk).update(due_at=clock.machine_now() + timedelta(seconds=5))
    assert Receipt.claim(receipt.pk) is None
    assert Receipt.claim(new_id()) is None
    done = stored()
    Receipt.claim(done.pk).succeed()
    assert Receipt.claim(done.pk) is None


def test_an_expired_lease_can_be_taken_over_and_the_slow_worker_cannot_finish():
    receipt = stored()
    slow = Receipt.claim(receipt.pk)
    expire(receipt)
    second = Receipt.claim(receipt.pk)
    assert second.interrupted
    for finish in (slow.succeed, lambda: slow.fail("x"), lambda: slow.retry("x")):
        with pytest.raises(LeaseLost):
            finish()
    second.succeed()
    receipt.refresh_from_db()
    assert (receipt.state, receipt.attempts) == (State.DONE, 2)


def test_a_retry_waits_longer_each_time_and_ends_in_failed():
    receipt = stored()
    pauses = []
    for attempt in range(1, Receipt.MAX_ATTEMPTS + 1):
        Receipt.objects.filter(pk=receipt.pk).update(due_at=clock.machine_now())
        row = Receipt.claim(receipt.pk)
        again = row.retry(ValueError("broken"))
        assert again is (attempt < Receipt.MAX_ATTEMPTS)
        if again:
            pauses.append((row.due_at - clock.machine_now()).total_seconds())
    receipt.refresh_from_db()
    assert (receipt.state, receipt.last_error) == (State.FAILED, "ValueError: broken")
    assert receipt.finished_at
    assert pauses[0] <= 1
    assert 20 < pauses[-1] <= 60


def test_a_finished_row_can_be_replayed_and_an_unfinished_one_not():
    receipt = stored()
    assert not receipt.replay()
    Receipt.claim(receipt.pk).fail("x")
    assert receipt.replay()
    again = Receipt.claim(receipt.pk)
    assert (again.attempts, again.interrupted) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_workers_at_once_one_gets_the_row():
    receipts = [stored() for _ in range(5)]

    def claim(number):
        try:
            return Receipt.claim(receipts[number % 5].pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(claim, range(100))) == 5


def test_old_done_rows_are_purged_and_nothing_else(settings):
    long_ago = clock.machine_now() - timedelta(days=31)
    old_id = work.first_id_at(long_ago)
    ids = {}
    for number, (name, state, finished) in enumerate(
        [("old", State.DONE, long_ago), ("failed", State.FAILED, long_ago), ("open", State.PENDING, None)]
    ):
        receipt = stored()
        ids[name] = old_id.__class__(int=old_id.int + number)
        Receipt.objects.filter(pk=receipt.pk).update(id=ids[name], state=state, finished_at=finished)
    fresh = stored()
    Receipt.claim(fresh.pk).succeed()
    assert work.purge(Receipt, batch=1) == 1
    assert set(Receipt.objects.values_list("pk", flat=True)) == {ids["failed"], ids["open"], fresh.pk}
