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
from zerovoice.embedded.ports import PortTaken, require_free
from zerovoice.embedded.process import die_with_parent
from zerovoice.embedded.servers import PROJECT, ServersFailed, provide

_SEED = PROJECT / "calls" / "management" / "commands" / "seed_demo.py"


class _Process(Process):  # type: ignore[misc]
    """Honcho forks a process for each of its children; those shall not outlive us either."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        die_with_parent(signal.SIGKILL)
        super().run(events, ignore_signals)


def run(var: Path) -> int:
    """Returns the exit code: 130 or 143 after Ctrl-C or SIGTERM, 1 with a message when it could not start."""
    signal.signal(signal.SIGTERM, _leave)
    alone = FileLock(var / "run" / "run.lock")
    if not alone.acquire(timeout=0):
        print(f"ZeroVoice already runs from {PROJECT}. Stop that one first (Ctrl-C in its terminal).", file=sys.stderr)
        return 1
    try:
        ports = _ports()
        with provide(var) as servers:
            env = system_environment(os.environ, ports=ports, servers=servers, state=var)
            if subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=PROJECT, env=env).returncode:
                print("The database could not be migrated (see above).", file=sys.stderr)
                return 1
            return _run_processes(env, var)
    except (PortTaken, ServersFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        alone.release()


def _leave(*_: object) -> None:
    raise SystemExit(143)


def _ports() -> Ports:
    """Raises PortTaken."""
    names = {"web": "PORT", "simulator": "SIMULATOR_PORT", "localstripe": "LOCALSTRIPE_PORT"}
    ports = Ports(**{field: int(os.environ[name]) for field, name in names.items() if os.environ.get(name)})
    require_free(ports.web, variable="PORT", purpose="ZeroVoice itself")
    require_free(ports.simulator, variable="SIMULATOR_PORT", purpose="the simulated phone network")
    require_free(ports.localstripe, variable="LOCALSTRIPE_PORT", purpose="the simulated Stripe")
    return ports


def _run_processes(env: dict[str, str], var: Path) -> int:
    manager = Manager()
    manager._process_ctor = _Process
    for name, command in system_commands(env).items():
        keeper = [sys.executable, "-m", "zerovoice.embedded", "keep", name, "--", *command]
        # `exec`: no shell in between, so that a signal reaches the keeper.
        manager.add_process(name, "exec " + shlex.join(keeper), env=env, cwd=str(PROJECT))
    over = threading.Event()
    greeter = threading.Thread(target=_greet, args=(manager, env, var, over), daemon=True)
    greeter.start()
    try:
        manager.loop()
    finally:
        over.set()
        greeter.join(10)
        for helper in multiprocessing.active_children():
            helper.join(5)
    return int(manager.returncode or 0)


def _greet(manager: Manager, env: dict[str, str], var: Path, over: threading.Event) -> None:
    """Once the web answers: the demo organisation, then how to get in."""

    def say(text: str) -> None:
        for line in text.splitlines():
            message = Message(type="line", data=line or " ", time=datetime.now(), name="zerovoice", colour=None)  # noqa: DTZ005 - local time, as honcho's
            manager.events.put(message)

    if not _await_health(int(env["PORT"]), over):
        return
    if _SEED.exists():
        command = [sys.executable, "manage.py", "seed_demo"]
        seed = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=lambda: (over.wait(), seed.poll() is None and seed.terminate()), daemon=True).start()
        assert seed.stdout is not None
        for line in seed.stdout:
            say(line)
        if seed.wait() != 0 and not over.is_set():
            say(f"The demo organisation could not be made (seed_demo ended with {seed.returncode}).")
    if not over.is_set():
        # Without honcho's prefix: to be copied from.
        print(_greeting(env, var / "demo.json"), flush=True)


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
        f"  API key   {demo['api_key']}",
        f"  All of it is in {demo_file.relative_to(PROJECT)}. Place a call:",
        "",
        f"curl -X POST {url}/api/v1/calls/outbound {headers} -d '{body}'",
        "",
    ]
    return "\n".join(lines)
