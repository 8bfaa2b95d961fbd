"""What people may ask for about their data, what must be kept all the same, and what went at night."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import exporting, holds, privacy
from compliance.models import LegalHold, PrivacyRequest, Removal, RetentionRun
from compliance.models.privacy import removals_of_each
from compliance.privacy_serializers import (
    AskDeleteSerializer,
    AskExportSerializer,
    GdprCaseSerializer,
    LegalHoldSerializer,
    ReleaseSerializer,
    RemovalSerializer,
    RetentionRunSerializer,
    WriteLegalHoldSerializer,
)
from zerovoice.api.errors import NotFound, json_error
from zerovoice.api.filters import StrictFilterSet
from zerovoice.api.viewsets import ListMixin, TenantViewSet
from zerovoice.carrier.work import State


class PrivacyRequestFilterSet(StrictFilterSet):
    kind = django_filters.ChoiceFilter(choices=PrivacyRequest.Kind.choices)
    state = django_filters.ChoiceFilter(choices=State.choices)

    class Meta:
        model = PrivacyRequest
        fields: list[str] = []


class RemovalFilterSet(StrictFilterSet):
    state = django_filters.ChoiceFilter(choices=State.choices)

    class Meta:
        model = Removal
        fields: list[str] = []


@extend_schema(tags=["Privacy"])
class PrivacyRequestViewSet(ListMixin, TenantViewSet):
    """Requests of people to have their data, or to have it erased."""

    scope = "compliance"
    queryset = PrivacyRequest.objects.all()
    lookup_url_kwarg = "request_id"
    serializer_class = GdprCaseSerializer
    filterset_class = PrivacyRequestFilterSet
    write_serializers = {"export": AskExportSerializer, "erase": AskDeleteSerializer}
    statuses = {"export": 202, "erase": 202}
    errors = {"export": (422,), "erase": (422,)}
    lists = {"removals": RemovalSerializer}
    filtersets = {"removals": RemovalFilterSet}
    operation_ids = {
        "list": "list_gdpr_requests",
        "removals": "list_gdpr_removals",
        "retrieve": "get_gdpr_request",
        "export": "gdpr_export",
        "erase": "gdpr_delete",
    }

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.annotate(**removals_of_each()) if self.action_name in ("list", "retrieve") else queryset

    def retrieve(self, request: Request, request_id: str) -> Response:
        """How far a request is, and in the end its certificate, or where to fetch the archive."""
        return self.answer(self.get_object())

    @action(detail=True)
    def removals(self, request: Request, request_id: str) -> Response:
        """What has to go from places outside of the database, in the order in which it was found: each with what keeps
        it from being done."""
        return self.answer_list(self.get_object().removals.order_by("id"))

    @action(detail=False, methods=["post"])
    def export(self, request: Request) -> Response:
        """Have all that you hold about a person put into one ZIP: JSON by kind, recordings, attachments.

        Name them by exactly one of phone, email and contact_id.
        """
        return self._ask(PrivacyRequest.Kind.EXPORT)

    @action(detail=False, methods=["post"], url_path="delete")
    def erase(self, request: Request) -> Response:
        """Have a person erased everywhere, or with `dry_run` counted what would be.

        Name them by exactly one of phone, email and contact_id. It cannot be undone. What a legal hold keeps is named.
        """
        return self._ask(PrivacyRequest.Kind.DELETE)

    def _ask(self, kind: str) -> Response:
        asked = privacy.ask(principal=self.principal, kind=kind, **self.validated())
        answer = self.answer(asked, status=202)
        path = reverse("gdpr-detail", kwargs={"request_id": asked.pk})
        answer["Location"] = self.request.build_absolute_uri(path)
        return answer


@extend_schema(tags=["Privacy"])
class LegalHoldViewSet(ListMixin, TenantViewSet):
    """What must be kept, whoever wants it gone: a contact with all that is about them, or one call."""

    scope = "compliance"
    queryset = LegalHold.objects.all()
    lookup_url_kwarg = "hold_id"
    serializer_class = LegalHoldSerializer
    write_serializers = {"create": WriteLegalHoldSerializer, "release": ReleaseSerializer}
    operation_ids = {"release": "release_legal_hold"}
    errors = {"create": (422,), "release": (422,)}

    def create(self, request: Request) -> Response:
        """Keep a contact or a call: neither an erasure nor a retention period touches it until it is released."""
        return self.answer(holds.place(principal=self.principal, **self.validated()), status=201)

    def retrieve(self, request: Request, hold_id: str) -> Response:
        """One hold."""
        return self.answer(self.get_object())

    @action(detail=True, methods=["post"])
    def release(self, request: Request, hold_id: str) -> Response:
        """Let it go. What was asked to be erased meanwhile has to be asked for again."""
        hold = self.get_object()
        self.validated()
        return self.answer(holds.release(principal=self.principal, hold=hold))


@extend_schema(tags=["Privacy"])
class RetentionRunViewSet(ListMixin, TenantViewSet):
    """What went at night because it was older than you keep it. Which days: the compliance settings."""

    scope = "compliance"
    queryset = RetentionRun.objects.all()
    serializer_class = RetentionRunSerializer


def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """The archive of an export, for whoever has its link. It holds for an hour."""
    found = exporting.named_by(token)
    if request.method not in ("GET", "HEAD") or found is None:
        return json_error(NotFound("The link has expired, or there is no such file"))
    try:
        file = found.result.open("rb")
    except FileNotFoundError:
        return json_error(NotFound("The file is gone"))
    answer = FileResponse(file, content_type="application/zip", as_attachment=True, filename="personal-data.zip")
    answer["Cache-Control"] = "no-store"
    return answer
