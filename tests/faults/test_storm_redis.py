"""Nothing is lost and nothing stays stuck while callbacks are bad and Redis is emptied, killed and started again."""

from collections.abc import Callable

import pytest

from tests.faults import storm
from tests.stack import Stack


@pytest.mark.timeout(600)
def test_every_call_ends_right_though_redis_is_emptied_and_killed(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(clock_speed=20, task_workers=4)

    def kill() -> None:
        stack.restart_redis(down_seconds=3)

    storm.run(stack, seed=2, blows={0.2: stack.flush_redis, 0.5: kill, 0.75: stack.flush_redis})
