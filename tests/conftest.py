"""What every test stands on: real servers, a database per worker, a real simulator, a whole system when asked for.

The session holds the embedded servers (or uses DATABASE_URL / REDIS_URL); its xdist workers inherit their addresses.
"""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import django.conf
import hypothesis
import pytest
import redis
from xdist.scheduler import LoadFileScheduling

from tests import databases
from tests.simulator_control import SimulatorControl
from tests.stack import LOGS, STACKS, Stack, remove_old_logs
from tests.zerodb.control import API_KEY, PROJECT_ID, ZeroDBControl, environment
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN
from zerovoice.embedded.ports import free_port, is_taken
from zerovoice.embedded.process import spawn, stop
from zerovoice.embedded.servers import PROJECT, provide

# The same examples each time, and as long as a busy machine takes.
hypothesis.settings.register_profile("zerovoice", derandomize=True, deadline=None)
hypothesis.settings.load_profile("zerovoice")

_session = ExitStack()
_stack_number = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if django.conf.settings.configured:
        # pytest-django reads them early when it finds that name: before the addresses below are known.
        raise pytest.UsageError("The tests choose their settings themselves: unset DJANGO_SETTINGS_MODULE")
    if worker is None:
        os.environ["ZV_TESTS_EMBEDDED"] = "" if "DATABASE_URL" in os.environ else "1"
        servers = _session.enter_context(provide(PROJECT / "var" / "test", disposable=True))
        os.environ.update(DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url)
        os.environ["ZV_TESTS_SESSION"] = str(os.getpid())
        # Set before the first import of anything that reads the clock.
        os.environ.update(ZEROVOICE_ENV="test", LOG_LEVEL="WARNING")
        os.environ.update(TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=AUTH_TOKEN, CLOCK_START=str(time.time()))
        os.environ.setdefault("CLOCK_SPEED", "1")
        os.environ["TRANSCRIPTION_ENGINE"] = "off"  # it takes all of a processor; tests of it switch it on
        # A name that resolves nowhere: callbacks of in-process tests must not reach a system that happens to run.
        os.environ["PUBLIC_URL"] = "http://testserver"
        for name in ("STRIPE_API_KEY", "STRIPE_API_URL", "ZERODB_API_KEY", "SENTRY_DSN"):
            os.environ.pop(name, None)
        for name in ("TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET", "TWIML_APP_SID"):
            os.environ.pop(name, None)
        if os.environ["ZV_TESTS_EMBEDDED"]:
            databases.sweep()
        remove_old_logs()
    # Of each worker's own: a Redis database, a media directory, the simulator's port.
    number = int((worker or "gw0").removeprefix("gw"))
    os.environ["REDIS_URL"] = _redis_database(os.environ["REDIS_URL"], number)
    port = _simulator_port(number)
    os.environ.update(SIMULATOR_PORT=str(port), TWILIO_API_URL=f"http://127.0.0.1:{port}")
    os.environ["MEDIA_ROOT"] = str(STACKS / f"{os.environ['ZV_TESTS_SESSION']}_{worker or 'main'}" / "media")
    (PROJECT / "var" / "static").mkdir(parents=True, exist_ok=True)  # which production's collectstatic makes
    os.environ["DJANGO_SETTINGS_MODULE"] = "zerovoice.settings"
    django.setup()
    if worker is None and config.getoption("numprocesses", None):
        # A worker that inherited it would read the settings before it comes here, and so its controller's addresses.
        del os.environ["DJANGO_SETTINGS_MODULE"]


#: What takes a processor for itself: one after the other, by one worker, beside all else.
_HEAVY = ("tests/flows/test_erasure.py", "tests/flows/test_transcripts.py")
#: What takes longest begins first.
_BEGIN_WITH = (*_HEAVY, "tests/flows/", "tests/api/test_fuzz.py", "tests/embedded/")


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/faults/"):
            item.add_marker(pytest.mark.soak)

    def rank(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(_BEGIN_WITH) if item.nodeid.startswith(path)), len(_BEGIN_WITH))

    items.sort(key=rank)


