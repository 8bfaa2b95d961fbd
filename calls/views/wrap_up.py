from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import filters
from calls.actions import wrap_up_codes
from calls.models import WrapUpCode
from calls.serializers.wrap_up import WrapUpCodeSerializer, WriteWrapUpCodeSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Wrap-up Codes"])
class WrapUpCodeViewSet(ListMixin, TenantViewSet):
    """The words with which agents close calls."""

    scope = "calls"
    write_scope = "settings"
    queryset = WrapUpCode.objects.all()
    lookup_url_kwarg = "code_id"
    serializer_class = WrapUpCodeSerializer
    filterset_class = filters.WrapUpCodeFilterSet
    write_serializers = {"create": WriteWrapUpCodeSerializer, "partial_update": WriteWrapUpCodeSerializer}
    errors = {"create": (422,), "partial_update": (422,)}

    def retrieve(self, request: Request, code_id: str) -> Response:
        """A wrap-up code."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Make a wrap-up code."""
        made = wrap_up_codes.save_wrap_up_code(principal=self.principal, **self.validated())
        return self.answer(made, status=201)

    def partial_update(self, request: Request, code_id: str) -> Response:
        """Change what is sent. Calls keep the word with which they were closed."""
        code = wrap_up_codes.save_wrap_up_code(
            principal=self.principal, wrap_up_code=self.get_object(), **self.validated()
        )
        return self.answer(code)

    def destroy(self, request: Request, code_id: str) -> Response:
        """Remove a wrap-up code. Calls keep the word with which they were closed."""
        wrap_up_codes.delete_wrap_up_code(principal=self.principal, wrap_up_code=self.get_object())
        return Response(status=204)
