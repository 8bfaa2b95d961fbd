"""Readiness of Stripe, against a stateful Stripe server run as a process of its own."""

import os
import socket
import sys

import httpx
import pytest

from tests.waiting import wait_until
from zerovoice.api.health import Disabled, Unhealthy
from zerovoice.billing.health import check
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.process import spawn, stop


@pytest.fixture(scope="module")
def stripe_url(tmp_path_factory):
    port = free_port()
    folder = tmp_path_factory.mktemp("localstripe")
    command = [os.path.join(os.path.dirname(sys.executable), "localstripe"), "--port", str(port), "--from-scratch"]
    with (folder / "log").open("wb") as output:
        process = spawn(command, cwd=folder, output=output)
    url = f"http://127.0.0.1:{port}"

    def up():
        try:
            return httpx.get(f"{url}/v1/balance").status_code == 401
        except httpx.TransportError:
            return False

    try:
        wait_until(up, timeout=20)
        yield url
    finally:
        stop(process)


@pytest.fixture(autouse=True)
def configured(settings, stripe_url):
    settings.STRIPE_API_URL = stripe_url
    settings.STRIPE_API_KEY = "sk_test_readiness"


def test_healthy_when_stripe_accepts_the_key():
    assert check() is None


def test_unhealthy_when_stripe_does_not_accept_the_key(settings):
    settings.STRIPE_API_KEY = "no key of Stripe's"
    with pytest.raises(Unhealthy, match="does not accept the API key"):
        check()


def test_unhealthy_when_stripe_does_not_answer(settings):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.STRIPE_API_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(Unhealthy, match="does not answer"):
            check()


def test_disabled_when_it_is_not_configured(settings):
    settings.STRIPE_API_KEY = ""
    with pytest.raises(Disabled):
        check()
