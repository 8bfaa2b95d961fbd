from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from zerovoice.api.errors import BadRequest, Unavailable, Unprocessable, bad_request
from zerovoice.api.filters import StrictFilterBackend
from zerovoice.api.viewsets import ApiView, ListMixin, TenantViewSet
from zerovoice.billing import client, invoicing, spending, usage
from zerovoice.billing.filters import InvoiceFilterSet, UsageFilterSet
from zerovoice.billing.models import Account, Invoice, LedgerEntry
from zerovoice.billing.serializers import (
    InvoiceDetailSerializer,
    InvoiceSerializer,
    LimitsSerializer,
    PortalSerializer,
    UsageSerializer,
    WriteLimitsSerializer,
    WritePortalSerializer,
)
from zerovoice.lib import clock

_LONGEST = timedelta(days=400)


@extend_schema(tags=["Billing"])
class UsageViewSet(TenantViewSet):
    """What was used, and what it costs."""

    scope = "billing"
    queryset = LedgerEntry.objects.all()
    serializer_class = UsageSerializer
    filtersets = {"usage": UsageFilterSet}
    operation_ids = {"usage": "get_usage"}

    @extend_schema(filters=True)
    def usage(self, request: Request) -> Response:
        """What was used, by kind and day. At most 400 days at once."""
        filterset: Any = StrictFilterBackend().get_filterset(request, self.get_queryset().order_by(), self)
        if not filterset.is_valid():
            raise bad_request(filterset.errors)
        now = clock.now()
        start, end = filterset.period(now)
        if end - start > _LONGEST:
            raise BadRequest("At most 400 days at once", "date_end")
        chosen = {name: filterset.form.cleaned_data.get(name) or "" for name in ("kind", "direction")}
        days = usage.by_day(self.principal.organization_id, start, end, filterset.timezone, now=now, **chosen)
        kinds = usage.by_kind(days)
        return self.answer(
            {
                "date_start": start,
                "date_end": end,
                "timezone": filterset.timezone,
                "currency": Account.objects.get(organization_id=self.principal.organization_id).currency,
                "total": sum((row.amount for row in kinds), Decimal(0)),
                "kinds": kinds,
                "days": days,
            }
        )


@extend_schema(tags=["Billing"])
class InvoiceViewSet(ListMixin, TenantViewSet):
    """One for each month that is over."""

    scope = "billing"
    queryset = Invoice.objects.all()
    lookup_url_kwarg = "invoice_id"
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilterSet

    @extend_schema(responses=InvoiceDetailSerializer)
    def retrieve(self, request: Request, invoice_id: str) -> Response:
        """An invoice with its lines."""
        return self.answer(self.get_object(), serializer_class=InvoiceDetailSerializer)


@extend_schema(tags=["Billing"])
class LimitsView(ApiView):
    scope = "billing"
    scopes = {"get": "billing:read", "patch": "billing:write"}

    def _answer(self, account: Account) -> Response:
        told = spending.status(account)
        organization = account.organization
        return Response(
            LimitsSerializer(
                {
                    **{name: getattr(told, name) for name in told.__slots__},
                    "left": told.left,
                    "allowed_countries": organization.allowed_countries,
                    "premium_rate": organization.premium_rate_allowed,
                }
            ).data
        )

    @extend_schema(operation_id="get_limits", summary="Get limits", responses=LimitsSerializer)
    def get(self, request: Request) -> Response:
        """How much may be spent and where, and how much has been."""
        return self._answer(spending.account_of(self.principal.organization_id))

    @extend_schema(
        operation_id="change_limits",
        summary="Change limits",
        request=WriteLimitsSerializer,
        responses=LimitsSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent. Calls that last go on with what was reserved for them."""
        serializer = WriteLimitsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not serializer.validated_data:
            raise BadRequest("Nothing to change")
        account = spending.change_limits(
            principal=self.principal, organization_id=self.principal.organization_id, **serializer.validated_data
        )
        return self._answer(account)


@extend_schema(tags=["Billing"])
class PortalView(ApiView):
    scope = "billing"
    errors = {"post": (422, 503)}

    @extend_schema(
        operation_id="open_billing_portal",
        summary="Open the billing portal",
        request=WritePortalSerializer,
        responses={201: PortalSerializer},
    )
    def post(self, request: Request) -> Response:
        """A link to Stripe's own pages, where cards are kept and invoices paid."""
        serializer = WritePortalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not settings.STRIPE_API_KEY:
            raise Unprocessable("Payments are not set up on this instance")
        return_url = serializer.validated_data.get("return_url") or settings.PUBLIC_URL
        try:
            customer = invoicing.customer_of(self.principal.organization_id)
            url = client.portal_url(customer, return_url=return_url)
        except client.StripeUnavailable as error:
            raise Unavailable("The payment service is not available") from error
        except client.StripeRefused as error:
            raise Unprocessable("The payment service refused; ask the operator of this instance") from error
        return Response(PortalSerializer({"url": url}).data, status=201)
