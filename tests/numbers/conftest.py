"""Two organisations that share the instance's carrier account, and numbers that nobody has yet."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.simulator_control import SimulatorControl
from zerovoice.lib.ids import new_id

if TYPE_CHECKING:
    from tests.numbers.carrier import Carrier
    from tests.people import Caller


@pytest.fixture
def carrier(simulator: SimulatorControl) -> "Iterator[Carrier]":
    from tests.numbers.carrier import Carrier

    made = Carrier(simulator)
    yield made
    made.http.close()


@pytest.fixture
def new_number() -> Callable[[], str]:
    return lambda: f"+1303{new_id().int % 8_000_000 + 2_000_000}"


@pytest.fixture
def owner() -> "Caller":
    from tests import people

    return people.member(people.organization(), "owner")


@pytest.fixture
def stranger() -> "Caller":
    from tests import people

    return people.member(people.organization("Other"), "owner")
