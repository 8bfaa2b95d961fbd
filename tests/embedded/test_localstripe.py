"""The simulated Stripe keeps to this machine, and what it was told survives a restart."""

import os
import signal
import sys

import httpx
import psutil

from tests.waiting import wait_until
from zerovoice.embedded.environment import STRIPE_KEY
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.servers import PROJECT


def test_customers_survive_a_kill(tmp_path):
    port = free_port()
    env = {**os.environ, "LOCALSTRIPE_PORT": str(port), "LOCALSTRIPE_STATE": str(tmp_path / "stripe.pickle")}
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", auth=(STRIPE_KEY, ""))

    def start() -> psutil.Popen:
        process = psutil.Popen([sys.executable, "-m", "zerovoice.embedded", "localstripe"], cwd=PROJECT, env=env)
        wait_until(lambda: any(c.status == "LISTEN" for c in process.net_connections()), timeout=20)
        return process

    def listens_on(process: psutil.Popen) -> set[str]:
        return {c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"}

    process = start()
    try:
        assert listens_on(process) == {"127.0.0.1"}
        customer = http.post("/customers", data={"email": "a@example.com"}).json()["id"]
        assert httpx.get(f"http://127.0.0.1:{port}/v1/customers").status_code == 401
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = start()
        assert http.get(f"/customers/{customer}").json()["email"] == "a@example.com"
    finally:
        process.kill()
        process.wait()
