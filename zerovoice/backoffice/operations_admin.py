"""State of the system: a page for the operators of the instance."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest, JsonResponse
from django.views.generic import TemplateView

from zerovoice.accounts.admin import staff_user
from zerovoice.backoffice import operations, pages


class _ForOperators(pages.StaffView):
    scope = "settings"

    @classmethod
    def shown_to(cls, request: HttpRequest) -> bool:
        """It is of all organisations."""
        return staff_user(request).is_superuser


@pages.register
class OperationsPage(TemplateView, _ForOperators):
    """Of no organisation: there need not be any yet."""

    route, name = "operations/", "operations"
    template_name = "backoffice/operations.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = cast(AdminSite, self.site)
        self.request.current_app = site.name
        return {**site.each_context(self.request), "title": "State of the system", **super().get_context_data(**kwargs)}


@pages.register
class OperationsState(_ForOperators, pages.StaffData):
    route, name = "operations/state", "operations_state"

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse({"cards": operations.cards()})
