"""Readiness of ZeroDB, against a small server that behaves as the real one has been seen to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from zerovoice.api.health import Disabled, Unhealthy
from zerovoice.zerodb.health import check

VECTORS = "/api/v1/projects/p1/database/vectors?limit=1"


class ZeroDB:
    """`health` and `vectors` are (status, body) answers; vectors are given to the right key only."""

    def __init__(self):
        self.health = (200, {"status": "healthy"})
        self.vectors = (200, {"vectors": [], "total_count": 0})
        self.asked = []


@pytest.fixture
def zerodb(settings):
    fake = ZeroDB()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            fake.asked.append(self.path)
            if self.path == "/health":
                status, body = fake.health
            elif self.path == VECTORS and self.headers.get("X-API-Key") == "the key":
                status, body = fake.vectors
            elif self.path == VECTORS:
                status, body = 401, {"detail": "Invalid API key", "error_code": "INVALID_API_KEY"}
            else:
                status, body = 404, {"detail": "Not Found"}
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.ZERODB_API_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ZERODB_API_KEY = "the key"
    settings.ZERODB_PROJECT_ID = "p1"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join(5)


def unhealthy(reason):
    with pytest.raises(Unhealthy, match=reason):
        check()


def test_healthy_when_it_says_so_and_answers_us(zerodb):
    check()
    assert zerodb.asked == ["/health", VECTORS]


@pytest.mark.parametrize("body", [{"status": "degraded"}, {"status": "unhealthy"}, {}, []])
def test_degraded_is_not_healthy_whatever_the_status_code(zerodb, body):
    zerodb.health = (200, body)
    unhealthy("ZeroDB says it is")


def test_its_word_alone_is_not_enough(zerodb):
    zerodb.vectors = (500, {"detail": "boom", "error_code": "INTERNAL"})
    unhealthy("answered 500")


def test_something_that_is_no_json_is_no_answer(zerodb):
    zerodb.health = (200, b"<html>welcome</html>")
    unhealthy("no JSON")


def test_a_wrong_key_is_told(zerodb, settings):
    settings.ZERODB_API_KEY = "another key"
    unhealthy("does not accept the API key")


def test_no_server_at_all(zerodb, settings):
    settings.ZERODB_API_URL = "http://127.0.0.1:1"
    unhealthy("no answer")


def test_disabled_without_a_key_and_wrong_without_a_project(zerodb, settings):
    settings.ZERODB_PROJECT_ID = ""
    unhealthy("ZERODB_PROJECT_ID")
    settings.ZERODB_API_KEY = ""
    with pytest.raises(Disabled):
        check()
    assert zerodb.asked == []
