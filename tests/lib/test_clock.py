import os
import subprocess
import sys
from datetime import UTC, datetime

PRINT = "from zerovoice.lib import clock; print(clock.timestamp(), clock.machine_now().timestamp())"


def read(**environment: str) -> tuple[float, float]:
    out = subprocess.run(
        [sys.executable, "-c", PRINT], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    business, machine = out.stdout.split()
    return float(business), float(machine)


def test_business_time_runs_faster_from_the_moment_the_clocks_agreed() -> None:
    start = datetime.now(UTC).timestamp() - 100
    business, machine = read(CLOCK_SPEED="20", CLOCK_START=str(start))
    assert abs(business - (start + (machine - start) * 20)) < 1


def test_by_default_the_two_clocks_are_one() -> None:
    business, machine = read(CLOCK_SPEED="", CLOCK_START="")
    assert abs(business - machine) < 0.1


def test_a_clock_that_stands_still_is_refused() -> None:
    out = subprocess.run(
        [sys.executable, "-c", PRINT], env={**os.environ, "CLOCK_SPEED": "0"}, capture_output=True, text=True
    )
    assert out.returncode
    assert "CLOCK_SPEED must be greater than 0" in out.stderr
