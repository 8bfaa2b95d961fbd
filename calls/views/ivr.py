from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.actions import menus
from calls.models import IvrMenu
from calls.serializers.ivr import IvrMenuSerializer, WriteIvrMenuSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["IVR Menus"])
class IvrMenuViewSet(ListMixin, TenantViewSet):
    """What callers are asked, and where each answer leads."""

    scope = "calls"
    write_scope = "settings"
    queryset = IvrMenu.objects.all()
    lookup_url_kwarg = "menu_id"
    serializer_class = IvrMenuSerializer
    write_serializers = {"create": WriteIvrMenuSerializer, "partial_update": WriteIvrMenuSerializer}
    errors = {"create": (422,), "partial_update": (422,), "destroy": (422,)}

    def retrieve(self, request: Request, menu_id: str) -> Response:
        """A menu."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Make a menu. Menus that lead back to themselves are refused."""
        return self.answer(menus.save_menu(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, menu_id: str) -> Response:
        """Change what is sent. Of options all are sent."""
        menu = self.get_object()
        return self.answer(menus.save_menu(principal=self.principal, menu=menu, **self.validated(menu=menu)))

    def destroy(self, request: Request, menu_id: str) -> Response:
        """Remove a menu that nothing leads to. Callers who are in it go to the default queue."""
        menus.delete_menu(principal=self.principal, menu=self.get_object())
        return Response(status=204)
