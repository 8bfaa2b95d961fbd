"""The simulator's control API, as tests drive it."""

from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import quote

import httpx

from tests.waiting import wait_until


class SimulatorControl:
    """Thin: one method per row of the control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=10)

    def close(self) -> None:
        self.http.close()

    def wait_until_up(self, process: "Popen[bytes]", log: Path) -> None:
        def up() -> bool:
            assert process.poll() is None, f"The simulator did not start:\n{log.read_text()[-3000:]}"
            try:
                return self.http.get("/_sim/health").is_success
            except httpx.TransportError:
                return False

        wait_until(up, timeout=30)

    def call(self, from_: str, to: str, script: list[dict[str, Any]] | None = None) -> str:
        """An inbound call by that person; returns its sid."""
        body: dict[str, Any] = {"from": from_, "to": to}
        return str(self._post("/_sim/calls", body if script is None else {**body, "script": script})["sid"])

    def person(self, number: str, **behaviour: Any) -> None:
        """What that person (a number, client:ada, sip:ada@example.com) does when rung: outcome=, answer_after=,
        script=."""
        self.http.put(f"/_sim/people/{quote(number, safe='')}", json=behaviour).raise_for_status()

    def message(self, from_: str, to: str, body: str, media_urls: list[str] | None = None) -> str:
        """An inbound SMS; returns its sid."""
        return str(
            self._post("/_sim/messages", {"from": from_, "to": to, "body": body, "media_urls": media_urls or []})["sid"]
        )

    def messages(self, to: str) -> Any:
        return self._get("/_sim/messages", to=to)

    def calls(self, **where: str) -> Any:
        """All calls, or those where to=, status=, direction= are so."""
        return self._get("/_sim/calls", **where)

    def call_record(self, sid: str) -> Any:
        return self._get(f"/_sim/calls/{sid}")

    def requests(self) -> Any:
        """The REST requests that the network received."""
        return self._get("/_sim/requests")

    def add_number(self, phone_number: str, account_sid: str | None = None) -> Any:
        """Give a number to the account."""
        body = {"phone_number": phone_number}
        return self._post("/_sim/numbers", body if account_sid is None else {**body, "account_sid": account_sid})

    def faults(self, *, rest: list[dict[str, Any]] | None = None, callbacks: dict[str, Any] | None = None) -> None:
        self.http.put("/_sim/faults", json={"rest": rest or [], "callbacks": callbacks or {}}).raise_for_status()

    def clear_faults(self) -> None:
        self.http.delete("/_sim/faults").raise_for_status()

    def _get(self, path: str, **params: str) -> Any:
        return self.http.get(path, params=params).raise_for_status().json()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()
