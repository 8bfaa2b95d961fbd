"""The process that says when: light, and what it names is there."""

import os
import subprocess
import sys

import zerovoice.celery
from tests.stack import PROJECT
from zerovoice.beat import app

_LOOK = """
import resource, sys
from zerovoice.beat import app
app.loader.init_worker()
app.finalize()
assert app.conf.beat_schedule
from django.apps import apps
assert not apps.ready
print(len([name for name in sys.modules if name.split(".")[0] in ("calls", "compliance", "rest_framework", "twilio")]))
"""


def test_every_task_that_it_names_is_one_of_the_workers() -> None:
    zerovoice.celery.app.loader.import_default_modules()
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert len(named) > 10
    assert named <= set(zerovoice.celery.app.tasks)


def test_they_go_into_the_same_queues() -> None:
    for entry in app.conf.beat_schedule.values():
        here, there = (one.amqp.router.route({}, entry["task"]) for one in (app, zerovoice.celery.app))
        assert here["queue"].name == there["queue"].name


def test_it_loads_none_of_the_apps() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], cwd=PROJECT, env=os.environ, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("0", 0), done.stderr
