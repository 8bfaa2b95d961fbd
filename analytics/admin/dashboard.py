"""The first page of the back office: how the floor does, next to how it did. Whoever may not read figures gets what
they may open; agents are led to their desk."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from analytics import dashboard, ranges
from analytics.admin import told
from calls.models import Agent, Call
from numbers.models import PhoneNumber
from zerovoice.accounts.admin import is_agent_only
from zerovoice.accounts.lists import chosen_organization
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import BadRequest, NotFound
from zerovoice.backoffice import navigation, pages
from zerovoice.lib import clock


def _figures(organization: Organization, name: str) -> dict[str, Any]:
    now = clock.now()
    asked = ranges.of(name, now, organization.timezone)
    return told.of(dashboard.of(organization.pk, asked, organization.timezone), asked, organization, now)


@pages.register
class DashboardPage(pages.StaffPage):
    route, name, scope = "", "index", "analytics"
    for_agents = True  # whom it leads away
    title = "Dashboard"
    template_name = "analytics/dashboard.html"

    @classmethod
    def shown_to(cls, request: HttpRequest) -> bool:
        return True  # all who may come in at all; `get` says what they see

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_agent_only(request):
            return HttpResponseRedirect(reverse("admin:desk"))
        if organization := chosen_organization(request, self.scope):
            self.organization = organization
            return super().get(request, *args, **kwargs)
        site = cast(AdminSite, self.site)
        shown = navigation.sections(request)
        context = {**site.each_context(request), "title": "Welcome", "sections": shown, "now": clock.now()}
        return self.response_class(request, ["analytics/plain_index.html"], context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization = self.organization
        name = self.request.GET.get("range", "today")
        name = name if name in ranges.NAMES else "today"
        query = urlencode({"in": str(organization.pk), "range": name})
        figures = _figures(organization, name)
        return {
            **super().get_context_data(**kwargs),
            "range": name,
            "ranges": ranges.NAMES,
            "data_url": f"{reverse('admin:dashboard_figures')}?{query}",
            "figures": figures,
            "steps": [] if figures["dispositions"] else _first_steps(self.request, organization),
        }


@pages.register
class DashboardFigures(pages.StaffData):
    """The same once more, for a page that is open."""

    route, name, scope = "dashboard/figures", "dashboard_figures", "analytics"

    def get(self, request: HttpRequest) -> JsonResponse:
        organization = chosen_organization(request, self.scope)
        if organization is None or str(organization.pk) != request.GET.get("in"):
            raise NotFound
        name = request.GET.get("range", "today")
        if name not in ranges.NAMES:
            raise BadRequest(f"Must be one of {', '.join(ranges.NAMES)}", "range")
        return JsonResponse(_figures(organization, name))


def _first_steps(request: HttpRequest, organization: Organization) -> list[dict[str, Any]]:
    """What a new organisation does first; nothing once there are calls."""
    if Call.objects.of(organization.pk).exists():
        return []
    numbers = PhoneNumber.objects.of(organization.pk).exists()
    agents = Agent.objects.of(organization.pk).exists()
    may_buy = pages.may_in(request, "numbers:write", organization)
    may_add = pages.may_in(request, "settings:write", organization)
    return [
        _step("Buy a phone number", "The one that people call, and that you call from.", numbers,
              "admin:numbers_phonenumber_changelist", may_buy),
        _step("Add an agent", "Somebody who takes calls, and the phone that rings for them.", agents,
              "admin:calls_agent_add", may_add),
        _step("Place a call", "Over the API, or call your own number.", False, "guide", True, "calls"),
    ]  # fmt: skip


def _step(title: str, why: str, done: bool, name: str, allowed: bool, *arguments: str) -> dict[str, Any]:
    url = reverse(name, args=arguments) if allowed else ""
    return {"title": title, "why": why, "done": done, "url": url}
