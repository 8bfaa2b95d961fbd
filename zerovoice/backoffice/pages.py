"""Pages of the back office that are no model's lists or forms, and what their scripts ask and order.

An app registers its own in its `admin` module. Each says its `scope`, as model admins do; the person's roles decide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from rest_framework.serializers import BaseSerializer

from zerovoice.accounts.admin import organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import chosen_organization, organizations_of
from zerovoice.accounts.models import Organization
from zerovoice.api import errors
from zerovoice.api.principal import Principal

M = TypeVar("M", bound=models.Model)
V = TypeVar("V", bound="type[StaffView]")
_registered: list[type[StaffView]] = []


def register(view: V) -> V:
    """A class decorator: the view answers at `/admin/<route>`, as `admin:<name>`."""
    _registered.append(view)
    return view


def registered() -> Iterable[type[StaffView]]:
    return tuple(_registered)


class StaffView(View):
    """For staff whose role has the scope in at least one organisation; superusers always."""

    site: AdminSite | None = None
    route: ClassVar[str]  # below /admin/, as in `django.urls.path`
    name: ClassVar[str]
    scope: ClassVar[str]  # the area: "calls"
    verb: ClassVar[str] = "read"
    #: Whether the role "agent" opens it. Such a view shows an agent no more than the API would: what belongs to their
    #: own calls. `rows` does not narrow to that.
    for_agents: ClassVar[bool] = False

    @classmethod
    def shown_to(cls, request: HttpRequest) -> bool:
        """Whether the person may open it. Narrower where a subclass says so."""
        return may(request, f"{cls.scope}:{cls.verb}", as_agent=cls.for_agents)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.shown_to(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def rows(self, model: type[M]) -> models.QuerySet[M]:
        """The rows that the person may have for this view: of all their organisations with its scope and verb."""
        rows = model._default_manager.all()
        if staff_user(self.request).is_superuser:
            return rows
        allowed = organizations_with(self.request, f"{self.scope}:{self.verb}", as_agent=self.for_agents)
        return rows.filter(organization__in=allowed)

    def row(self, model: type[M], pk: Any) -> M:
        """That row. Raises NotFound for another organisation's as for none."""
        found = self.rows(model).filter(pk=pk).first()
        if found is None:
            raise errors.NotFound
        return found

    def principal(self, organization: Organization) -> Principal:
        """Who acts, for the same actions as the API's."""
        return principal_in(self.request, organization)


class StaffPage(TemplateView, StaffView):
    """A page. Its template extends `backoffice/page.html`."""

    title: ClassVar[str]

    @cached_property
    def organization(self) -> Organization:
        """The one that is looked at: chosen with `?in=`, remembered for the session, else the first by name."""
        organization = chosen_organization(self.request, self.scope, as_agent=self.for_agents)
        if organization is None:
            raise PermissionDenied("There is no organization yet")
        return organization

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = cast(AdminSite, self.site)
        self.request.current_app = site.name
        return {
            **site.each_context(self.request),
            "title": self.title,
            "organization": self.organization,
            "organizations": organizations_of(self.request, self.scope, as_agent=self.for_agents)[:200],
            "may_write": may_in(self.request, f"{self.scope}:write", self.organization, as_agent=self.for_agents),
            **super().get_context_data(**kwargs),
        }


class RowPage(StaffPage, Generic[M]):
    """A page about one row, named `pk` in the route. Another organisation's is the same 404 as none."""

    model: type[M]

    @cached_property
    def object(self) -> Any:
        try:
            return self.row(self.model, self.kwargs["pk"])
        except (errors.NotFound, ValidationError) as error:  # of nobody here, or no id at all
            raise Http404 from error

    @property
    def organization(self) -> Organization:
        return cast(Organization, self.object.organization)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"organizations": (), **kwargs})


class StaffData(StaffView):
    """What a page's script asks for, or orders; errors have the API's shape."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except PermissionDenied:
            answer = errors.json_error(errors.Forbidden("Insufficient permissions"))
        except Exception as error:
            known = errors.as_api_error(error)
            if known is None:
                raise
            answer = errors.json_error(known)
        cast(HttpResponse, answer).headers.setdefault("Cache-Control", "no-store")
        return answer

    def checked(self, serializer: type[BaseSerializer[Any]], **context: Any) -> dict[str, Any]:
        """The JSON body, as the API's view would take it. Raises BadRequest or DRF's ValidationError."""
        try:
            body = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise errors.BadRequest("The body must be JSON") from error
        checked = serializer(data=body, context=context)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)


def may(request: HttpRequest, scope: str, *, as_agent: bool = False) -> bool:
    """Whether the person may do that anywhere. `scope` with its verb: "calls:write"."""
    user = staff_user(request)
    return user.is_superuser or bool(organizations_with(request, scope, as_agent=as_agent))


def may_in(request: HttpRequest, scope: str, organization: Organization, *, as_agent: bool = False) -> bool:
    allowed = organizations_with(request, scope, as_agent=as_agent)
    return staff_user(request).is_superuser or organization.pk in allowed
