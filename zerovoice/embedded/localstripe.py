"""localstripe, kept to this machine and this project.

Its own entry point listens on every interface, needs IPv6, and loads a pickle from the world-writable /tmp, which is to
run whatever another user of the machine put there.
"""

import pickle
from pathlib import Path

from aiohttp import web
from localstripe import resources, server


class _Store(resources.Store):
    """localstripe's store, with its file in a directory of ours."""

    path: Path

    def try_load_from_disk(self) -> None:
        try:
            self.update(pickle.loads(self.path.read_bytes()))  # noqa: S301 - written by us, in a directory of ours
        except (EOFError, FileNotFoundError, pickle.UnpicklingError):
            # Nothing there, or killed in the middle of a write: start empty.
            return

    def dump_to_disk(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_bytes(pickle.dumps(dict(self)))
        part.rename(self.path)


def serve(port: int, path: Path) -> None:
    """Serve Stripe's API on 127.0.0.1:`port` until told to stop; `path` keeps the objects over restarts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Its modules share one store object, so that object learns the other way of keeping itself.
    resources.store.__class__ = _Store
    resources.store.path = path
    resources.store.try_load_from_disk()
    web.run_app(server.app, host="127.0.0.1", port=port, access_log=None, print=lambda *_: None)
