"""A port in use is a message that says which one and how to move it."""

import socket

import pytest

from zerovoice.embedded.ports import PortUnusable, free_port, is_taken, require_free


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_listener_is_noticed_wherever_it_listens(address):
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortUnusable, match=rf"Port {port} is already in use.*SIMULATOR_PORT={port + 100} make run"):
            require_free(port, variable="SIMULATOR_PORT", purpose="the network")


def test_a_free_port_is_free():
    port = free_port()
    assert not is_taken(port)
    require_free(port, variable="PORT", purpose="the web")


def test_connections_that_just_ended_do_not_keep_a_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # first, so that TIME_WAIT is on the server's side
        client.close()
    assert not is_taken(port)
