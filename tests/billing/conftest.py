"""What tests of money stand on beside the rate deck: a Stripe of their own."""

import os
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.stack import LOGS
from tests.waiting import wait_until
from zerovoice.embedded.environment import STRIPE_KEY
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.process import spawn, stop
from zerovoice.embedded.servers import PROJECT


@pytest.fixture(scope="session")
def stripe_url(worker_name: str) -> Iterator[str]:
    port = free_port()
    folder = LOGS / worker_name
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "LOCALSTRIPE_PORT": str(port), "LOCALSTRIPE_STATE": str(folder / "localstripe.pickle")}
    with (folder / "localstripe.log").open("ab") as output:
        process = spawn(
            [sys.executable, "-m", "zerovoice.embedded", "localstripe"], env=env, cwd=PROJECT, output=output
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return httpx.get(f"{url}/v1/balance").status_code == 401
        except httpx.TransportError:
            return False

    try:
        wait_until(up, timeout=20)
        yield url
    finally:
        stop(process)


@pytest.fixture
def at_stripe(stripe_url: str, settings) -> httpx.Client:
    """Stripe's API, as its own users see it; ours is pointed there."""
    settings.STRIPE_API_URL, settings.STRIPE_API_KEY = stripe_url, STRIPE_KEY
    return httpx.Client(base_url=f"{stripe_url}/v1", auth=(STRIPE_KEY, ""))
