"""Databases of the tests: migrated once into a template, then copied in a fraction of a second.

Names tell whom they belong to: `zv<pid>_…` belongs to the session with that pid, `zvtemplate_<digest>` to everybody
whose migrations have that digest.
"""

import hashlib
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

PROJECT = Path(__file__).resolve().parents[1]
_TEMPLATE_LOCK = 7_105_001  # any number, the same for all sessions


def url_of(name: str) -> str:
    """DATABASE_URL for the database `name` on the tests' server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def create(name: str) -> str:
    """A migrated database of that name; returns its URL."""
    with _maintenance() as server:
        # Held while copying too: nobody may be connected to the template, nor drop it, meanwhile.
        server.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        template = _ensure_template(server)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    return url_of(name)


def drop(name: str) -> None:
    with _maintenance() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def sweep() -> None:
    """Drop what sessions of this machine left behind that did not end well."""
    with _maintenance() as server:
        for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname ~ '^zv[0-9]+_'").fetchall():
            owner = int(re.findall(r"\d+", name)[0])
            if not psutil.pid_exists(owner):
                drop(name)


def _maintenance() -> "psycopg.Connection[tuple[str]]":
    return psycopg.connect(url_of("postgres"), autocommit=True, connect_timeout=10)


def _ensure_template(server: "psycopg.Connection[tuple[str]]") -> str:
    name = f"zvtemplate_{_migrations_digest()}"
    existing = [row[0] for row in server.execute("SELECT datname FROM pg_database WHERE datname ~ '^zvtemplate_'")]
    if name in existing:
        return name
    for old in existing:
        # In use by nobody: they all copy under the lock that we hold.
        with suppress(psycopg.Error):
            drop(old)
    unfinished = f"zv{os.getpid()}_template"
    drop(unfinished)
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    migrate(url_of(unfinished))
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def migrate(url: str) -> None:
    """Migrate the empty database at `url`, of the tests' server or of another."""
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    env = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The tests' database could not be migrated:\n{done.stdout}{done.stderr}")


def _migrations_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted([*PROJECT.glob("**/migrations/*.py"), PROJECT / "requirements.txt"]):
        if ".venv" not in path.parts:
            digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
