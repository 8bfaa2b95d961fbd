"""What every answer bears."""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from zerovoice.lib.ids import new_id

Handler = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def current_request_id() -> str:
    """The id of the request this thread (or the Celery task it led to) is working for; "" outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestIdMiddleware:
    """X-Request-ID: the caller's own if it is a sane one, else a new one; on the answer, in the logs, in the tasks.

    `django_structlog` stands behind this, takes the header from here, binds it and hands it to Celery.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.pop("headers", None)  # cached from META by whoever looked before
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestLogMiddleware(RequestMiddleware):
    """As django_structlog's, without the query: people are searched for by names, numbers and words."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class SecurityHeadersMiddleware:
    """Content-Security-Policy by kind of page; JSON of the API is stored by no cache.

    Unfold (the admin) is built on Alpine.js, which makes functions of its attributes and so needs `unsafe-eval`;
    nothing else gets it. No page has scripts of its own in it, so what a stranger might smuggle into one does not run.
    Styles in attributes are Unfold's, and htmx's.
    """

    NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    PAGES = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    ADMIN = (
        "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self._policy(request.path))
        if request.path.startswith("/api/v1/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _policy(self, path: str) -> str:
        if path.startswith("/admin/"):
            return self.ADMIN
        return self.PAGES if path.startswith(("/api/docs", "/docs/")) else self.NOTHING
