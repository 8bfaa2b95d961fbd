"""A small, strict HTTP server for failures that the simulator cannot make, and for seeing what the gateway sends."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """`after` seconds of silence first; `reset` closes the connection without a word; `cut` ends the body too early."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    reset: bool = False
    cut: bool = False


def answer(payload: object, status: int = 200, **options: object) -> Reply:
    return Reply(status, json.dumps(payload).encode(), **options)  # type: ignore[arg-type]


def refusal(status: int, code: int, message: str = "no") -> Reply:
    return answer({"code": code, "message": message, "more_info": "", "status": status}, status)


class FakeCarrier:
    """Answers by `script(seen)`; keeps everything it saw."""

    def __init__(self) -> None:
        self.script: Callable[[Seen], Reply] = lambda seen: Reply()
        self.seen: list[Seen] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[FakeCarrier]:
    carrier = FakeCarrier()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            seen = Seen(
                self.command,
                url.path,
                parse_qs(url.query, keep_blank_values=True, strict_parsing=bool(url.query)),
                parse_qs(body, keep_blank_values=True, strict_parsing=bool(body)),
                dict(self.headers.items()),
            )
            carrier.seen.append(seen)
            reply = carrier.script(seen)
            time.sleep(reply.after)
            if reply.reset:
                self.close_connection = True
                return
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (100 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)
            if reply.cut:
                self.close_connection = True

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *args: object) -> None:
            pass  # a client that gave up waiting is part of these tests

    server = Server(("127.0.0.1", 0), Handler)
    carrier.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield carrier
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
