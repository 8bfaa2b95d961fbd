"""The carrier waits four seconds for an instruction. Whatever of ours is away, we must know it by then, to say so."""

import socket
import time
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.db import OperationalError, connections

from zerovoice.carrier.webhooks import CONNECTION


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_noticed_before_the_carrier_gives_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = connections["default"].copy("silent")
        port = silent.getsockname()[1]
        connection.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": port}
        begin = time.monotonic()
        with pytest.raises(OperationalError):
            connection.ensure_connection()
    assert time.monotonic() - begin > 1, "it was refused: that says nothing"
    waits = int(parse_qs(CONNECTION.lstrip("#"))["rt"][0]) / 1000
    options = settings.DATABASES["default"]["OPTIONS"]
    assert options["connect_timeout"] < waits
    assert options["tcp_user_timeout"] / 1000 < waits
