from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import actions, gate
from compliance.filters import DecisionFilterSet, DncFilterSet
from compliance.models import Decision, DncEntry, Settings
from compliance.serializers import (
    DNC_STATUS,
    CheckAnswerSerializer,
    CheckSerializer,
    DecisionSerializer,
    DncEntrySerializer,
    DncPageSerializer,
    DncStatusSerializer,
    SettingsSerializer,
    WriteDncEntrySerializer,
    WriteSettingsSerializer,
)
from zerovoice.api.errors import BadRequest
from zerovoice.api.serializers import PHONE_SCHEMA
from zerovoice.api.viewsets import ApiView, ListMixin, TenantViewSet
from zerovoice.lib import phone


@extend_schema(tags=["Compliance"])
class DncViewSet(ListMixin, TenantViewSet):
    """The Do-Not-Call list: who must be neither called nor written to."""

    scope = "compliance"
    queryset = DncEntry.objects.all()
    lookup_url_kwarg = "entry_id"
    serializer_class = DncEntrySerializer
    filterset_class = DncFilterSet
    query_parameters = {"list": ("phone",)}
    write_serializers = {"create": WriteDncEntrySerializer}
    errors = {"destroy": (422,)}

    @extend_schema(
        parameters=[
            OpenApiParameter("phone", PHONE_SCHEMA, description="Ask about one number: then the answer is its status.")
        ],
        responses=PolymorphicProxySerializer(
            component_name="DncListOrStatus",
            serializers=[DncPageSerializer, DncStatusSerializer],
            resource_type_field_name=None,
            many=False,
        ),
        examples=[OpenApiExample("One number", DNC_STATUS, response_only=True)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The list, the newest first; with `phone`, whether that number is on it (200 either way)."""
        if "phone" not in request.query_params:
            return self.answer_list(self.get_queryset())
        return self._status(request.query_params["phone"])

    def _status(self, given: str) -> Response:
        try:
            number = phone.parse_e164("+" + given[1:] if given.startswith(" ") else given)
        except phone.InvalidPhone as error:
            raise BadRequest(str(error), "phone") from error
        entries: Sequence[DncEntry] = list(DncEntry.objects.of(self.principal.organization_id).about(number))
        sources = {entry.source for entry in entries}
        reason = ("opted_out" if sources == {DncEntry.Source.OPT_OUT} else "dnc") if entries else None
        status = {"phone": number, "listed": bool(entries), "reason": reason, "entries": entries}
        return self.answer(status, serializer_class=DncStatusSerializer)

    @extend_schema(
        responses={
            201: DncEntrySerializer,
            200: OpenApiResponse(DncEntrySerializer, description="They are listed already; the entry as it is."),
        }
    )
    def create(self, request: Request) -> Response:
        """List somebody. Once this is answered, nothing leaves to them any more."""
        entry, new = actions.add_dnc(principal=self.principal, **self.validated())
        return self.answer(entry, status=201 if new else 200)

    def destroy(self, request: Request, entry_id: str) -> Response:
        """Take an entry off the list. An opt-out can only be undone by the person, with START (422)."""
        actions.remove_dnc(principal=self.principal, entry=self.get_object())
        return Response(status=204)


@extend_schema(tags=["Compliance"])
class DecisionViewSet(ListMixin, TenantViewSet):
    """Refused contacts."""

    scope = "compliance"
    queryset = Decision.objects.all()
    lookup_url_kwarg = "decision_id"
    serializer_class = DecisionSerializer
    filterset_class = DecisionFilterSet


class CheckView(ApiView):
    scope = "compliance"
    scopes = {"post": "compliance:read"}  # it changes nothing

    @extend_schema(
        operation_id="check_numbers",
        summary="Check numbers",
        request=CheckSerializer,
        responses=CheckAnswerSerializer,
        tags=["Compliance"],
    )
    def post(self, request: Request) -> Response:
        """Who of up to 1,000 would be skipped, and why. Nothing is sent, and no refusal is kept."""
        serializer = CheckSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = dict(serializer.validated_data)
        answers = gate.may_contact_all(
            organization_id=self.principal.organization_id,
            numbers=asked["numbers"],
            channel=asked["channel"],
            sender=asked.get("from_number", ""),
            at=asked.get("at"),
        )
        results = [
            {"phone": number, "allowed": answer.allowed, "reason": answer.reason or None, "detail": answer.detail}
            for number, answer in answers.items()
        ]
        allowed = sum(answer.allowed for answer in answers.values())
        body = {"checked": len(results), "allowed": allowed, "refused": len(results) - allowed, "results": results}
        return Response(CheckAnswerSerializer(body).data)


class SettingsView(ApiView):
    scope = "compliance"
    scopes = {"get": "compliance:read", "patch": "compliance:write"}

    @extend_schema(
        operation_id="get_compliance_settings",
        summary="Get compliance settings",
        responses=SettingsSerializer,
        tags=["Compliance"],
    )
    def get(self, request: Request) -> Response:
        """What your organization asks of the gate."""
        organization_id = self.principal.organization_id
        settings = Settings.objects.of(organization_id).first() or Settings(organization_id=organization_id)
        return Response(SettingsSerializer(settings).data)

    @extend_schema(
        operation_id="change_compliance_settings",
        summary="Change compliance settings",
        request=WriteSettingsSerializer,
        responses=SettingsSerializer,
        tags=["Compliance"],
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent."""
        serializer = WriteSettingsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not serializer.validated_data:
            raise BadRequest("Nothing to change")
        settings = actions.change_settings(principal=self.principal, **serializer.validated_data)
        return Response(SettingsSerializer(settings).data)
