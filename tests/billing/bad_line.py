"""A line to Stripe that loses answers: a real HTTP server in between, which hands on whatever it is asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Line:
    """`answers`: how many POSTs get their answer through; those after act, and nobody hears of it."""

    def __init__(self, url: str, *, answers: int) -> None:
        self._lock = threading.Lock()
        self._answers, self._keys = answers, True
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _hand_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                left_out = {"host", "content-length", "connection", "accept-encoding"}
                left_out |= set() if line._keys else {"idempotency-key"}
                headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
                answer = httpx.request(self.command, url + self.path, content=body, headers=headers)
                if self.command == "POST" and line._is_lost():
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = _hand_on

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Line:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_lost(self) -> bool:
        with self._lock:
            self._answers -= 1
            return self._answers < 0

    def mend(self, *, without_keys: bool) -> None:
        """Everything gets through from now on. `without_keys`: as to a Stripe that has forgotten them."""
        self._answers, self._keys = 10_000, not without_keys
