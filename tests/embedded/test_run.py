"""`make run` as a person meets it: a process in the foreground."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.waiting import wait_until
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.servers import PROJECT

PORT_VARIABLES = ("PORT", "SIMULATOR_PORT", "LOCALSTRIPE_PORT")
# What the test session itself runs with is not what a person's shell has.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "TWILIO_API_URL", "MEDIA_ROOT", "ZEROVOICE_ENV", "CLOCK_START")


def environment(**ports: int) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if name not in FOREIGN and "PYTEST" not in name}
    return mine | {name: str(ports.get(name) or free_port()) for name in PORT_VARIABLES}


def start(directory: Path, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "zerovoice.embedded", "run", "--var", str(directory), "--no-life"]
    with (directory / "run.log").open("ab") as log:
        return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log)


def log_of(directory: Path) -> str:
    return (directory / "run.log").read_text()


def processes_of(directory: Path) -> list[psutil.Process]:
    """All that this run started: each has the directory in its environment or command line, or works in it."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [*process.cmdline(), process.environ().get("MEDIA_ROOT", ""), process.cwd()]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if process.pid != os.getpid() and any(str(directory) in trace for trace in traces):
            found.append(process)
    return found


def wait_until_greeted(directory: Path, runner: "subprocess.Popen[bytes]", times: int = 1) -> None:
    def greeted() -> bool:
        assert runner.poll() is None, log_of(directory)
        return log_of(directory).count("ZeroVoice is up") == times

    wait_until(greeted, timeout=120, every=0.3, what="the greeting")


def test_it_greets_heals_and_leaves_nothing_behind(directory):
    env = environment()
    runner = start(directory, env)
    try:
        wait_until_greeted(directory, runner)
        url = f"http://127.0.0.1:{env['PORT']}"
        demo = json.loads((directory / "demo.json").read_text())
        assert demo["base_url"] == f"http://localhost:{env['PORT']}"
        assert demo["api_key"] in log_of(directory)
        assert f"curl -X POST http://localhost:{env['PORT']}/api/v1/calls/outbound" in log_of(directory)
        key = {"X-API-Key": demo["api_key"]}
        numbers = httpx.get(f"{url}/api/v1/numbers", headers=key).json()["results"]
        assert len(numbers) == len(demo["numbers"]) > 0

        # A second one beside it says so instead of fighting for the database.
        second = start(directory, environment())
        assert second.wait(30) == 1
        assert "already runs" in log_of(directory)

        # Killed processes come back by themselves.
        for word in ("gunicorn", "celery", "zerovoice.simulator", "valkey-server"):
            victims = [process for process in processes_of(directory) if runs(process, word)]
            assert victims, word
            for victim in victims:
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim.kill()
        wait_until(lambda: _answers(f"{url}/health/ready"), timeout=60, what="ready again")

        runner.send_signal(signal.SIGINT)
        assert runner.wait(40) == 130
        assert processes_of(directory) == []

        # The second start finds everything as it was.
        runner = start(directory, env)
        wait_until_greeted(directory, runner, times=2)
        again = json.loads((directory / "demo.json").read_text())
        assert again == demo
        assert httpx.get(f"{url}/api/v1/numbers", headers=key).json()["results"] == numbers

        # Not even a SIGKILL leaves the rest running.
        runner.kill()
        runner.wait()
        wait_until(lambda: not processes_of(directory), timeout=40, what="all ended")
    finally:
        runner.kill()
        runner.wait()
        print(log_of(directory))


def runs(process: psutil.Process, word: str) -> bool:
    try:
        words = process.cmdline()
    except psutil.NoSuchProcess:
        return False
    return "keep" not in words and any(word in part for part in words)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("variable", PORT_VARIABLES)
def test_a_taken_port_is_named_with_its_variable(directory, variable):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        started = time.monotonic()
        runner = start(directory, environment(**{variable: port}))
        assert runner.wait(30) == 1
    message = log_of(directory)
    assert f"Port {port} is already in use" in message
    assert f"{variable}=" in message
    assert "Traceback" not in message
    assert time.monotonic() - started < 30
    assert not (directory / "postgres").exists(), "checked before anything is started"
