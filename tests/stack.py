"""A whole system of real processes: web, worker, beat, simulator, each kept alive as a platform would; a database and a
Valkey of its own. Nothing in it is patched; tests drive it over HTTP, look into it with `django`, and hurt it.
"""

import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from tests import databases
from tests.shell import Shell
from tests.simulator_control import SimulatorControl
from tests.waiting import wait_until
from tests.zerodb.control import ZeroDBControl
from tests.zerodb.control import environment as zerodb_environment
from zerovoice.embedded.environment import Ports, system_commands, system_environment
from zerovoice.embedded.ports import free_port
from zerovoice.embedded.postgres import Postgres
from zerovoice.embedded.process import kill_group, spawn, stop
from zerovoice.embedded.servers import PROJECT, Servers
from zerovoice.embedded.valkey import Valkey

STACKS = PROJECT / "var" / "test" / "stacks"
LOGS = PROJECT / "var" / "test" / "logs"
PASSWORD = "correct horse battery staple"
_TAIL_LINES = 40


@dataclass(frozen=True)
class AgentPhone:
    id: str
    name: str
    endpoint: str


@dataclass(frozen=True)
class Tenant:
    """An organisation in a stack: who may log in, with which key, and what it owns."""

    id: str
    api_key: str
    email: str
    password: str
    number: str
    number_id: str
    queue_id: str
    agents: tuple[AgentPhone, ...]


