"""The one error tree, and the one shape in which errors leave the API.

    {"error": "Bad Request", "code": "bad_request", "details": {"field": "to_number", "message": "…"}}

400: the request itself is wrong. 422: it is well formed and the current state refuses it. `details` tells the first
problem; when there are more, `details.errors` is the whole list; `details.reason` is the cause of a 403 that is
about money, in one word. Each answer links (rel="help") to its code's page.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response

log = structlog.get_logger(__name__)

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
CODES = {status: phrase.lower().replace(" ", "_") for status, phrase in PHRASES.items()}
JSON_PATHS = ("/api/", "/health", "/webhooks/")  # everything else is read by people in a browser

Problem = tuple[str, str]  # field ("" for the request as a whole), message


class ApiError(Exception):
    """An answer of the API that is no success. `field` is the body's or the query's, dotted when nested."""

    status = 500

    def __init__(self, message: str, field: str = "", *, others: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.others = others  # further problems, after the first
        self.details: dict[str, str] = {}  # more of them, for programs
        self.headers: dict[str, str] = {}


class BadRequest(ApiError):
    status = 400


class Unauthorized(ApiError):
    status = 401

    def __init__(self, message: str = "Missing or invalid authentication", field: str = "") -> None:
        super().__init__(message, field)
        self.headers["WWW-Authenticate"] = 'Bearer realm="api"'


class Forbidden(ApiError):
    """`reason` is why in one word, for programs, where it is not the caller's rights that are lacking."""

    status = 403

    def __init__(self, message: str, field: str = "", *, reason: str = "") -> None:
        super().__init__(message, field)
        self.reason = reason
        if reason:
            self.details["reason"] = reason


class NotFound(ApiError):
    """Nothing there, or another tenant's: nobody can tell the two apart."""

    status = 404

    def __init__(self, message: str = "Resource not found", field: str = "") -> None:
        super().__init__(message, field)


class MethodNotAllowed(ApiError):
    status = 405


class Conflict(ApiError):
    status = 409


class Unprocessable(ApiError):
    status = 422


class RateLimited(ApiError):
    status = 429

    def __init__(self, message: str, field: str = "", *, retry_after: float) -> None:
        super().__init__(message, field)
        self.headers["Retry-After"] = _whole_seconds(retry_after)


class Blocked(ApiError):
    """Refused by compliance. `reason` is the refusal in one word, for programs."""

    status = 451

    def __init__(self, message: str, field: str = "", *, reason: str) -> None:
        super().__init__(message, field)
        self.reason = reason


class Unavailable(ApiError):
    status = 503

    def __init__(self, message: str, field: str = "", *, retry_after: float = 5) -> None:
        super().__init__(message, field)
        self.headers["Retry-After"] = _whole_seconds(retry_after)


def _whole_seconds(seconds: float) -> str:
    return str(max(1, -int(-seconds // 1)))  # rounded up: retrying then must not be too early


def error_body(
    status: int, message: str, field: str = "", others: tuple[Problem, ...] = (), more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    details: dict[str, Any] = {"field": field or None, "message": message, **(more or {})}
    if others:
        problems = ((field, message), *others)
        details["errors"] = [{"field": name or None, "message": text} for name, text in problems]
    return {"error": PHRASES[status], "code": CODES[status], "details": details}


def help_link(status: int) -> str:
    return f'<{settings.PUBLIC_URL}/docs/api/errors/{CODES[status]}>; rel="help"'


def problems_of(detail: Any, path: str = "") -> Iterator[Problem]:
    """The (field, message) pairs of DRF's nested error details, in order."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = path if key in ("non_field_errors", "__all__") else f"{path}.{key}" if path else str(key)
            yield from problems_of(value, own)
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            # A list of messages belongs to the field; a list of dicts is one dict for each item.
            yield from problems_of(value, f"{path}.{index}" if isinstance(value, dict) and path else path)
    else:
        yield path, str(detail)


def bad_request(detail: Any) -> BadRequest:
    """A 400 from DRF's or Django's validation details."""
    first, *others = list(problems_of(detail)) or [("", "Invalid request")]
    return BadRequest(first[1], first[0], others=tuple(others))


def as_api_error(exc: Exception) -> ApiError | None:
    """Any exception in our terms; None when it is a defect of ours."""
    match exc:
        case ApiError():
            return exc
        case drf.ValidationError():
            return bad_request(exc.detail)
        case DjangoValidationError():
            return bad_request(exc.message_dict if hasattr(exc, "error_dict") else exc.messages)
        case drf.ParseError():
            return BadRequest(str(exc.detail))
        case drf.UnsupportedMediaType():
            return BadRequest("The body must be JSON (Content-Type: application/json)")
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return Unauthorized()
        case drf.PermissionDenied() | PermissionDenied():
            return Forbidden("Insufficient permissions")
        case drf.NotFound() | Http404():
            return NotFound()
        case drf.MethodNotAllowed():
            return MethodNotAllowed(str(exc.detail))
        case SuspiciousOperation():
            return BadRequest("The request was refused")
        case DataError():
            # The last wall: a value that passed validation and that PostgreSQL cannot hold.
            log.warning("value_refused_by_database", error=str(exc))
            return BadRequest("A value is out of range")
        case OperationalError() | InterfaceError():
            log.exception("database_unavailable")
            return Unavailable("The database is not available")
    return None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None lets Django log the defect and answer through `handler500`."""
    error = as_api_error(exc)
    if error is None:
        return None
    return Response(
        error_body(error.status, error.message, error.field, error.others, error.details),
        status=error.status,
        headers={"Link": help_link(error.status), **error.headers},
    )


def json_error(error: ApiError) -> HttpResponse:
    """The same answer outside of DRF."""
    body = error_body(error.status, error.message, error.field, error.others, error.details)
    return JsonResponse(body, status=error.status, headers={"Link": help_link(error.status), **error.headers})


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith(JSON_PATHS)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _wants_json(request):
        return json_error(BadRequest("The request was refused"))
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return (
        json_error(Forbidden("Insufficient permissions"))
        if _wants_json(request)
        else defaults.permission_denied(request, exception)
    )


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return json_error(NotFound()) if _wants_json(request) else defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return json_error(ApiError("Something went wrong on our side; the request id finds it in our logs"))
    return defaults.server_error(request)
