"""PostgreSQL and Valkey from wheels: shared, private, and gone when nobody needs them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis

from tests.waiting import wait_until
from zerovoice.embedded.ports import is_taken
from zerovoice.embedded.servers import PROJECT, hold, in_use


def ports_of(servers):
    return [urlsplit(url).port for url in (servers.database_url, servers.redis_url)]


def guardian_of(directory: Path) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        if str(directory) in (process.info["cmdline"] or []) and "guard" in process.info["cmdline"]:
            return process
    raise AssertionError("no guardian")


def test_all_holders_share_one_pair_and_the_last_one_ends_it(directory):
    with hold(directory, disposable=True) as first:
        with hold(directory, disposable=True) as second:
            assert second == first
        assert redis.Redis.from_url(first.redis_url).ping()
    assert not in_use(directory)
    assert not any(is_taken(port) for port in ports_of(first))


def test_what_was_written_is_there_at_the_next_start(directory):
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_nobody_gets_in_without_the_password_nor_from_elsewhere(directory):
    with hold(directory, disposable=True) as servers:
        database_port, redis_port = ports_of(servers)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgres://zerovoice@127.0.0.1:{database_port}/zerovoice")
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis.Redis(port=redis_port).ping()
        listening = {
            connection.laddr.ip
            for process in psutil.process_iter()
            if process.name() in ("postgres", "valkey-server") and guardian_of(directory) in process.parents()
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}


def test_the_password_is_readable_to_the_owner_only(directory):
    with hold(directory, disposable=True):
        files = [directory / "run" / "servers.json", directory / "valkey" / "valkey.conf"]
        files.append((directory / "postgres").resolve() / "password.zerovoice")
        assert [oct(path.stat().st_mode & 0o077) for path in files] == ["0o0"] * 3


@pytest.mark.parametrize("name", ["postgres", "valkey-server"])
def test_a_killed_server_comes_back_at_the_same_address(directory, name):
    with hold(directory) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        victim = next(child for child in guardian_of(directory).children() if child.name() == name)
        victim.kill()

        def is_back() -> bool:
            try:
                with psycopg.connect(servers.database_url, connect_timeout=2) as connection:
                    assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
                return bool(redis.Redis.from_url(servers.redis_url).ping()) and not victim.is_running()
            except (psycopg.OperationalError, redis.exceptions.ConnectionError):
                return False

        wait_until(is_back, timeout=30)


def test_a_killed_holder_leaves_nothing_running(directory):
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(directory)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    ports = json.loads(holder.stdout.readline())
    assert all(is_taken(port) for port in ports)
    holder.kill()
    holder.wait()
    wait_until(lambda: not in_use(directory), timeout=15)
    assert not any(is_taken(port) for port in ports)


_HOLDER = """
import json, pathlib, sys, time
from urllib.parse import urlsplit
from zerovoice.embedded.servers import hold
with hold(pathlib.Path(sys.argv[1]), disposable=True) as servers:
    print(json.dumps([urlsplit(u).port for u in (servers.database_url, servers.redis_url)]), flush=True)
    time.sleep(600)
"""


def test_a_killed_guardian_takes_the_servers_along(directory):
    if sys.platform != "linux":
        pytest.skip("needs the parent death signal")
    with hold(directory, disposable=True) as servers:
        guardian_of(directory).kill()
        wait_until(lambda: not any(is_taken(port) for port in ports_of(servers)), timeout=20)
    assert not in_use(directory)


def test_exec_gives_the_command_their_addresses_and_its_exit_code(directory):
    show = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); sys.exit(3)"
    command = [sys.executable, "-m", "zerovoice.embedded", "exec", "--test", "--", sys.executable, "-c", show]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout.split() == [os.environ["DATABASE_URL"], os.environ["REDIS_URL"]], "those that were given"


def test_exec_hands_on_a_stop(directory):
    nap = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
    command = [sys.executable, "-m", "zerovoice.embedded", "exec", "--test", "--", *nap]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 128 + signal.SIGTERM
