"""The ZeroDB client: paths, authentication, what is said and what is believed, in one place.

The vendor's own clients disagree about paths, so they stand here as one table and a correction is one line.

A ZeroDB that does not answer, or asks for patience, is left alone for a moment by all processes: whoever asks meanwhile
is told so at once, instead of waiting for the next time-out. Readiness asks all the same.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from django.conf import settings

from zerovoice.api import cache
from zerovoice.lib.clock import machine_now

log = structlog.get_logger(__name__)

_VECTORS = "/api/v1/projects/{project_id}/database/vectors"

PATHS = {
    "health": "/health",
    "vectors": _VECTORS,
    "upsert": _VECTORS + "/upsert-batch",
    "search": _VECTORS + "/search",
    "vector": _VECTORS + "/{vector_id}",
}

BATCH_SIZE = 100
MAX_MATCHES = 100

_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
_PAUSE_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 3600
_PAUSE = "zerodb:left-alone-until"
_SOURCE = "zerovoice"  # who wrote a vector, for those who look into the project

#: The request itself is wrong. A key, a project or a quota (401 to 404) is not: an operator mends that, and the same
#: request then succeeds.
_PERMANENT = frozenset({400, 413, 414, 415, 422})


@dataclass(frozen=True)
class Vector:
    """What is stored. `id` is a UUID and one of its kind in the whole project, whatever the namespace. Metadata are
    text, because a filter compares text only."""

    id: str
    namespace: str
    embedding: Sequence[float]
    document: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Match:
    """What was found. `similarity` is the cosine, at most 1."""

    id: str
    similarity: float
    namespace: str
    document: str
    metadata: Mapping[str, str]


class ZeroDBError(Exception):
    """ZeroDB did not do what it was asked to do.

    `status` is 0 where it gave no answer. `permanent`: the request itself is refused, and the same one will be again.
    `retry_after`: the seconds for which it is left alone, 0 when nothing speaks against asking again. `detail` are its
    own words, which may quote what it was sent: never to be logged or stored, as the message may be.
    """

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", detail: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.permanent = status in _PERMANENT


def namespace_of(organization_id: object, model: str) -> str:
    """Where the vectors that one embedding model made for one organisation live. Raises ValueError for a model's name
    that is no plain word: two names must not become one."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", model):
        raise ValueError(f"{model!r} cannot be part of a namespace")
    return f"zv_{organization_id}_{model}"


def upsert(vectors: Sequence[Vector]) -> dict[str, ZeroDBError]:
    """Why vectors were not stored, by vector id; empty when all were. Of ZeroDB's errors it raises none.

    Storing a vector again replaces it, so what failed may be repeated, unless it is `permanent`. Half a batch may have
    been stored although all of it is named here: when nobody can tell which half, all of it is to be repeated.
    """
    failed: dict[str, ZeroDBError] = {}
    for start in range(0, len(vectors), BATCH_SIZE):
        failed |= _upsert(vectors[start : start + BATCH_SIZE])
    return failed


