"""`make run`: the whole system in the foreground, from an empty directory or a used one."""

import json
import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from honcho.manager import Manager
from honcho.printer import Message
from honcho.process import Process

from zerovoice.embedded.environment import Ports, system_commands, system_environment
from zerovoice.embedded.locks import FileLock
from zerovoice.embedded.ports import PortUnusable, require_free
from zerovoice.embedded.process import die_with_parent, spawn
from zerovoice.embedded.servers import PROJECT, ServersFailed, provide


class _Process(Process):
    """Honcho forks a process for each of its children; those shall not outlive us either."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        die_with_parent(signal.SIGKILL)
        super().run(events, ignore_signals)


class _Manager(Manager):
    """Tells `over` as soon as it starts to stop, so that nobody works on against processes that go away."""

    def __init__(self, over: threading.Event) -> None:
        super().__init__()
        self._over = over
        self._process_ctor = _Process

    def terminate(self) -> None:
        self._over.set()
        super().terminate()


def run(var: Path, *, demo_lives: bool = True) -> int:
    """`var` keeps everything that runs. Returns the exit code: 130 or 143 after Ctrl-C or SIGTERM, 1 with a message
    when it could not start."""
    signal.signal(signal.SIGTERM, _leave)
    alone = FileLock(var / "run" / "run.lock")
    if not alone.acquire(timeout=0):
        print(f"ZeroVoice already runs from {PROJECT}. Stop that one first (Ctrl-C in its terminal).", file=sys.stderr)
        return 1
    try:
        ports = _ports()
        with provide(var) as servers:
            # Requests and callbacks of the simulated calls would scroll away what a person is to read.
            base = {"LOG_LEVEL": "WARNING", **os.environ}
            env = system_environment(base, ports=ports, servers=servers, state=var)
            if subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=PROJECT, env=env).returncode:
                print("The database could not be migrated (see above).", file=sys.stderr)
                return 1
            return _run_processes(env, var / "demo.json", demo_lives)
    except (PortUnusable, ServersFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        alone.release()


def _leave(*_: object) -> None:
    raise SystemExit(143)


def _ports() -> Ports:
    """Raises PortUnusable."""
    names = {"web": "PORT", "simulator": "SIMULATOR_PORT", "localstripe": "LOCALSTRIPE_PORT"}
    try:
        ports = Ports(**{field: int(os.environ[name]) for field, name in names.items() if os.environ.get(name)})
    except ValueError as error:
        raise PortUnusable(f"{', '.join(names.values())} must be port numbers ({error})") from error
    require_free(ports.web, variable="PORT", purpose="ZeroVoice itself")
    require_free(ports.simulator, variable="SIMULATOR_PORT", purpose="the simulated phone network")
    require_free(ports.localstripe, variable="LOCALSTRIPE_PORT", purpose="the simulated Stripe")
    return ports


def _run_processes(env: dict[str, str], demo_file: Path, demo_lives: bool) -> int:
    over = threading.Event()
    manager = _Manager(over)
    for name, command in system_commands(env).items():
        keeper = [sys.executable, "-m", "zerovoice.embedded", "keep", name, "--", *command]
        # `exec`: no shell in between, so that a signal reaches the keeper.
        manager.add_process(name, "exec " + shlex.join(keeper), env=env, cwd=str(PROJECT))
    seed = [sys.executable, "manage.py", "seed_demo", "--file", str(demo_file), *([] if demo_lives else ["--no-life"])]
    greeter = threading.Thread(target=_greet, args=(manager, env, seed, demo_file, over), daemon=True)
    greeter.start()
    try:
        manager.loop()
    finally:
        over.set()
        greeter.join(10)
        for helper in multiprocessing.active_children():
            helper.join(5)
    return int(manager.returncode or 0)


def _greet(manager: Manager, env: dict[str, str], seed: list[str], demo_file: Path, over: threading.Event) -> None:
    """Once the web answers: the demo organisation, then how to get in."""
    if not _await_health(int(env["PORT"]), over):
        return
    if not demo_file.exists():
        print(f"ZeroVoice answers at {env['PUBLIC_URL']}. Its demo now lives through a few dozen calls…", flush=True)
    seeding = spawn(seed, cwd=PROJECT, env=env, output=subprocess.PIPE)

    def stop_early() -> None:
        over.wait()
        seeding.kill()

    threading.Thread(target=stop_early, daemon=True).start()
    assert seeding.stdout is not None
    for line in seeding.stdout:
        if not over.is_set():
            now = datetime.now().astimezone()
            manager.events.put(Message(type="line", data=line, time=now, name="demo", colour=None))
    if seeding.wait() != 0 and not over.is_set():
        print(f"The demo organisation could not be made: seed_demo ended with {seeding.returncode}.", flush=True)
    if not over.is_set():
        # Without honcho's prefix: to be copied from.
        print(_greeting(env, demo_file), flush=True)


def _await_health(port: int, over: threading.Event) -> bool:
    while not over.wait(0.5):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            continue
    return False


def _greeting(env: dict[str, str], demo_file: Path) -> str:
    url = env["PUBLIC_URL"]
    lines = ["", f"ZeroVoice is up: {url}", f"  API       {url}/api/docs", f"  Admin     {url}/admin/"]
    try:
        demo = json.loads(demo_file.read_text())
    except FileNotFoundError:
        return "\n".join([*lines, ""])
    callee = "+14155550142"
    body = json.dumps({"from_number": demo["numbers"][0], "to_number": callee, "record": True})
    headers = f"-H 'X-API-Key: {demo['api_key']}' -H 'Content-Type: application/json'"
    lines += [
        f"  Network   {demo['simulator_url']}/_sim/calls (the simulated phones)",
        f"  Owner     {demo['email']} / {demo['password']}",
        f"  Floor     {demo['supervisor_email']} / {demo['supervisor_password']} (supervisor)",
        f"  Desk      {demo['agent_email']} / {demo['agent_password']} (agent)",
        f"  Operator  {demo['operator_email']} / {demo['operator_password']}",
        f"  API key   {demo['api_key']}",
        f"  All of it is in {demo_file}. Place a call:",
        "",
        f"curl -X POST {url}/api/v1/calls/outbound {headers} -d '{body}'",
        "",
    ]
    return "\n".join(lines)
