from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from numbers import actions
from numbers.filters import DriftFilterSet
from numbers.models import Drift, PhoneNumber
from numbers.serializers import (
    AdoptSerializer,
    AvailableNumbersSerializer,
    ConfigSerializer,
    DriftSerializer,
    PhoneNumberSerializer,
    PurchaseSerializer,
    SearchSerializer,
)
from zerovoice.api.idempotency import idempotent
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Phone Numbers"])
class PhoneNumberViewSet(ListMixin, TenantViewSet):
    """The organisation's phone numbers."""

    scope = "numbers"
    scopes = {"search": "numbers:read"}  # it changes nothing
    queryset = PhoneNumber.objects.all()
    lookup_url_kwarg = "number_id"
    serializer_class = PhoneNumberSerializer
    write_serializers = {
        "search": SearchSerializer,
        "purchase": PurchaseSerializer,
        "config": ConfigSerializer,
        "adopt": AdoptSerializer,
        "repair": StrictSerializer,
    }
    lists = {"drift": DriftSerializer}
    filtersets = {"drift": DriftFilterSet}
    statuses = {"purchase": 201, "adopt": 201, "repair": 202}
    operation_ids = {
        "search": "search_available_numbers",
        "purchase": "purchase_number",
        "config": "configure_number",
        "adopt": "adopt_number",
        "drift": "list_number_drift",
        "repair": "repair_number",
    }
    errors = {"search": (422, 503), "purchase": (403, 422, 503), "destroy": (422, 503), "adopt": (422, 503)}

    def narrow(self, queryset: QuerySet[PhoneNumber]) -> QuerySet[PhoneNumber]:
        """Lists show what can be used; one number is also found while it is bought or released, or was not bought."""
        if self.is_list():
            return queryset.filter(status=PhoneNumber.Status.ACTIVE)
        return queryset.exclude(status=PhoneNumber.Status.RELEASED)

    def retrieve(self, request: Request, number_id: str) -> Response:
        """A number of yours."""
        return self.answer(self.get_object())

    @extend_schema(responses=AvailableNumbersSerializer)
    @action(detail=False, methods=["post"], url_path="search")
    def search(self, request: Request) -> Response:
        """Search the carrier for numbers that you can buy."""
        found = actions.search(organization_id=self.principal.organization_id, **self.validated())
        page: dict[str, Any] = {"count": len(found), "next": None, "previous": None, "results": found}
        return self.answer(page, serializer_class=AvailableNumbersSerializer)

    @action(detail=False, methods=["post"], url_path="purchase")
    @idempotent
    def purchase(self, request: Request) -> Response:
        """Buy a number. Its calls and messages come here from then on.

        `status` is `purchasing` when the carrier did not say whether it sold it: get the number again until it is
        `active` or `failed`.
        """
        number = actions.buy_number(
            organization_id=self.principal.organization_id, principal=self.principal, **self.validated()
        )
        return self.answer(number, status=201)

    def destroy(self, request: Request, number_id: str) -> Response:
        """Give a number back to the carrier. While a call goes on over it, that is a 422."""
        actions.release_number(principal=self.principal, number=self.get_object())
        return Response(status=204)

    @action(detail=True, methods=["put"], url_path="config")
    def config(self, request: Request, number_id: str) -> Response:
        """Name a number and say where its calls go. What is left out stays.

        The name is soon the number's at the carrier as well.
        """
        number = actions.configure_number(principal=self.principal, number=self.get_object(), **self.validated())
        return self.answer(number)

    @action(detail=False, methods=["post"], url_path="adopt")
    @idempotent
    def adopt(self, request: Request) -> Response:
        """Take over a number that is on your own carrier account already. Its calls and messages come here then.

        Numbers of an account that organizations share are assigned by the operator (422).
        """
        number = actions.adopt_number(
            organization_id=self.principal.organization_id, principal=self.principal, **self.validated()
        )
        return self.answer(number, status=201)

    @action(detail=False, url_path="drift")
    def drift(self, request: Request) -> Response:
        """How your numbers differ from the carrier's list, as the last night's comparison found."""
        return self.answer_list(self.own(Drift.objects.all()))

    @action(detail=True, methods=["post"], url_path="repair")
    def repair(self, request: Request, number_id: str) -> Response:
        """Have the carrier send a number's calls and messages here again. It is told within moments."""
        self.validated()
        return self.answer(actions.repair_number(principal=self.principal, number=self.get_object()), status=202)
