"""The one admin site: Unfold's, with the pages that are no model's, a second step of log-in, and a search of ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from zerovoice.accounts import two_factor
from zerovoice.accounts.two_factor import Step
from zerovoice.api import errors
from zerovoice.backoffice import deleting

View = Callable[..., HttpResponseBase]


class Site(UnfoldAdminSite):
    """Every address but those of log-in and log-out is behind `admin_view`, and so behind `has_permission`."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._actions["delete_selected"] = deleting.delete_selected

    def extra_urls(self) -> list[URLPattern]:
        from zerovoice.backoffice import account, pages  # their imports register models, which need the site

        return [
            *account.urls(self),
            path("logout/", never_cache(self.logout), name="logout"),  # for those half-way through log-in too
            *(
                path(view.route, self.admin_view(view.as_view(site=self)), name=view.name)
                for view in pages.registered()
            ),
        ]

    def next_step(self, request: HttpRequest) -> Step:
        """What else is to be done by somebody who has given their password, before anything is shown to them."""
        from zerovoice.accounts.admin import memberships_of, staff_user

        known: Step | None = getattr(request, "_next_step", None)
        if known is None:
            known = two_factor.next_step(staff_user(request), memberships_of(request))
            request._next_step = known  # type: ignore[attr-defined]
        return known

    def is_staff(self, request: HttpRequest) -> bool:
        return super().has_permission(request)

    def has_permission(self, request: HttpRequest) -> bool:
        return self.is_staff(request) and self.next_step(request) is Step.NOTHING

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        return super().get_app_list(request, app_label) if self.has_permission(request) else []

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """As Django's, which sends to log-in; programs are told in their own way."""
        from zerovoice.backoffice.pages import StaffData

        guarded: View = super().admin_view(view, cacheable)
        is_data = issubclass(getattr(view, "view_class", object), StaffData)

        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                if "HX-Request" in request.headers:  # the search box: htmx goes to log-in
                    return HttpResponse(status=401, headers={"HX-Redirect": reverse("admin:login")})
                if is_data or request.headers.get("X-Requested-With") == "XMLHttpRequest":
                    return self._refused(request)
            return guarded(request, *args, **kwargs)

        return answer

    def _refused(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return errors.json_error(errors.Unauthorized("Log in"))
        known = self.is_staff(request)
        return errors.json_error(
            errors.Forbidden("Two-factor log-in comes first" if known else "Insufficient permissions")
        )

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As Unfold's, but for where it looks and how far; and nothing is kept, for roles change."""
        from zerovoice.backoffice import palette

        term, extended = request.GET.get("s", "").strip(), "extended" in request.GET
        if not term:
            return HttpResponse()
        begun = time.monotonic()
        found = palette.pages_called(request, term)
        if extended:
            found += palette.rows_called(request, term)
        page = Paginator(found, max(len(found), 1)).page(1)
        context = {
            "page_obj": page.paginator, "results": page, "page_counter": 0,
            "execution_time": time.monotonic() - begun, "command_show_history": False,
        }  # fmt: skip
        name = "command" if extended else "search"
        return TemplateResponse(
            request, f"unfold/helpers/{name}_results.html", context, headers={"HX-Trigger": "search"}
        )

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.is_staff(request):
            names = {Step.CODE: "admin:login_code", Step.ENROLL: "admin:two_factor_set_up"}
            if name := names.get(self.next_step(request)):
                wanted = request.GET.get(REDIRECT_FIELD_NAME)
                query = f"?{urlencode({REDIRECT_FIELD_NAME: wanted})}" if wanted else ""
                return HttpResponseRedirect(reverse(name) + query)
        return super().login(request, extra_context)
