"""Recordings of which the carrier says nothing more, or that cannot be fetched."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from calls import tasks
from calls.actions import recordings
from calls.models import Call, Recording
from tests import people
from tests.calls.factories import talking_call, told
from tests.simulator_control import SimulatorControl
from zerovoice.carrier.results import CarrierRecording
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


def carrier_says(status: str, *, sid: str = "", seconds: int | None = None) -> CarrierRecording:
    return CarrierRecording(sid or f"RE{new_id().hex}", "", status, 2, None, seconds)


@pytest.fixture
def silent() -> Recording:
    """Its call was over long ago."""
    call = talking_call(people.organization())
    recording = recordings.note(call, carrier_says("in_progress"))
    told(call.customer_leg(), "completed")
    Call.objects.filter(pk=call.pk).update(ended_at=clock.now() - timedelta(minutes=10))
    return recording


def test_one_that_fell_silent_is_asked_about_again_and_again_but_not_at_once(silent: Recording) -> None:
    tasks.reconcile()
    silent.refresh_from_db()
    first = silent.hinted_at
    assert first
    tasks.reconcile()
    silent.refresh_from_db()
    assert silent.hinted_at == first
    Recording.objects.update(hinted_at=first - timedelta(minutes=10))
    tasks.reconcile()
    silent.refresh_from_db()
    assert silent.hinted_at >= first


def test_those_that_run_are_found_in_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = str(Recording.objects.running().order_by("created_at", "id")[:200].explain())
    assert "calls_recordings_running" in plan


def test_one_that_the_carrier_does_not_have_is_not_awaited(silent: Recording, simulator: SimulatorControl) -> None:
    tasks.check_recording(str(silent.pk))
    silent.refresh_from_db()
    assert (silent.status, silent.state) == ("absent", "failed")
    assert silent.last_error


def test_an_outage_of_any_length_costs_no_recording(silent: Recording, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"  # nobody listens
    recordings.note(silent.call, carrier_says("completed", sid=silent.sid, seconds=5))
    for _ in range(Recording.MAX_ATTEMPTS + 2):
        Recording.objects.update(due_at=clock.machine_now() - timedelta(minutes=1))
        tasks.fetch_recording(str(silent.pk))
    silent.refresh_from_db()
    assert (silent.state, silent.attempts) == ("pending", Recording.MAX_ATTEMPTS + 2)


def test_one_that_kills_its_workers_is_given_up(silent: Recording) -> None:
    past = clock.machine_now() - timedelta(minutes=1)
    Recording.objects.update(
        status="completed", state="processing", attempts=Recording.MAX_ATTEMPTS, lease_expires_at=past, due_at=past
    )
    tasks.fetch_recording(str(silent.pk))
    silent.refresh_from_db()
    assert silent.state == "failed"
