"""Python inside a running system: its environment, its database, its code, from the outside.

Run as a process it executes one snippet per line of standard input (JSON: code, names) and answers one line of JSON:
`{"result": …}` or `{"error": traceback}`. A snippet puts its answer into `result`.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zerovoice.embedded.process import stop

PROJECT = Path(__file__).resolve().parents[1]


class Shell:
    """Such a process, started when first needed: loading Django once serves many snippets."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._env = dict(env)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, code: str, **names: Any) -> Any:
        """What `code` left in `result` (as JSON; ids and times become text). Raises AssertionError with its
        traceback."""
        if self._process is None or self._process.poll() is not None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.shell"],
                    cwd=PROJECT,
                    env=self._env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    process_group=0,
                )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, "names": names}, default=str).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"The shell ended; see {self._log}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def stop(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()  # which ends it
            stop(self._process)


def serve() -> None:
    # What the code prints belongs into the log, not between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    import django

    django.setup()
    from django.db import close_old_connections

    for line in sys.stdin:
        request = json.loads(line)
        namespace: dict[str, Any] = {"result": None, **request["names"]}
        close_old_connections()
        try:
            exec(compile(request["code"], "<snippet>", "exec"), namespace)
            answer = json.dumps({"result": namespace["result"]}, default=str)
        except Exception:
            answer = json.dumps({"error": traceback.format_exc()})
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    serve()
