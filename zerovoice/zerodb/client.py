"""The ZeroDB client: paths, authentication and errors in one place.

The vendor's own clients disagree about paths, so they stand here as one table and a correction is one line.
"""

from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

PATHS = {
    "health": "/health",
    "vectors": "/api/v1/projects/{project_id}/database/vectors",
}

_TIMEOUT = httpx.Timeout(5.0, connect=2.0)


class ZeroDBError(Exception):
    """ZeroDB did not do what it was asked to do; `status` is 0 where it gave no answer."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def get(path: str, *, authenticated: bool = True, **params: Any) -> Any:
    """The JSON under one of PATHS. Raises ZeroDBError."""
    url = settings.ZERODB_API_URL + PATHS[path].format(project_id=settings.ZERODB_PROJECT_ID)
    headers = {"X-API-Key": settings.ZERODB_API_KEY} if authenticated else {}
    try:
        response = _http().get(url, params=params, headers=headers)
    except httpx.HTTPError as error:
        raise ZeroDBError(f"no answer ({type(error).__name__})") from error
    if not response.is_success:
        raise ZeroDBError(f"answered {response.status_code}", status=response.status_code)
    try:
        return response.json()
    except ValueError as error:
        raise ZeroDBError("answered with something that is no JSON", status=response.status_code) from error


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(timeout=_TIMEOUT)
