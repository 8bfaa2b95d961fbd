"""A phone network of this folder's own, 25 times as fast as the world, and an application that it calls back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.driver import OURS, Network, description, start
from zerovoice.embedded.ports import free_port


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder: Path = tmp_path_factory.mktemp("simulator")
    port = free_port()
    process = start(port, folder / "simulator.log")
    network = Network(port, process, description())
    try:
        assert network.sim("POST", "/numbers", {"phone_number": OURS}).status_code == 201
        yield network
    finally:
        network.close()
        process.terminate()
        process.wait(10)
    assert "Traceback" not in (folder / "simulator.log").read_text()


@pytest.fixture
def network(simulated: Network) -> Network:
    """Without faults, and with an application that has been asked nothing yet."""
    simulated.sim("DELETE", "/faults")
    simulated.app.hits.clear()
    simulated.app.twiml.clear()
    return simulated
