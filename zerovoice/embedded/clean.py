"""`make clean`: what `var/` keeps outside of itself goes with it."""

import shutil
from pathlib import Path

from zerovoice.embedded.servers import in_use


def clean(var: Path) -> int:
    """Remove `var`. Refuses while something in it runs."""
    tests = var / "test"
    for directory in (var, tests):
        if directory.exists() and in_use(directory):
            print(f"Something still uses the servers in {directory}. Stop `make run` (or the tests) first.")
            return 1
    for data in (var / "postgres", tests / "postgres"):
        if data.is_symlink():
            # A project that PostgreSQL's user cannot reach; see zerovoice/embedded/postgres.py.
            shutil.rmtree(data.resolve(), ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)
    return 0
