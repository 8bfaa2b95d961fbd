"""A short day on the floor; `make day` plays a long one."""

from collections.abc import Callable

import pytest

from tests.day import books, scenario
from tests.day.play import play
from tests.stack import Stack


@pytest.mark.timeout(600)
def test_every_call_of_a_day_is_accounted_for_as_the_network_saw_it(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(clock_speed=5, stripe=True)
    found = books.audit(play(stack, scenario.plan(60, seed=4, every=9), tell=lambda what, part: None))
    if found.differences:
        pytest.fail("\n".join([*found.differences, *map(str, found.evidence)]))
    assert all(found.outcomes[outcome] for outcome in books.OUTCOMES), found.outcomes
