import pytest

from tests.carrier.receipts import stored
from zerovoice.accounts.models import Organization
from zerovoice.carrier import receipts
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def handle(monkeypatch):
    """Registers a handler of the kind `test` for this test."""

    def register(handler):
        monkeypatch.setitem(receipts._handlers, "test", handler)

    return register


def leave_a_trace(receipt):
    Organization.objects.create(name=receipt.payload["name"], slug=f"s-{new_id().hex[-12:]}")


def traces(name):
    return Organization.objects.filter(name=name).count()


def test_a_receipt_is_handled_once(handle):
    handle(leave_a_trace)
    receipt = stored(name="once")
    receipts.process(str(receipt.pk))
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert traces("once") == 1
    assert (receipt.state, receipt.attempts, receipt.last_error) == (State.DONE, 1, "")


def test_the_same_key_is_stored_once():
    stored(key="k", name="first")
    stored(key="k", name="second")
    assert [row.payload for row in Receipt.objects.filter(key="k")] == [{"name": "first"}]


def test_a_handler_that_raises_leaves_no_trace_but_the_error_and_is_tried_again(handle):
    def half_done(receipt):
        leave_a_trace(receipt)
        raise RuntimeError("half way")

    handle(half_done)
    receipt = stored(name="half")
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert traces("half") == 0
    assert (receipt.state, receipt.last_error) == (State.PENDING, "RuntimeError: half way")
    assert receipt.due_at > clock.machine_now()

    handle(leave_a_trace)
    Receipt.objects.update(due_at=clock.machine_now())
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (traces("half"), receipt.state) == (1, State.DONE)


def test_a_worker_slower_than_its_lease_undoes_its_work(handle):
    """Another worker takes the receipt over while the first one still works on it; the first one's work is undone."""

    def slow(receipt):
        leave_a_trace(receipt)
        Receipt.objects.filter(pk=receipt.pk).update(attempts=2)  # as a take-over does

    handle(slow)
    receipt = stored(name="slow")
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert traces("slow") == 0
    assert receipt.state == State.PROCESSING


def test_a_kind_that_nobody_handles_is_visible_and_can_be_replayed(handle):
    receipt = stored("unheard_of")
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (receipt.state, receipt.last_error) == (State.PENDING, "KeyError: 'unheard_of'")


def test_one_that_keeps_killing_its_worker_is_given_up(handle):
    handle(leave_a_trace)
    receipt = stored(name="poison")
    Receipt.objects.filter(pk=receipt.pk).update(
        state=State.PROCESSING, attempts=Receipt.MAX_ATTEMPTS, lease_expires_at=clock.machine_now()
    )
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (traces("poison"), receipt.state) == (0, State.FAILED)


def test_replaying_a_failed_receipt(handle):
    handle(leave_a_trace)
    receipt = stored(name="again")
    Receipt.claim(receipt.pk).fail("gave up")
    assert receipts.replay(receipt)
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (traces("again"), receipt.state) == (1, State.DONE)
