"""The engine in a network namespace of its own, in which there is no network."""

import os
import subprocess
import sys

import pytest

from tests.speech.recordings import recorded, said
from zerovoice.embedded.servers import PROJECT

UNSHARE = ["unshare", "--net", "--map-root-user"]


def test_it_works_without_a_network(tmp_path):
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no network namespaces")
    path = tmp_path / "call.wav"
    path.write_bytes(recorded(said((("agent", "Thank you for calling."),))))
    code = (
        "import socket\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error: print(error)\n"
        "from zerovoice.speech.engine import load\n"
        f"heard = load().transcribe({str(path)!r}, channels=('agent', 'customer'), language='en', progress=abs)\n"
        "print([(one.speaker, one.text) for one in heard])\n"
    )
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, "TRANSCRIPTION_ENGINE": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Network is unreachable" in done.stdout
    assert "[('agent', 'Thank you for calling.')]" in done.stdout