class Stack:
    """`stripe=True` adds localstripe, `zerodb=True` a ZeroDB (`self.zerodb`), `own_postgres=True` a database server
    that can be stopped. `env` is added to every process's environment."""

    def __init__(
        self,
        name: str,
        *,
        clock_speed: float = 10,
        env: Mapping[str, str] | None = None,
        web_workers: int = 1,
        task_workers: int = 2,
        stripe: bool = False,
        zerodb: bool = False,
        own_postgres: bool = False,
    ) -> None:
        self.name = name
        self.clock_speed = clock_speed
        self.directory = STACKS / name
        self.logs = LOGS / name
        self._database = f"zv{name}_stack"
        self._valkey = Valkey(self.directory / "valkey", log=self.logs / "valkey.log")
        self._postgres: Postgres | None = None
        if own_postgres:
            # What was committed must be there after a crash, so not as fast as the tests' server.
            self._postgres = Postgres(self.directory / "postgres", disposable=False, log=self.logs / "postgres.log")
        self._extra_env = {"CLOCK_SPEED": f"{clock_speed:g}", **(env or {})}
        self._sizes = {"web_workers": web_workers, "task_workers": task_workers}
        self._stripe = stripe
        self._zerodb = zerodb
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self._clients = contextlib.ExitStack()
        self._numbers = itertools.count(random.randrange(2_000_000, 9_000_000))

    # --- Life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Returns when web and simulator answer. Raises AssertionError with the ends of the logs."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        ports = Ports(web=free_port(), simulator=free_port(), localstripe=free_port())
        self._valkey.start(free_port())
        servers = Servers(self._make_database(), self._valkey.url)
        outer = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        base = {**outer, "LOG_LEVEL": "INFO", **self._extra_env}
        if self._zerodb:
            base |= zerodb_environment(free_port())
            self.zerodb = ZeroDBControl(base["ZERODB_API_URL"])
        self.env = system_environment(base, ports=ports, servers=servers, state=self.directory, kind="test")
        if not self._stripe:
            self.env |= {"STRIPE_API_KEY": "", "STRIPE_API_URL": ""}
        self.base_url = f"http://127.0.0.1:{ports.web}"
        self.sim_url = f"http://127.0.0.1:{ports.simulator}"
        self.sim = SimulatorControl(self.sim_url)
        self._shell = Shell(self.env, self.logs / "shell.log")
        for name, command in system_commands(self.env, **self._sizes).items():
            if name != "localstripe" or self._stripe:
                self._keep(name, command)
        if self._zerodb:
            self._keep("zerodb", [sys.executable, "-m", "tests.zerodb.server"])
        try:
            wait_until(self.is_up, timeout=60, what="web and simulator answer")
        except AssertionError as error:
            ends = "\n".join(f"--- {title}\n{text}" for title, text in self.ends_of_logs())
            self.stop()
            raise AssertionError(f"{error}\n{ends}") from error

    def _make_database(self) -> str:
        """Its URL."""
        if self._postgres is None:
            return databases.create(self._database)
        self._postgres.start(free_port())
        databases.migrate(self._postgres.url)
        return self._postgres.url

    def stop(self) -> None:
        self._clients.close()
        if hasattr(self, "zerodb"):
            self.zerodb.close()
        if hasattr(self, "sim"):
            self.sim.close()
            self._shell.stop()
        for keeper in self._keepers.values():
            keeper.terminate()
        for keeper in self._keepers.values():
            stop(keeper)
        self._valkey.stop()
        if self._postgres:
            self._postgres.stop()
        else:
            databases.drop(self._database)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _keep(self, name: str, command: list[str]) -> None:
        keeper = [sys.executable, "-m", "zerovoice.embedded", "keep", name, "--", *command]
        with (self.logs / f"{name}.log").open("ab") as log:
            self._keepers[name] = spawn(keeper, env=self.env, cwd=PROJECT, output=log)

    def is_up(self) -> bool:
        """True when web and simulator answer, and ZeroDB where there is one."""
        if self._zerodb and not self.zerodb.is_up():
            return False
        try:
            return all(
                httpx.get(f"{url}/health", timeout=2).is_success for url in (self.base_url, f"{self.sim_url}/_sim")
            )
        except httpx.TransportError:
            return False

    # --- Driving it --------------------------------------------------------------------------------------------------

    def api(self, key: str | Tenant | None = None, *, token: str = "") -> httpx.Client:
        """A client for /api/v1 as the holder of an API key (or a whole tenant's), of a token, or as nobody."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key is not None:
            headers["X-API-Key"] = key.api_key if isinstance(key, Tenant) else key
        client = httpx.Client(base_url=f"{self.base_url}/api/v1", headers=headers, timeout=30)
        return self._clients.enter_context(client)

    def new_organization(
        self,
        name: str = "Acme",
        *,
        agents: int = 1,
        presence: str = "available",
        rate_limit_per_minute: int = 100_000,
        **queue: Any,
    ) -> Tenant:
        """An organisation of the test's own, with a number routed to its default queue, and agents in that queue.
        Further keywords are fields of the queue."""
        made = self.django(
            "from tests import organizations; result = organizations.make(**options)",
            options={
                "name": name,
                "number": self.new_phone("628"),
                "agent_endpoints": [self.new_phone("510") for _ in range(agents)],
                "presence": presence,
                "rate_limit_per_minute": rate_limit_per_minute,
                "queue_fields": queue,
                "password": PASSWORD,
            },
        )
        return Tenant(**{**made, "agents": tuple(AgentPhone(**agent) for agent in made["agents"])})

    def new_phone(self, area: str = "415") -> str:
        """An E.164 number that nobody in this stack has yet."""
        return f"+1{area}{next(self._numbers)}"

    def django(self, code: str, **names: Any) -> Any:
        """Run `code` with the system's settings and database; what it puts into `result` comes back through JSON."""
        return self._shell.run(code, **names)

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """`manage.py …` of this system; returns what it printed. Raises AssertionError when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.env, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def business_seconds(self, seconds: float) -> float:
        """Machine seconds in which so many of the callers' seconds pass."""
        return seconds / self.clock_speed

    # --- Hurting it --------------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """SIGKILL to a whole process (web, worker, beat, simulator, localstripe, zerodb), forked children included. It
        is started again, as a platform would, and ZeroDB then is empty; returns when the new one has been started, not
        when it is ready."""
        old = self._running(name)
        kill_group(old)
        wait_until(lambda: self._running(name) not in (0, old), timeout=15, what=f"{name} started again")

    def pause(self, name: str) -> None:
        """SIGSTOP: alive, but answering nothing, until `resume`."""
        kill_group(self._running(name), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        kill_group(self._running(name), signal.SIGCONT)

    def _running(self, name: str) -> int:
        children = psutil.Process(self._keepers[name].pid).children()
        return children[0].pid if children else 0

    def flush_redis(self) -> None:
        import redis

        with contextlib.closing(redis.Redis.from_url(self._valkey.url)) as client:
            client.flushall()

    def restart_redis(self, *, down_seconds: float = 0) -> None:
        """SIGKILL, nothing for so long, then an empty one at the same address."""
        self.stop_redis()
        time.sleep(down_seconds)
        self.start_redis()

    def stop_redis(self) -> None:
        assert self._valkey.process is not None
        self._valkey.process.kill()
        self._valkey.process.wait()

    def start_redis(self) -> None:
        self._valkey.start(self._valkey.port)

    def stop_postgres(self) -> None:
        """At once, as `pg_ctl stop -m immediate` does: every connection breaks. Only with `own_postgres`."""
        assert self._postgres is not None
        assert self._postgres.process is not None
        stop(self._postgres.process, signal.SIGQUIT)

    def start_postgres(self) -> None:
        """At the same address, with all that was committed."""
        assert self._postgres is not None
        self._postgres.start(self._postgres.port)

    # --- Looking at it -----------------------------------------------------------------------------------------------

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def ends_of_logs(self) -> Iterable[tuple[str, str]]:
        for path in sorted(self.logs.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            if lines:
                yield f"{self.name}: end of {path.name}", "\n".join(lines[-_TAIL_LINES:])


#: What `conftest` sets for tests in its own process, and a stack must not take for its own.
_NOT_INHERITED = (
    *("CLOCK_SPEED", "CLOCK_START", "MEDIA_ROOT", "PUBLIC_URL", "TWILIO_API_URL", "SIMULATOR_PORT", "LOG_LEVEL"),
    *("HOST", "PORT", "STRIPE_API_URL", "SIMULATOR_STATE", "BEAT_SCHEDULE_FILE", "ALLOWED_HOSTS", "DEBUG"),
)


def remove_old_logs() -> None:
    """Those of sessions that are over; the last session's are removed when the next one starts."""
    for parent in (LOGS, STACKS):
        for directory in parent.glob("[0-9]*"):
            if not psutil.pid_exists(int("".join(itertools.takewhile(str.isdigit, directory.name)))):
                shutil.rmtree(directory, ignore_errors=True)
