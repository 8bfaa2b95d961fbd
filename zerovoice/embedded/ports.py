"""TCP ports: a free one, or a clear word about a taken one."""

import socket


class PortUnusable(Exception):
    """The message names the port and the variable that moves it."""


def free_port() -> int:
    """A port of 127.0.0.1 that is free now; whoever binds it must be ready to try another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """True when somebody listens on `port`, or nobody may."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def require_free(port: int, *, variable: str, purpose: str) -> None:
    """Raises PortUnusable."""
    if is_taken(port):
        raise PortUnusable(
            f"Port {port} is already in use, and {purpose} needs it. "
            f"Stop what listens there, or move it: {variable}={port + 100} make run"
        )
