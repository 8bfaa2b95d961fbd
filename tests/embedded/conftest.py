import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from zerovoice.embedded.clean import clean
from zerovoice.embedded.servers import PROJECT, in_use


@pytest.fixture
def directory() -> Iterator[Path]:
    """A place for embedded servers that PostgreSQL's user can reach; gone with all it holds after the test."""
    place = PROJECT / "var" / "test" / f"embedded-{uuid.uuid4().hex[:8]}"
    place.mkdir(parents=True)
    yield place
    wait_until(lambda: not in_use(place), timeout=30, what="the servers are gone")
    clean(place)
    shutil.rmtree(place, ignore_errors=True)
