"""Starting where an earlier run ended badly."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from zerovoice.embedded import postgres
from zerovoice.embedded.clean import clean
from zerovoice.embedded.servers import hold


def answer(directory: Path) -> int:
    """What an earlier run stored; proves that the servers start and that the data is the old."""
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        return connection.execute("SELECT answer FROM kept").fetchone()[0]


@pytest.fixture
def used(directory):
    """A directory in which servers ran, and ended well."""
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    return directory


def test_a_postmaster_pid_that_now_is_another_process(used):
    data = (used / "postgres").resolve()
    # One of the account that PostgreSQL runs as: it would take that for a live server, and refuse to start.
    owner = data.stat().st_uid if os.geteuid() == 0 else None
    other = subprocess.Popen([shutil.which("sleep"), "60"], user=owner, cwd="/")
    try:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n0\n5432\n\n127.0.0.1\n\nready\n")
        assert answer(used) == 42
        assert other.poll() is None, "a stranger was killed"
    finally:
        other.kill()
        other.wait()


def test_a_postmaster_pid_that_is_garbage(used):
    (used / "postgres" / "postmaster.pid").write_text("")
    assert answer(used) == 42


def test_a_stale_state_file_and_guardian_lock(used):
    (used / "run" / "servers.json").write_text('{"database_url": "postgres://nowhere/x", "redis_url": "redis://x"}')
    (used / "run" / "guardian.lock").write_text("12345")
    assert answer(used) == 42


def test_a_cluster_that_was_never_finished_is_made_anew(directory):
    unfinished = directory / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not unfinished.exists()


def test_a_broken_data_directory_is_put_aside_not_deleted(directory):
    (directory / "postgres" / "base").mkdir(parents=True)
    (directory / "postgres" / "base" / "precious").write_text("data")
    with hold(directory) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    (aside,) = directory.glob("postgres.unfinished-*")
    assert (aside / "base" / "precious").read_text() == "data"


def test_a_disposable_cluster_that_no_longer_starts_is_made_anew(directory):
    with hold(directory, disposable=True):
        pass
    control = (directory / "postgres").resolve() / "global" / "pg_control"
    control.write_bytes(b"torn" * 2048)
    with hold(directory, disposable=True) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root cannot let PostgreSQL into its own directories")
def test_as_root_where_postgres_cannot_reach_the_project(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with hold(closed) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    moved = (closed / "postgres").resolve()
    assert moved.parent == postgres.STATE_OF_ROOT
    assert moved.stat().st_uid != 0
    assert answer(closed) == 42
    # Its directory deleted by hand: the next start is a first one, not one with yesterday's data.
    shutil.rmtree(closed)
    closed.mkdir(mode=0o700)
    with hold(closed) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert clean(closed) == 0
    assert not moved.exists()
    assert not closed.exists()
