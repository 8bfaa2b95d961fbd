"""What every web process does the same way. Address and size stand in the Procfile."""

import os
import shutil
import tempfile
from typing import Any

keepalive = 75  # longer than proxies and clients keep an idle connection: the one who closes first must not be us
control_socket_disable = True  # it would lie in the home directory, one for all instances

# Several worker processes answer /metrics: they add up through files of this directory, one set per start. It must be
# known before the application is imported.
_metrics = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="zerovoice-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(_metrics, ignore_errors=True)
