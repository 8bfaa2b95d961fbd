"""A ZeroDB for tests in this process; a system of processes has one of its own with `Stack(zerodb=True)`."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stack import LOGS
from tests.zerodb.control import API_KEY, PROJECT_ID, ZeroDBControl, environment
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.process import spawn, stop
from zerovoice.embedded.servers import PROJECT


@pytest.fixture(scope="session")
def zerodb_process(worker_name: str) -> Iterator[ZeroDBControl]:
    log = LOGS / worker_name / "zerodb.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    env = environment(free_port())
    with log.open("ab") as output:
        command = [sys.executable, "-m", "tests.zerodb.server"]
        process = spawn(command, env={**os.environ, **env}, cwd=PROJECT, output=output)
    control = ZeroDBControl(env["ZERODB_API_URL"])
    try:
        control.wait_until_up(process, log)
        yield control
    finally:
        control.close()
        stop(process)


@pytest.fixture
def zerodb(zerodb_process: ZeroDBControl, settings: Any) -> ZeroDBControl:
    """Empty, healthy and configured."""
    zerodb_process.clear_faults()
    zerodb_process.forget_vectors()
    zerodb_process.forget_requests()
    settings.ZERODB_API_URL = zerodb_process.url
    settings.ZERODB_API_KEY = API_KEY
    settings.ZERODB_PROJECT_ID = PROJECT_ID
    return zerodb_process
