"""Nothing is lost and nothing stays stuck, whatever the network and the platform do meanwhile."""

import random
from collections.abc import Callable

import pytest

from tests.faults import storm
from tests.stack import Stack

pytestmark = pytest.mark.timeout(420)


def run_storm(stack: Stack, seed: int, blows: dict[int, Callable[[], object]]) -> None:
    """All the calls, one after the other; `blows` says what happens to the system after how many of them."""
    tenant = stack.new_organization(agents=20, ring_timeout_seconds=20, wrap_up_seconds=5, max_wait_seconds=3600)
    acts = storm.plan(stack, random.Random(seed))
    stack.sim.faults(callbacks=storm.CALLBACK_FAULTS)
    for number, act in enumerate(acts):
        if number in blows:
            blows[number]()
        storm.begin(stack, tenant, act)
    storm.settle(stack, tenant, len(acts), timeout=240)
    seen = storm.compare(stack, tenant, acts)
    assert seen["answered"] >= sum("wait_for" in act["script"][0] and storm.is_served(act) for act in acts), seen
    assert seen["busy"] == storm.OUTCOMES["busy"] + storm.OUTCOMES["reject"]
    assert seen["no_answer"] == storm.OUTCOMES["no-answer"]
    assert seen["failed"] == storm.OUTCOMES["unreachable"]


def test_bad_callbacks_and_a_worker_killed_three_times(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(clock_speed=20, task_workers=4)
    kill = lambda: stack.kill("worker")  # noqa: E731
    run_storm(stack, seed=1, blows={60: kill, 140: kill, 220: kill})


def test_bad_callbacks_and_redis_flushed_and_restarted(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(clock_speed=20, task_workers=4)
    run_storm(
        stack,
        seed=2,
        blows={60: stack.flush_redis, 140: lambda: stack.restart_redis(down_seconds=3), 220: stack.flush_redis},
    )