class _Scheduling(LoadFileScheduling):
    """A file's tests go to one worker, and so do all heavy ones: together they would starve each other."""

    def _split_scope(self, nodeid: str) -> str:
        return "heavy" if nodeid.startswith(_HEAVY) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    return _Scheduling(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    _session.close()


def _redis_database(url: str, worker: int) -> str:
    """The embedded Valkey has 4096 databases, so that sessions at the same time get different ones; others have 16."""
    offset = (int(os.environ["ZV_TESTS_SESSION"]) % 500) * 8 if os.environ["ZV_TESTS_EMBEDDED"] else 0
    return f"{url.rsplit('/', 1)[0]}/{1 + offset + worker % 8}"


def _simulator_port(worker: int) -> int:
    """Of this worker alone, until its simulator is started at last: not one of those that the system gives to others
    meanwhile (from 32768 on), nor another worker's or session's."""
    first = 20_000 + int(os.environ["ZV_TESTS_SESSION"]) % 300 * 32 + worker % 8
    return next(port for port in range(first, first + 32, 8) if not is_taken(port))


@pytest.fixture(scope="session")
def worker_name() -> str:
    """`<session>_<worker>`: what this process may call its own."""
    return f"{os.environ['ZV_TESTS_SESSION']}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def django_db_setup(worker_name: str, django_db_blocker: "pytest.FixtureRequest") -> Iterator[None]:
    """pytest-django's, by copying the migrated template."""
    from django.db import connections

    name = f"zv{worker_name}_test"
    databases.create(name)
    settings = connections["default"].settings_dict
    settings["NAME"] = settings["TEST"]["NAME"] = name
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:  # type: ignore[attr-defined]
        # Tests with real transactions empty every table when they are over.
        for table in ("accounts_auditentry", "accounts_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_is_never_emptied")
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connections.close_all()
    databases.drop(name)


@pytest.fixture
def quiet_hour_rules(request: pytest.FixtureRequest) -> None:
    """Those that the migration brings: a test with real transactions empties every table when it is over."""
    from importlib import import_module

    from django.apps import apps

    from compliance.models import QuietHourRule

    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker and marker.kwargs.get("transaction") else "db")
    if not QuietHourRule.objects.exists():
        import_module("compliance.migrations.0002_quiet_hours").write(apps, None)


@pytest.fixture
def rates(request: pytest.FixtureRequest) -> None:
    """The rate deck that the migration brings: a test with real transactions empties every table when it is over."""
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker and marker.kwargs.get("transaction") else "db")
    from zerovoice.billing import deck  # not before Django is set up
    from zerovoice.billing.models import Rate

    if not Rate.objects.exists():
        deck.load(deck.read(deck.SHIPPED))


@pytest.fixture(autouse=True)
def empty_redis() -> None:
    """Cache, rate limits, breaker and broker of this worker start empty."""
    _redis().flushdb()


_client: "redis.Redis | None" = None


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)
    return _client


@pytest.fixture(scope="session")
def simulator_process(worker_name: str) -> Iterator[SimulatorControl]:
    log = LOGS / worker_name / "simulator.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = spawn([sys.executable, "-m", "zerovoice.simulator"], cwd=PROJECT, output=output)
    control = SimulatorControl(os.environ["TWILIO_API_URL"])
    try:
        control.wait_until_up(process, log)
        yield control
    finally:
        control.close()
        stop(process)


@pytest.fixture
def simulator(simulator_process: SimulatorControl) -> SimulatorControl:
    """A running phone network for gateway tests in this process; faults of an earlier test are over."""
    simulator_process.clear_faults()
    return simulator_process


@pytest.fixture(scope="session")
def zerodb_process(worker_name: str) -> Iterator[ZeroDBControl]:
    log = LOGS / worker_name / "zerodb.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    env = environment(free_port())
    with log.open("ab") as output:
        command = [sys.executable, "-m", "tests.zerodb.server"]
        process = spawn(command, env={**os.environ, **env}, cwd=PROJECT, output=output)
    control = ZeroDBControl(env["ZERODB_API_URL"])
    try:
        control.wait_until_up(process, log)
        yield control
    finally:
        control.close()
        stop(process)


@pytest.fixture
def zerodb(zerodb_process: ZeroDBControl, settings: Any) -> ZeroDBControl:
    """Empty, healthy and configured."""
    zerodb_process.clear_faults()
    zerodb_process.forget_vectors()
    zerodb_process.forget_requests()
    settings.ZERODB_API_URL = zerodb_process.url
    settings.ZERODB_API_KEY = API_KEY
    settings.ZERODB_PROJECT_ID = PROJECT_ID
    return zerodb_process


@contextmanager
def _stacks(worker_name: str) -> Iterator[Callable[..., Stack]]:
    with ExitStack() as running:

        def make(**options: object) -> Stack:
            stack = Stack(f"{worker_name}_{next(_stack_number)}", **options)  # type: ignore[arg-type]
            running.callback(stack.stop)
            stack.start()
            return stack

        yield make


@pytest.fixture(scope="module")
def make_stack(worker_name: str) -> Iterator[Callable[..., Stack]]:
    """`make_stack(clock_speed=10, env={…})`: a whole system of real processes; see tests/stack.py. It is stopped after
    the module: even an idle one takes its share of the machine."""
    with _stacks(worker_name) as make:
        yield make


@pytest.fixture(scope="session")
def stack(worker_name: str) -> Iterator[Stack]:
    """The whole system at ten times the speed, shared by this worker's tests: use an organisation of your own."""
    with _stacks(worker_name) as make:
        yield make()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Stack):
                report.sections.extend(value.ends_of_logs())
    return report
