"""Work that dies at a named point: just before or just after one of its commits, or of its requests to the carrier.

`run` forks a process that does the work and is gone (`os._exit`, no code of ours runs any more) when it comes to the
point; without a point it lives and tells which points it passed: `commit-1-before`, `commit-1-after`,
`carrier-1-before`, … It is instrumented from outside: Django's commit, what Django writes without a transaction (each
statement is its own commit), and the one way out to the carrier. To be used in a process that never published or wrote
anything itself (`tests.shell`): the child inherits no connection.
"""

import os
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from requests import Session

from calls.actions import queueing
from tests.carrier.signing import signature
from zerovoice.carrier import commands
from zerovoice.carrier.models import Command

Step = dict[str, Any]
_DIED = 9
_WRITES = ("INSERT", "UPDATE", "DELETE")


def run(steps: list[Step], point: str = "") -> dict[str, Any]:
    """`{"passed": [points], "died": bool, "error": traceback}`; a step is the name of a function below and what it
    takes: `{"assign": {"organization_id": …}}`."""
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _live(steps, point, writing)
    os.close(writing)
    with os.fdopen(reading) as lines:
        told = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    passed = [line for line in told if not line.startswith("! ")]
    error = "\n".join(line.removeprefix("! ") for line in told if line.startswith("! "))
    return {"passed": passed, "died": os.waitstatus_to_exitcode(status) == _DIED, "error": error}


def _live(steps: list[Step], point: str, told: int) -> None:
    """In the child; does not return."""

    def pass_by(name: str) -> None:
        os.write(told, f"{name}\n".encode())
        if name == point:
            os._exit(_DIED)

    try:
        _instrument(pass_by)
        for step in steps:
            for name, arguments in step.items():
                _STEPS[name](**arguments)
    except BaseException:
        os.write(told, "".join(f"! {line}\n" for line in traceback.format_exc().splitlines()).encode())
        os._exit(1)
    os._exit(0)


def _instrument(pass_by: Callable[[str], None]) -> None:
    counts = {"commit": 0, "carrier": 0}

    def between(what: str, work: Callable[[], Any]) -> Any:
        counts[what] += 1
        name = f"{what}-{counts[what]}"
        pass_by(f"{name}-before")
        result = work()
        pass_by(f"{name}-after")
        return result

    commit, send = BaseDatabaseWrapper._commit, Session.send  # type: ignore[attr-defined]
    BaseDatabaseWrapper._commit = lambda self: between("commit", lambda: commit(self))  # type: ignore[attr-defined]
    Session.send = lambda *args, **how: between("carrier", lambda: send(*args, **how))  # type: ignore[method-assign]

    def write(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if connection.in_atomic_block or not str(sql).lstrip().upper().startswith(_WRITES):
            return execute(sql, params, many, context)
        return between("commit", lambda: execute(sql, params, many, context))

    connection.execute_wrappers.append(write)


# --- What a worker does ---


def _assign(organization_id: str) -> None:
    queueing.assign(UUID(organization_id))


def _work(organization_id: str) -> None:
    """Execute what the organisation has to tell the carrier, until nothing is due."""
    pending = Command.objects.of(organization_id).filter(state="pending").order_by("created_at")
    while command := pending.first():
        commands.execute(str(command.pk))


# --- What a web process does ---


def _asked(path: str, form: dict[str, str]) -> None:
    """The carrier asks what a leg is to do."""
    signed = signature(settings.PUBLIC_URL + path, list(form.items()), settings.TWILIO_AUTH_TOKEN)
    _post(path, urlencode(form), "application/x-www-form-urlencoded", {"X-Twilio-Signature": signed})


def _api(path: str, body: str, key: str) -> None:
    _post(f"/api/v1{path}", body, "application/json", {"X-API-Key": key})


def _post(path: str, body: str, content_type: str, headers: dict[str, str]) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    answer = client.post(path, body, content_type=content_type, headers=headers)
    if answer.status_code >= 400:
        raise AssertionError(f"{answer.status_code} {answer.content.decode()[:500]}")


_STEPS: dict[str, Callable[..., None]] = {"assign": _assign, "work": _work, "asked": _asked, "api": _api}
