"""What people of the back office read when something is refused, not there, or fails. Elsewhere, as `api.errors` says.

The page asks the database nothing: it must be readable when that is what failed.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from zerovoice.api import errors
from zerovoice.api.middleware import current_request_id

_SAID = {
    400: ("This request was refused", "Something in it is not as it should be. Go back and try it again."),
    403: (
        "You may not open this",
        "Your role does not allow it. An owner of your organization can change that.",
    ),
    404: ("There is nothing here", "It may have been deleted, or the address is wrong."),
    500: (
        "Something went wrong on our side",
        "Try again in a moment. If it stays so, tell the operator this number.",
    ),
}
_ERRORS: dict[int, type[errors.ApiError]] = {400: errors.BadRequest, 403: errors.Forbidden, 404: errors.NotFound}


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400) or errors.handler400(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403) or errors.handler403(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404) or errors.handler404(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return _page(request, 500) or errors.handler500(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: the page was open too long, or it came from another site."""
    said = ("This page was open too long", "Nothing was changed. Go back, reload the page and send it again.")
    return _page(request, 403, said) or errors.json_error(errors.Forbidden("The form's token is missing or wrong"))


def _page(request: HttpRequest, status: int, said: tuple[str, str] | None = None) -> HttpResponse | None:
    """None where something else answers."""
    if not request.path.startswith(reverse("admin:index")):
        return None
    heading, words = said or _SAID[status]
    if _is_asked_by_a_script(request):
        return errors.json_error(_ERRORS.get(status, errors.ApiError)(heading))
    context = {"status": status, "heading": heading, "words": words, "request_id": current_request_id()}
    return HttpResponse(render_to_string("backoffice/problem.html", context), status=status)


def _is_asked_by_a_script(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.headers.get("X-Requested-With") == "XMLHttpRequest" or accepted.startswith("application/json")
