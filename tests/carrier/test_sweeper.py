import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection

from tests.carrier.receipts import stored
from tests.waiting import wait_until
from zerovoice.accounts.models import Organization
from zerovoice.carrier import receipts, tasks, work
from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.lib import tasks as lib_tasks

pytestmark = pytest.mark.django_db(transaction=True)


def hints():
    """Ids in the messages that wait for a worker; takes them."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    messages = client.lrange("callbacks", 0, -1)
    client.delete("callbacks")
    return [json.loads(message)["headers"]["argsrepr"] for message in messages]


@pytest.fixture(autouse=True)
def no_pause_after_a_dead_redis(monkeypatch):
    monkeypatch.setattr(lib_tasks, "_silent_until", 0.0)


def test_a_message_that_got_lost_is_sent_again():
    receipt = stored()
    assert str(receipt.pk) in str(hints())  # lost here
    tasks.sweep()
    assert hints() == []  # just told
    wait_until(lambda: work.sweep(Receipt), timeout=5)
    assert str(receipt.pk) in str(hints())


def test_while_messages_wait_for_a_worker_they_are_not_sent_again():
    stored()
    Receipt.objects.update(hinted_at=clock.machine_now() - timedelta(seconds=10))
    assert work.sweep(Receipt) == 0, "its message still waits"
    hints()  # lost: nothing waits any more
    assert work.sweep(Receipt) == 1


def test_nobody_is_told_twice_within_a_moment():
    stored()
    hints()
    Receipt.objects.update(hinted_at=None)
    assert (work.sweep(Receipt), work.sweep(Receipt)) == (1, 0)


def test_what_waits_or_is_in_good_hands_is_left_alone():
    later, held, done = stored(), stored(), stored()
    Receipt.objects.filter(pk=later.pk).update(due_at=clock.machine_now() + timedelta(minutes=1))
    Receipt.claim(held.pk)
    Receipt.claim(done.pk).succeed()
    Receipt.objects.update(hinted_at=None)
    assert work.sweep(Receipt) == 0


WITHOUT_REDIS = """
import json, time
import django
django.setup()
from zerovoice.carrier import receipts
from zerovoice.lib.ids import new_id
began = time.monotonic()
for number in range(50):
    assert receipts.store(kind="test", ref=new_id(), key=f"dark {number}", account_sid="AC1", payload="{}")
print(time.monotonic() - began)
"""


def python(code, *args, **env):
    """A process of its own on this test's database."""
    database = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + database
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        env={**os.environ, "DATABASE_URL": url, **env},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_receipts_are_kept_without_redis_and_found_when_it_is_back():
    process = python(WITHOUT_REDIS, REDIS_URL="redis://127.0.0.1:1/0")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert float(said.splitlines()[-1]) < 10  # a dead Redis does not cost every notice its time-outs
    assert hints() == []
    told = set()

    def all_told():
        work.sweep(Receipt)
        told.update(hints())
        return len(told) == 50

    wait_until(all_told, timeout=5)


WORKER = """
import os, sys, time
import django
django.setup()
from datetime import timedelta
from zerovoice.accounts.models import Organization
from zerovoice.carrier import receipts
from zerovoice.carrier.models import Receipt

def handler(receipt):
    Organization.objects.create(name="half", slug="half-done")
    print("working", flush=True)
    time.sleep(60)

Receipt.LEASE = timedelta(seconds=2)
receipts.register("test", handler)
receipts.process(sys.argv[1])
"""


def test_a_killed_worker_loses_nothing_and_leaves_nothing_half_done(monkeypatch):
    receipt = stored()
    hints()
    worker = python(WORKER, str(receipt.pk))
    assert worker.stdout.readline() == "working\n"
    receipt.refresh_from_db()
    assert receipt.state == State.PROCESSING
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    worker.stdout.close()

    found_after = time.monotonic()
    wait_until(lambda: work.sweep(Receipt), timeout=10)
    assert time.monotonic() - found_after < 7  # the lease of two seconds, and five more
    assert str(receipt.pk) in str(hints())
    assert not Organization.objects.filter(slug="half-done").exists()

    handled = []
    monkeypatch.setitem(receipts._handlers, "test", handled.append)
    receipts.process(str(receipt.pk))
    receipt.refresh_from_db()
    assert (len(handled), receipt.state, receipt.attempts) == (1, State.DONE, 2)
