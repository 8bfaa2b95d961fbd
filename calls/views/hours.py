from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls.actions import hours
from calls.hours import Hours, why_closed
from calls.models import BusinessHours
from calls.serializers.hours import BusinessHoursSerializer, BusinessStatusSerializer, WriteBusinessHoursSerializer
from zerovoice.api.dates import parse_bound
from zerovoice.api.errors import BadRequest
from zerovoice.api.viewsets import ListMixin, TenantViewSet
from zerovoice.lib import clock


@extend_schema(tags=["Business Hours"])
class BusinessHoursViewSet(ListMixin, TenantViewSet):
    """When calls take a number's own route, and where they go at other times."""

    scope = "calls"
    write_scope = "settings"
    queryset = BusinessHours.objects.all()
    lookup_url_kwarg = "hours_id"
    serializer_class = BusinessHoursSerializer
    write_serializers = {"create": WriteBusinessHoursSerializer, "partial_update": WriteBusinessHoursSerializer}
    query_parameters = {"status": ("at",)}
    operation_ids = {"list": "list_business_hours", "status": "get_business_status"}
    errors = {"create": (422,), "partial_update": (422,), "destroy": (422,)}

    def narrow(self, queryset: QuerySet[BusinessHours]) -> QuerySet[BusinessHours]:
        return queryset.select_related("organization") if self.action_name == "status" else queryset

    def retrieve(self, request: Request, hours_id: str) -> Response:
        """Business hours of yours."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Make business hours. Numbers go by them once their routing names them."""
        return self.answer(hours.save_hours(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, hours_id: str) -> Response:
        """Change what is sent. Of weekly and of exceptions all is sent."""
        of = self.get_object()
        return self.answer(hours.save_hours(principal=self.principal, hours=of, **self.validated(hours=of)))

    def destroy(self, request: Request, hours_id: str) -> Response:
        """Remove business hours that no number goes by."""
        hours.delete_hours(principal=self.principal, hours=self.get_object())
        return Response(status=204)

    @extend_schema(
        responses=BusinessStatusSerializer,
        parameters=[
            OpenApiParameter(
                "at",
                OpenApiTypes.DATETIME,
                description="ISO 8601; without an offset, in the zone of the business hours. Now if not given",
            )
        ],
    )
    @action(detail=True, url_path="status")
    def status(self, request: Request, hours_id: str) -> Response:
        """Whether it is open, and if not, why."""
        of = self.get_object().as_hours()
        at = _moment(request.query_params["at"], of) if "at" in request.query_params else clock.now()
        reason = why_closed(of, at) or None
        return self.answer(
            {"open": reason is None, "reason": reason, "at": at}, serializer_class=BusinessStatusSerializer
        )


def _moment(text: str, of: Hours) -> datetime:
    try:
        at = parse_bound(text)
    except (ValueError, OverflowError) as error:
        raise BadRequest("Must be an ISO 8601 date and time", "at") from error
    if not isinstance(at, datetime):
        raise BadRequest("Must be an ISO 8601 date and time", "at")
    return at if at.tzinfo else at.replace(tzinfo=of.zone)
