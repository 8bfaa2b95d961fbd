"""File locks that the kernel lets go of when their holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType


class FileLock:
    """An advisory lock (flock) on `path`; shared or exclusive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False, timeout: float | None = None) -> bool:
        """Take the lock; False when it could not be had within `timeout` seconds (None: wait for ever)."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, kind if deadline is None else kind | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                assert deadline is not None
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)
                continue
            self._descriptor = descriptor
            return True

    def release(self) -> None:
        if self._descriptor is not None:
            # Said aloud: a forked process may still have the descriptor.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def is_free(self, *, shared: bool = False) -> bool:
        """True when it could be had at this moment. `shared`: is anybody its only holder? Such looks do not see each
        other."""
        probe = FileLock(self.path)
        if probe.acquire(shared=shared, timeout=0):
            probe.release()
            return True
        return False

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
