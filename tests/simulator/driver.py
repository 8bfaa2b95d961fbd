"""Driving the phone network from outside: its REST API, its control API, and an application that it calls back."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.simulator.openapi import Description
from tests.waiting import wait_until

ACCOUNT = "AC" + "ab" * 16
TOKEN = "the-token-of-the-simulator-tests"
OURS = "+14155550100"
SPEED = 25.0

Twiml = str | Callable[[dict[str, str]], str | tuple[int, str, str]]


@dataclass(frozen=True)
class Hit:
    """One request that the network made."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Application:
    """What a Twilio customer runs: answers TwiML by path, collects notices. Paths without TwiML answer 204."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.twiml: dict[str, Twiml] = {}
        application = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                self._answer(dict(parse_qsl(body, keep_blank_values=True)))

            def do_GET(self) -> None:
                self._answer(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

            def _answer(self, params: dict[str, str]) -> None:
                url = f"http://{self.headers['Host']}{self.path}"
                application.hits.append(Hit(self.command, url, params, dict(self.headers)))
                status, content_type, text = application.answer(urlsplit(self.path).path, params)
                body = text if isinstance(text, bytes) else text.encode()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, path: str, params: dict[str, str]) -> tuple[int, str, Any]:
        twiml = self.twiml.get(path)
        if twiml is None:
            return 204, "text/plain", ""
        text = twiml if isinstance(twiml, str) else twiml(params)
        return (200, "text/xml", f"<Response>{text}</Response>") if isinstance(text, str) else text

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def hits_at(self, path: str, **params: str) -> list[Hit]:
        return [h for h in list(self.hits) if h.path == path and params.items() <= h.params.items()]

    def wait_for(self, path: str, count: int = 1, **params: str) -> list[Hit]:
        """The requests to `path` with these parameters, once there are `count`."""
        what = f"{count} requests to {path} with {params}"
        return wait_until(
            lambda: hits if len(hits := self.hits_at(path, **params)) >= count else None, timeout=20, what=what
        )


@dataclass
class Network:
    """A running simulator of its own."""

    port: int
    process: "subprocess.Popen[bytes]"
    description: Description | None
    app: Application = field(default_factory=Application)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=15, auth=(ACCOUNT, TOKEN))

    @property
    def account(self) -> str:
        return f"/2010-04-01/Accounts/{ACCOUNT}"

    # --- Twilio's API -----------------------------------------------------------------------------------------------
    def ask(self, method: str, path: str, **params: Any) -> httpx.Response:
        """A REST request below the account. Its answer is checked against Twilio's description."""
        url = path if path.startswith("/2010-04-01") else self.account + path
        given = {"params": params} if method == "GET" else {"data": params}
        response = self.http.request(method, url, **given)
        if self.description is not None and path.endswith(".json"):
            self.description.check(method, url, response)
        return response

    def get(self, path: str, **params: Any) -> Any:
        response = self.ask("GET", path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, **params: Any) -> Any:
        response = self.ask("POST", path, **params)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def delete(self, path: str) -> None:
        response = self.ask("DELETE", path)
        assert response.status_code == 204, response.text

    def refusal(self, method: str, path: str, **params: Any) -> tuple[int, int]:
        """(status, Twilio's code) of a request that must be refused, with a whole error body."""
        response = self.ask(method, path, **params)
        body = response.json()
        assert set(body) == {"code", "message", "more_info", "status"}, body
        assert body["status"] == response.status_code
        assert body["more_info"] == f"https://www.twilio.com/docs/errors/{body['code']}"
        return response.status_code, body["code"]

    def place(self, to: str, twiml: Twiml = "", *, path: str = "/voice", **params: Any) -> str:
        """Call somebody; `twiml` is what the application answers at `path`. The sid."""
        self.app.twiml[path] = twiml
        return self.post("/Calls.json", **{"To": to, "From": OURS, "Url": self.app.url + path, **params})["sid"]

    def wait(self, sid: str, *statuses: str) -> dict[str, Any]:
        """The call, once it has one of these statuses."""
        return wait_until(
            lambda: call if (call := self.get(f"/Calls/{sid}.json"))["status"] in statuses else None,
            timeout=30,
            what=f"call {sid} {statuses}",
        )

    # --- the control API --------------------------------------------------------------------------------------------
    def sim(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, "/_sim" + path, json=body)

    def person(self, number: str, **manner: Any) -> str:
        assert self.sim("PUT", f"/people/{number}", manner).status_code == 200
        return number

    def ring_in(self, from_: str, twiml: Twiml, script: list[dict[str, Any]] | None = None, **config: str) -> str:
        """An inbound call to OURS, answered by `twiml`. The sid."""
        self.app.twiml["/inbound"] = twiml
        number = self.get("/IncomingPhoneNumbers.json", PhoneNumber=OURS)["incoming_phone_numbers"][0]
        blank = {"VoiceFallbackUrl": "", "StatusCallback": "", "VoiceUrl": self.app.url + "/inbound"}
        self.post(f"/IncomingPhoneNumbers/{number['sid']}.json", **{**blank, **config})
        body = {"from": from_, "to": OURS} | ({} if script is None else {"script": script})
        response = self.sim("POST", "/calls", body)
        assert response.status_code == 201, response.text
        return response.json()["sid"]

    def account_of(self, sid: str) -> dict[str, Any]:
        """The simulator's own account of a call."""
        return self.sim("GET", f"/calls/{sid}").json()

    def heard(self, sid: str, kind: str = "say") -> list[tuple[str, str | None, str]]:
        """(speaker, listener, text) of what was said and heard on a call."""
        return [(r["speaker"], r["listener"], r["text"]) for r in self.account_of(sid)["heard"] if r["kind"] == kind]

    def close(self) -> None:
        self.http.close()
        self.app.close()


def description() -> Description | None:
    """Twilio's description of its API: TWILIO_OPENAPI, or beside the project. None where there is none."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "twilio-api-v2010.openapi.json"
    path = Path(os.environ.get("TWILIO_OPENAPI") or beside)
    return Description(json.loads(path.read_text())) if path.exists() else None


def start(port: int, log: Path, **env: str) -> "subprocess.Popen[bytes]":
    """A simulator process that answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "zerovoice.simulator"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "SIMULATOR_PORT": str(port), "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
             "CLOCK_SPEED": str(SPEED), **env},
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
    )  # fmt: skip

    def up() -> bool:
        assert process.poll() is None, f"The simulator did not start:\n{log.read_text()[-3000:]}"
        try:
            return httpx.get(f"http://127.0.0.1:{port}/_sim/health").is_success
        except httpx.TransportError:
            return False

    wait_until(up, timeout=30)
    return process
