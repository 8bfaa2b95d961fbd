"""The one viewset base: tenant scope, permissions, strict input, answers."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from zerovoice.api import counting, pagination
from zerovoice.api.errors import BadRequest, NotFound
from zerovoice.api.filters import StrictFilterSet, check_query
from zerovoice.api.principal import Principal, caller
from zerovoice.api.rows import rows_of
from zerovoice.api.throttling import OrganizationThrottle, rate_limit_headers


class ApiBase(APIView):
    """What every view of the API does: authenticate, count, permit, then look at the query."""

    scope: ClassVar[str] = ""  # "calls" → calls:read to read, calls:write to write
    write_scope: ClassVar[str] = ""  # where writing needs another area than reading
    scopes: ClassVar[dict[str, str]] = {}  # action → whole scope, for the exceptions
    query_parameters: ClassVar[dict[str, Iterable[str]]] = {}  # action → names the view reads itself
    # For the documentation: action → statuses beyond the usual ones; → the operation's name, where it is none of CRUD.
    errors: ClassVar[dict[str, Iterable[int]]] = {}
    operation_ids: ClassVar[dict[str, str]] = {}
    throttle_classes = [OrganizationThrottle]
    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # no OPTIONS: /api/schema describes it all

    @property
    def principal(self) -> Principal:
        return caller(self.request)

    @property
    def action_name(self) -> str:
        return getattr(self, "action", None) or ""

    def required_scope(self) -> str:
        if self.action_name in self.scopes:
            return self.scopes[self.action_name]
        if self.request.method in SAFE_METHODS:
            return f"{self.scope}:read"
        return f"{self.write_scope or self.scope}:write"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As DRF's, but a request is counted before it is permitted: a 403 costs as much as a 200."""
        self.format_kwarg = None  # DRF looks for it
        renderer, media_type = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = renderer, media_type
        request.version = request.versioning_scheme = None
        self.perform_authentication(request)
        self.check_throttles(request)
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        self.check_permissions(request)
        for name, value in kwargs.items():
            if name.endswith("_id"):
                _check_id(value)
        self.check_query(request)

    def check_query(self, request: Request) -> None:
        check_query(request, set(self.query_parameters.get(self.action_name, ())), set())

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in rate_limit_headers(getattr(request, "_request", request)).items():
            response[name] = value
        return response


class ApiView(ApiBase):
    """For the few addresses that are no collection of rows. `action_name` is the method in small letters."""

    @property
    def action_name(self) -> str:
        return (self.request.method or "").lower()


class TenantViewSet(ApiBase, GenericViewSet[Any]):
    """Rows of the caller's organisation, and never any other's.

    `serializer_class` reads, `write_serializers[action]` checks the body. `lists` names the actions other than `list`
    that answer a page, with the serializer of its rows; `filtersets` the filters of each.
    """

    queryset: QuerySet[Any]
    write_serializers: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {}
    lists: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {}
    filterset_class: ClassVar[type[StrictFilterSet] | None] = None  # of `list`
    filtersets: ClassVar[dict[str, type[StrictFilterSet]]] = {}  # of the actions in `lists`
    counted: ClassVar[dict[str, str]] = {}  # long lists, the newest first: action → the name of who counts them
    filtered_by: StrictFilterSet | None = None  # of this request
    statuses: ClassVar[dict[str, int]] = {}  # action → status of success where it is not the usual, for the schema

    def get_queryset(self) -> QuerySet[Any]:
        """The one tenant scope. Views narrow it further in `narrow`, and never start anywhere else."""
        return self.narrow(self.own(self.queryset))

    def own(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(organization_id=self.principal.organization_id)

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """For views that show less than the whole organisation's rows, or join more to them."""
        return queryset

    def get_object(self) -> Any:
        key = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        try:
            return self.get_queryset().get(**{self.lookup_field: key})
        except self.queryset.model.DoesNotExist as error:
            raise NotFound() from error

    def is_list(self) -> bool:
        return self.action_name == "list" or self.action_name in self.lists

    def current_filterset(self) -> type[StrictFilterSet] | None:
        return self.filterset_class if self.action_name == "list" else self.filtersets.get(self.action_name)

    def counter(self) -> counting.Counter | None:
        """Who knows how many rows the list has, and where its pages begin. Ask after filtering."""
        name = self.counted.get(self.action_name)
        if name is None or self.principal.own_calls_only:
            return None
        return counting.counter(name, self.principal.organization_id, self.filtered_by)

    def check_query(self, request: Request) -> None:
        filterset = self.current_filterset()
        filters = filterset.base_filters if filterset else {}
        known = {*filters, *self.query_parameters.get(self.action_name, ())}
        if self.is_list():
            known |= pagination.PARAMETERS
        check_query(request, known, {name for name, f in filters.items() if getattr(f, "blank_allowed", False)})

    def validated(self, **context: Any) -> dict[str, Any]:
        """The body, checked by the write serializer of this action; of PATCH, only what was sent, and something."""
        serializer = self.write_serializers[self.action_name](
            data=self.request.data,
            partial=self.request.method == "PATCH",
            context={**self.get_serializer_context(), "principal": self.principal, **context},
        )
        serializer.is_valid(raise_exception=True)
        if serializer.partial and not serializer.validated_data:
            raise BadRequest("Nothing to change")
        return dict(serializer.validated_data)

    def answer(
        self, instance: Model | Any, status: int = 200, serializer_class: type[BaseSerializer[Any]] | None = None
    ) -> Response:
        serializer = (serializer_class or self.get_serializer_class())(instance, context=self.get_serializer_context())
        return Response(serializer.data, status=status)

    def answer_list(self, queryset: Any, serializer_class: type[BaseSerializer[Any]] | None = None) -> Response:
        """One page of `queryset`, which must come from `own` or `get_queryset`, through this action's filters."""
        serializer_class = serializer_class or self.lists.get(self.action_name) or self.get_serializer_class()
        of_database = isinstance(queryset, QuerySet)
        rows = rows_of(serializer_class, queryset.model) if of_database else None  # type: ignore[arg-type]
        paginator: Any = self.paginator
        paginator.read = rows.read if rows else None
        page: Any = self.paginate_queryset(self.filter_queryset(queryset) if of_database else queryset)
        told = [rows.told(row) for row in page] if rows else self._serialized(page, serializer_class)
        return self.get_paginated_response(told)

    def _serialized(self, page: Any, serializer_class: type[BaseSerializer[Any]]) -> Any:
        return serializer_class(page, many=True, context=self.get_serializer_context()).data


class ListMixin:
    """For viewsets whose collection is a list."""

    def list(self: Any, request: Request) -> Response:
        return self.answer_list(self.get_queryset())


def _check_id(text: str) -> None:
    try:
        valid = str(UUID(text)) == text.lower()
    except ValueError:
        valid = False
    if not valid:
        raise NotFound()
