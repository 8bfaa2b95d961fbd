"""Idempotency-Key: a POST that reaches a person or spends money acts once, however often it is sent.

The first request claims the key with an INSERT; the unique constraint decides between requests at the same time. The
others wait for its answer and give the same one. A key whose first request died without an answer stays taken until it
expires: whether that request acted is not known, and acting twice is the worse mistake.
"""

import functools
import hashlib
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from zerovoice.api.errors import BadRequest, Conflict, Unprocessable, exception_handler
from zerovoice.api.models import IdempotentAnswer
from zerovoice.api.principal import Principal, caller
from zerovoice.lib.clock import machine_now
from zerovoice.lib.personal import stand_in

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
WAIT_SECONDS = 10.0
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NEVER_STORED = frozenset({409, 429, 503})
_HEADERS_KEPT = ("Link", "Location")

View = Callable[..., Response]


def idempotent(view: View) -> View:
    """For viewset actions that answer a POST. Without the header it does nothing."""

    @functools.wraps(view)
    def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return view(self, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise BadRequest("Must be 1 to 255 visible ASCII characters", HEADER)
        principal = caller(request)
        key = _as_kept(principal, key)
        fingerprint = _fingerprint(request)
        if _claim(principal, key, fingerprint):
            return _first(self, view, request, args, kwargs, key)
        return _repeat(principal, key, fingerprint)

    wrapper.idempotent = True  # type: ignore[attr-defined]  # the API description shows the header
    return wrapper


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"\n".join([str(request.method).encode(), request.path.encode(), body])).hexdigest()


def _rows(principal: Principal, key: str) -> Any:
    return IdempotentAnswer.objects.filter(organization_id=principal.organization_id, key=key)


def _as_kept(principal: Principal, key: str) -> str:
    """The key; or its stand-in, if the answer was about somebody who was erased since."""
    known = _rows(principal, stand_in(key)).exists()
    return stand_in(key) if known else key


def _claim(principal: Principal, key: str, fingerprint: str) -> bool:
    """Whether this request is the first with its key in 24 hours."""
    _rows(principal, key).filter(created_at__lt=machine_now() - KEPT).delete()
    row = IdempotentAnswer(organization_id=principal.organization_id, key=key, fingerprint=fingerprint)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_idempotentanswer (id, organization_id, key, fingerprint, headers, body, created_at)"
            " VALUES (%s, %s, %s, %s, '{}', '', %s) ON CONFLICT (organization_id, key) DO NOTHING",
            [row.id, row.organization_id, row.key, row.fingerprint, row.created_at],
        )
        return cursor.rowcount == 1


def _first(self: Any, view: View, request: Request, args: Any, kwargs: Any, key: str) -> Response:
    rows = _rows(caller(request), key)
    try:
        response = view(self, request, *args, **kwargs)
    except Exception as error:
        refusal = exception_handler(error, {})
        if refusal is None:
            rows.delete()
            raise
        _store(rows, refusal)
        raise
    _store(rows, response)
    return response


def _store(rows: Any, response: Response) -> None:
    if response.status_code in _NEVER_STORED or response.status_code >= 500:
        rows.delete()
        return
    rows.update(
        status=response.status_code,
        headers={name: response[name] for name in _HEADERS_KEPT if response.has_header(name)},
        body=orjson.dumps(response.data, default=str).decode(),
    )


def _repeat(principal: Principal, key: str, fingerprint: str) -> Response:
    deadline = time.monotonic() + WAIT_SECONDS
    pause = 0.02
    while True:
        answer = _rows(principal, key).first()
        if answer is None:
            raise Conflict("The first request with this key was not carried out; send it again", HEADER)
        if answer.fingerprint != fingerprint:
            raise Unprocessable("This key was used for another request", HEADER)
        if answer.status is not None:
            break
        if time.monotonic() >= deadline:
            raise Conflict("The first request with this key has no answer yet", HEADER)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    return Response(orjson.loads(answer.body), status=answer.status, headers=headers)
