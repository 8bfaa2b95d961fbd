"""The keeper: what dies is started again, alone; what is told to stop stops, with its children."""

import signal
import subprocess
import sys

import psutil
import pytest

from tests.waiting import wait_until
from zerovoice.embedded.servers import PROJECT

# A parent with a forked child, as a worker has.
FAMILY = "import os, time; os.fork(); time.sleep(600)"


def keep(name: str, code: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "zerovoice.embedded", "keep", name, "--", sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def keeper():
    process = keep("family", FAMILY)
    yield psutil.Process(process.pid)
    process.terminate()
    process.wait(10)


def family(keeper: psutil.Process) -> list[psutil.Process]:
    def both() -> list[psutil.Process]:
        found = keeper.children(recursive=True)
        return found if len(found) == 2 else []

    return wait_until(both, timeout=10)


def test_a_killed_process_is_started_again_and_leaves_no_orphan(keeper):
    before = family(keeper)
    before[0].kill()
    wait_until(lambda: not any(member.is_running() for member in before), timeout=10)
    after = family(keeper)
    assert {member.pid for member in after}.isdisjoint(member.pid for member in before)


def test_a_stop_ends_all_of_them(keeper):
    members = family(keeper)
    keeper.send_signal(signal.SIGTERM)
    psutil.wait_procs([keeper], timeout=10)
    wait_until(lambda: not any(member.is_running() for member in members), timeout=5)


def test_a_process_that_will_not_stop_is_killed():
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-m", "zerovoice.embedded", "keep", "deaf", "--", sys.executable, "-c", deaf]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "deaf\n"
    (child,) = psutil.Process(process.pid).children()
    process.terminate()
    assert process.wait(10) == 0
    assert not child.is_running()


def test_a_crash_loop_slows_down_and_says_what_happened():
    command = [
        sys.executable,
        "-m",
        "zerovoice.embedded",
        "keep",
        "web",
        "--",
        sys.executable,
        "-c",
        "raise SystemExit(7)",
    ]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(2)]
    process.terminate()
    assert process.wait(10) == 0
    assert lines == [f"web ended (exit code 7); starting it again in {pause} s\n" for pause in (1, 2)]
