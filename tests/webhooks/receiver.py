"""A little HTTP server that receives webhooks, and misbehaves as its script says."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """`after` seconds of silence first. `reset`: the connection is torn down without a word. `drip`: it sends a byte of
    its headers now and then, for so many seconds. `size`: of the body."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    reset: bool = False
    drip: float = 0.0
    size: int = 0


class Receiver:
    def __init__(self) -> None:
        self.script: Callable[[Message], Reply] = lambda message: Reply()
        self.seen: list[Message] = []
        self.taken: list[Message] = []  # those that were answered with a 2xx
        self.url = ""
        self.body_sent = 0

    @property
    def kinds(self) -> list[str]:
        return [message.json["type"] for message in self.seen]


@contextmanager
def receiving(host: str = "127.0.0.1") -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.seen.append(message)
            reply = receiver.script(message)
            time.sleep(reply.after)
            self.close_connection = True
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            if reply.drip:
                self._drip(reply.drip)
                return
            if 200 <= reply.status < 300:
                receiver.taken.append(message)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(reply.size), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for _ in range(0, reply.size, 4096):
                self.wfile.write(b"x" * 4096)
                receiver.body_sent += 4096

        def _drip(self, seconds: float) -> None:
            until = time.monotonic() + seconds
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while time.monotonic() < until:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *args: object) -> None:
            pass  # a sender that gave up waiting is part of these tests

    server = Server((host, 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
