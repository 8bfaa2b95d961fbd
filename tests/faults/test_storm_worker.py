"""Nothing is lost and nothing stays stuck while callbacks are bad and the worker is killed again and again."""

from collections.abc import Callable

import pytest

from tests.faults import storm
from tests.stack import Stack


@pytest.mark.timeout(600)
def test_every_call_ends_right_though_the_worker_is_killed_three_times(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(clock_speed=20, task_workers=4)

    def kill() -> None:
        stack.kill("worker")

    storm.run(stack, seed=1, blows={0.2: kill, 0.5: kill, 0.75: kill})
