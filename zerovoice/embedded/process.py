"""Child processes that never outlive their parent, and a tiny keeper that starts a dead one again."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # loaded before any fork


def die_with_parent(signal_number: int, parent: int | None = None) -> None:
    """Ask the kernel for `signal_number` when this process's parent dies (Linux; elsewhere a no-op).

    The setting is lost on a change of user, so it comes after that. `parent` closes the gap between fork and call: if
    our parent is already another, there is nobody left to live for.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal_number)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def _in_child(signal_number: int) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with_parent(signal_number, parent)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: int = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[Any] | int | None = None,
    user: int | None = None,
    group: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start `command` as the leader of its own process group (a terminal's Ctrl-C does not reach it); it gets
    `death_signal` when we die. To be called from the main thread: the kernel watches the thread that forked."""
    return subprocess.Popen(
        [str(part) for part in command],
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        process_group=0,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        preexec_fn=_in_child(death_signal),
    )


def kill_group(leader: int, signal_number: int = signal.SIGKILL) -> None:
    """Signal a whole process group; that it is gone already is fine."""
    try:
        os.killpg(leader, signal_number)
    except (ProcessLookupError, PermissionError):
        # macOS answers EPERM for a group of which only zombies are left.
        return


def stop(process: "subprocess.Popen[bytes]", signal_number: int = signal.SIGTERM, grace: float = 10.0) -> None:
    """Ask, wait up to `grace` seconds, then kill; the group goes with it."""
    if process.poll() is None:
        process.send_signal(signal_number)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
    kill_group(process.pid)
    process.wait()


_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
_EVENTS = _STOP | {signal.SIGCHLD, signal.SIGALRM}
_MAX_PAUSE = 10.0


def keep(command: Sequence[str], *, name: str, grace: float = 4.0) -> int:
    """Run `command` until told to stop, and start it again when it dies for any reason, as a platform would.

    What a dead process leaves behind (a worker's forked children) is killed before the next start. Quick deaths are
    answered with growing pauses. Signals are awaited, not handled, so none can fall between two steps.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _EVENTS)
    # An ignored or default-ignored SIGCHLD would never be pending.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    die_with_parent(signal.SIGTERM)
    pause = 0.5
    while True:
        started = time.monotonic()
        child = spawn(command, output=sys.stdout.fileno())
        stopping = False
        while child.poll() is None:
            event = signal.sigwait(_EVENTS)
            if event in _STOP and not stopping:
                stopping = True
                child.terminate()
                signal.setitimer(signal.ITIMER_REAL, grace)
            elif event == signal.SIGALRM:
                child.kill()
        kill_group(child.pid)
        if stopping:
            return 0
        pause = 0.5 if time.monotonic() - started > 10 else min(pause * 2, _MAX_PAUSE)
        print(f"{name} ended ({_how(child.returncode)}); starting it again in {pause:g} s", flush=True)
        signal.setitimer(signal.ITIMER_REAL, pause)
        while (event := signal.sigwait(_EVENTS)) != signal.SIGALRM:
            if event in _STOP:
                return 0


def _how(returncode: int) -> str:
    return f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