def search(
    namespace: str,
    query_vector: Sequence[float],
    *,
    limit: int,
    threshold: float = 0.0,
    metadata_filter: Mapping[str, str] | None = None,
) -> list[Match]:
    """The nearest vectors of one namespace, the best first: at most `limit` (up to MAX_MATCHES), none less similar
    than `threshold` (0 to 1), all with the filter's metadata. Raises ZeroDBError."""
    body: dict[str, Any] = {
        "query_vector": [float(number) for number in query_vector],
        "namespace": namespace,
        "limit": limit,
        "threshold": threshold,
    }
    if metadata_filter:
        body["metadata_filter"] = dict(metadata_filter)
    answer = _json(_request("POST", "search", json=body))
    try:
        matches = [_match(found) for found in answer["vectors"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ZeroDBError("answered a search with something else", status=200) from error
    if any(match.namespace != namespace for match in matches):
        # A namespace is an organisation: what is not of this one is nothing that anybody here may see.
        raise ZeroDBError("answered a search with vectors of another namespace", status=200)
    return sorted(matches, key=lambda match: -match.similarity)


def delete(vector_id: str) -> None:
    """Gone when this returns, and so is one that was not there. Raises ZeroDBError."""
    try:
        _request("DELETE", "vector", vector_id=vector_id)
    except ZeroDBError as error:
        if error.status != 404:
            raise
        # A wrong path or project is a 404 as well, and must not pass for a deletion: then there is no list either.
        get("vectors", limit=1)


def get(path: str, *, authenticated: bool = True, **params: Any) -> Any:
    """The JSON under one of PATHS, whether ZeroDB is being left alone or not. Raises ZeroDBError."""
    return _json(_send("GET", path, authenticated=authenticated, params=params))


def _upsert(batch: Sequence[Vector]) -> dict[str, ZeroDBError]:
    try:
        answer = _json(_request("POST", "upsert", json=[_row(vector) for vector in batch]))
    except ZeroDBError as error:
        if error.permanent and len(batch) > 1:
            # One vector that cannot be stored gets its whole batch refused: halves find it.
            middle = len(batch) // 2
            return _upsert(batch[:middle]) | _upsert(batch[middle:])
        return dict.fromkeys((vector.id for vector in batch), error)
    return _unstored(batch, answer)


def _row(vector: Vector) -> dict[str, Any]:
    return {
        "vector_id": vector.id,
        "vector_embedding": [float(number) for number in vector.embedding],
        "namespace": vector.namespace,
        "vector_metadata": dict(vector.metadata),
        "document": vector.document,
        "source": _SOURCE,
    }


def _unstored(batch: Sequence[Vector], answer: Any) -> dict[str, ZeroDBError]:
    """Of a batch that was accepted: those that `errors` names, when it names as many as failed, else all."""
    said = answer if isinstance(answer, dict) else {}
    entries = said.get("errors")
    named = {_named(batch, entry) for entry in entries} - {""} if isinstance(entries, list) else set()
    if (said.get("success_count"), said.get("error_count")) == (len(batch) - len(named), len(named)):
        return dict.fromkeys(named, ZeroDBError("did not store it", status=200))
    return dict.fromkeys((vector.id for vector in batch), ZeroDBError("stored a part of the batch", status=200))


def _named(batch: Sequence[Vector], entry: Any) -> str:
    """Which vector an entry of `errors` speaks of: by a field, by its place in the batch, or in a sentence."""
    if isinstance(entry, dict):
        place = entry.get("index")
        if "vector_id" not in entry and isinstance(place, int) and 0 <= place < len(batch):
            return batch[place].id
        entry = entry.get("vector_id")
    return next((vector.id for vector in batch if isinstance(entry, str) and vector.id in entry), "")


def _match(found: Any) -> Match:
    metadata = found["vector_metadata"]
    if not isinstance(metadata, dict):
        raise TypeError("vector_metadata is no object")
    return Match(
        id=str(found["vector_id"]),
        similarity=float(found["similarity"]),
        namespace=str(found["namespace"]),
        document=str(found["document"]),
        metadata=metadata,
    )


def _request(method: str, path: str, *, json: Any = None, vector_id: str = "") -> httpx.Response:
    left = math.ceil((cache.read(_PAUSE) or 0) - machine_now().timestamp())
    if left > 0:
        raise ZeroDBError(f"is left alone for {left} s", retry_after=left)
    try:
        return _send(method, path, json=json, vector_id=vector_id)
    except ZeroDBError as error:
        if error.retry_after:
            cache.write(_PAUSE, machine_now().timestamp() + error.retry_after, error.retry_after)
            log.warning("zerodb_left_alone", seconds=error.retry_after, error=str(error))
        raise


def _send(
    method: str, path: str, *, authenticated: bool = True, params: Any = None, json: Any = None, vector_id: str = ""
) -> httpx.Response:
    url = settings.ZERODB_API_URL + PATHS[path].format(
        project_id=settings.ZERODB_PROJECT_ID, vector_id=quote(vector_id, safe="")
    )
    headers = {"X-API-Key": settings.ZERODB_API_KEY} if authenticated else {}
    try:
        response = _http().request(method, url, params=params, json=json, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ZeroDBError(f"no answer ({type(error).__name__})", retry_after=_PAUSE_SECONDS) from error
    if not response.is_success:
        raise _refusal(response)
    return response


def _refusal(response: httpx.Response) -> ZeroDBError:
    """Its `{"detail", "error_code"}`, as far as there is one."""
    try:
        body = response.json()
    except ValueError:
        body = None
    code = str(body.get("error_code") or "") if isinstance(body, dict) else ""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", code):
        code = ""
    return ZeroDBError(
        f"answered {response.status_code}" + (f" ({code})" if code else ""),
        status=response.status_code,
        code=code,
        detail=str(body.get("detail") or "")[:500] if isinstance(body, dict) else "",
        retry_after=_retry_after(response),
    )


def _retry_after(response: httpx.Response) -> int:
    """Seconds, from a number or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = int(text) if text.isdecimal() else (parsedate_to_datetime(text) - machine_now()).total_seconds()
    except (TypeError, ValueError):  # none, or nothing that can be read
        seconds = _PAUSE_SECONDS if response.status_code == 429 else 0
    return max(0, min(math.ceil(seconds), _LONGEST_PAUSE_SECONDS))


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise ZeroDBError("answered with something that is no JSON", status=response.status_code) from error


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT)
