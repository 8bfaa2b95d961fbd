"""PostgreSQL and Valkey for whoever needs them, shared by all who do, gone when nobody does.

Everyone who uses the servers of a directory holds a shared lock on its `holders.lock`. The first one starts a guardian,
a process of its own session that owns the two servers, starts them again when they die, and stops them and itself as
soon as it gets that lock exclusively. The kernel releases the lock of a holder that dies in whatever way, so there is
no count to go wrong and no pid to go stale.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from zerovoice.embedded.locks import FileLock
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.postgres import Postgres, PostgresFailed
from zerovoice.embedded.valkey import Valkey, ValkeyFailed

PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120.0
_STOP_SECONDS = 30.0


class ServersFailed(Exception):
    """The embedded servers could not be started; the message holds the end of their log."""


@dataclass(frozen=True)
class Servers:
    database_url: str
    redis_url: str


class _Files:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.holders = FileLock(directory / "run" / "holders.lock")
        self.starting = FileLock(directory / "run" / "starting.lock")
        self.guardian = FileLock(directory / "run" / "guardian.lock")
        self.state = directory / "run" / "servers.json"
        self.logs = directory / "logs"
        self.log = self.logs / "servers.log"


@contextlib.contextmanager
def hold(directory: Path, *, disposable: bool = False) -> Iterator[Servers]:
    """The servers of `directory`, started if need be; they live at least until the block is left.

    `disposable`: the data is for tests, so speed goes before safety. Raises ServersFailed.
    """
    files = _Files(directory)
    files.logs.mkdir(parents=True, exist_ok=True)
    files.holders.acquire(shared=True)
    guardian = None
    try:
        with files.starting:
            if files.guardian.is_free(shared=True):
                guardian = _start_guardian(files, disposable)
            servers = _await_servers(files, guardian)
        yield servers
    finally:
        files.holders.release()
        _await_end(files)
        if guardian is not None:
            guardian.poll()


@contextlib.contextmanager
def provide(directory: Path, *, disposable: bool = False) -> Iterator[Servers]:
    """`hold`, except that DATABASE_URL and REDIS_URL, where set, are used instead."""
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if database_url and redis_url:
        yield Servers(database_url, redis_url)
        return
    with hold(directory, disposable=disposable) as own:
        yield Servers(database_url or own.database_url, redis_url or own.redis_url)


def in_use(directory: Path) -> bool:
    """True while a guardian serves `directory`."""
    return not _Files(directory).guardian.is_free(shared=True)


def _start_guardian(files: _Files, disposable: bool) -> "subprocess.Popen[bytes]":
    files.state.unlink(missing_ok=True)
    command = [sys.executable, "-m", "zerovoice.embedded", "guard", str(files.directory)]
    with files.log.open("ab") as log:
        return subprocess.Popen(
            command + (["--disposable"] if disposable else []),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await_servers(files: _Files, guardian: "subprocess.Popen[bytes] | None") -> Servers:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            return Servers(**json.loads(files.state.read_text()))
        if guardian.poll() is not None if guardian else files.guardian.is_free(shared=True):
            break
        time.sleep(0.05)
    tail = "\n".join(files.log.read_text(errors="replace").splitlines()[-15:])
    raise ServersFailed(f"PostgreSQL and Valkey could not be started. The end of {files.log}:\n{tail}")


def _await_end(files: _Files) -> None:
    """The last one waits until the servers are gone, so that nothing runs on after a command has returned."""
    deadline = time.monotonic() + _STOP_SECONDS
    others = 0
    while time.monotonic() < deadline and not files.guardian.is_free(shared=True):
        # While the guardian stops, it has the lock too, but no state any more. Seen twice, it is another holder.
        others = others + 1 if files.state.exists() and not files.holders.is_free() else 0
        if others == 2:
            return
        time.sleep(0.1)


def guard(directory: Path, *, disposable: bool) -> None:
    """The guardian's life. Runs until nobody holds `directory`."""
    files = _Files(directory)
    if not files.guardian.acquire(timeout=5):
        print("Another guardian is here already", flush=True)
        return
    told: list[int] = []
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda number, _: told.append(number))
    postgres = Postgres(directory / "postgres", disposable=disposable, log=files.logs / "postgres.log")
    valkey = Valkey(directory / "valkey", log=files.logs / "valkey.log")
    try:
        _start(postgres)
        _start(valkey)
        _publish(files, Servers(postgres.url, valkey.url))
        while not told and not files.holders.acquire(timeout=0):
            for server in (postgres, valkey):
                if server.process is None or server.process.poll() is not None:
                    print(f"{type(server).__name__} died; starting it again", flush=True)
                    server.start(server.port)
            time.sleep(0.2)
    except (PostgresFailed, ValkeyFailed) as error:
        print(error, flush=True)
        raise SystemExit(1) from error
    finally:
        files.state.unlink(missing_ok=True)
        valkey.stop()
        postgres.stop()


def _start(server: Postgres | Valkey) -> None:
    """On a free port; another one, should somebody have been quicker to bind it."""
    try:
        server.start(free_port())
    except (PostgresFailed, ValkeyFailed):
        server.start(free_port())


def _publish(files: _Files, servers: Servers) -> None:
    part = files.state.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(servers), file)
    part.rename(files.state)
