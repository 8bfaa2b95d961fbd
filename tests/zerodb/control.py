"""A ZeroDB for a test, and its control API."""

from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx

from tests.waiting import wait_until

API_KEY = "a-key-of-the-tests"
PROJECT_ID = "7f1d8f52-0000-4000-8000-000000000001"


def environment(port: int) -> dict[str, str]:
    """For the server and for those that use it."""
    return {
        "ZERODB_PORT": str(port),
        "ZERODB_API_URL": f"http://127.0.0.1:{port}",
        "ZERODB_API_KEY": API_KEY,
        "ZERODB_PROJECT_ID": PROJECT_ID,
    }


class ZeroDBControl:
    """Thin: one method per row of the control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=f"{url}/_zerodb", timeout=10)

    def close(self) -> None:
        self.http.close()

    def is_up(self) -> bool:
        try:
            return self.http.get("/requests").is_success
        except httpx.TransportError:
            return False

    def wait_until_up(self, process: "Popen[bytes]", log: Path) -> None:
        def up() -> bool:
            assert process.poll() is None, f"ZeroDB did not start:\n{log.read_text()[-3000:]}"
            return self.is_up()

        wait_until(up, timeout=30)

    def faults(self, **faults: Any) -> None:
        """These and no others; see tests/zerodb/server/faults.py."""
        answer = self.http.put("/faults", json=faults)
        assert answer.is_success, answer.text

    def clear_faults(self) -> None:
        self.http.delete("/faults").raise_for_status()

    def vectors(self, namespace: str = "") -> list[dict[str, Any]]:
        """All that it holds, as they were sent, or those of one namespace."""
        rows = self.http.get("/vectors").raise_for_status().json()
        return [row for row in rows if not namespace or row["namespace"] == namespace]

    def forget_vectors(self) -> None:
        self.http.delete("/vectors").raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """`method`, `path` and `status` of those it answered, one after the other."""
        requests: list[dict[str, Any]] = self.http.get("/requests").raise_for_status().json()
        return requests

    def forget_requests(self) -> None:
        self.http.delete("/requests").raise_for_status()
