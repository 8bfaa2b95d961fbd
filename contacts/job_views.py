from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import transfers
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import TenantViewSet
from zerovoice.bulk import jobs
from zerovoice.bulk.views import (
    UPLOAD_PARSERS,
    JobSerializer,
    JobViewSet,
    UploadSerializer,
    accepted,
    option,
    uploaded,
)

ON_DUPLICATE = ("skip", "update")
TRUTH = ("false", "true")


@extend_schema_serializer(
    examples=[
        OpenApiExample("A file", {"file": "contacts.csv", "on_duplicate": "update"}, media_type="multipart/form-data")
    ]
)
class ImportSerializer(UploadSerializer):
    on_duplicate = serializers.ChoiceField(
        choices=ON_DUPLICATE, required=False, help_text="What happens to a phone number that a contact has already"
    )


@extend_schema_serializer(examples=[OpenApiExample("The wholesale customers", {"tag": "wholesale"})])
class ExportSerializer(StrictSerializer):
    search = serializers.CharField(max_length=200, required=False, help_text="As in the list")
    tag = serializers.CharField(max_length=64, required=False)


@extend_schema(tags=["Contacts"])
class ContactTransferViewSet(TenantViewSet):
    scope = "contacts"
    scopes = {"export_contacts": "contacts:read"}
    queryset = transfers.Job.objects.none()
    serializer_class = JobSerializer
    write_serializers = {"export_contacts": ExportSerializer}
    query_parameters = {"import_contacts": ("dry_run", "on_duplicate")}
    statuses = {"import_contacts": 202, "export_contacts": 202}
    operation_ids = {"import_contacts": "import_contacts", "export_contacts": "export_contacts"}

    @extend_schema(
        request={"multipart/form-data": ImportSerializer},
        responses={202: JobSerializer},
        parameters=[
            OpenApiParameter("dry_run", bool, description="For a bare CSV body: check everything, write nothing"),
            OpenApiParameter("on_duplicate", str, enum=ON_DUPLICATE, description="For a bare CSV body"),
        ],
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=UPLOAD_PARSERS)
    def import_contacts(self, request: Request) -> Response:
        """Import a CSV file of contacts: a multipart form, or the file itself as `text/csv`.

        Its first line names the columns: name and phone, and of email, company, tags (a | between them), street, city,
        region, postal_code, country, timezone what there is. Good rows are taken, bad ones reported by line.
        """
        file = uploaded(request)
        job = jobs.start_import(
            principal=self.principal,
            kind=transfers.IMPORT,
            file=file,
            dry_run=option(request, "dry_run", TRUTH) == "true",
            options={"on_duplicate": option(request, "on_duplicate", ON_DUPLICATE)},
        )
        return accepted(self, job, "contact-job-detail")

    @extend_schema(responses={202: JobSerializer})
    @action(detail=False, methods=["post"], url_path="export")
    def export_contacts(self, request: Request) -> Response:
        """Export contacts to a CSV file, all or those that search and tag leave."""
        job = jobs.start_export(principal=self.principal, kind=transfers.EXPORT, options=self.validated())
        return accepted(self, job, "contact-job-detail")


@extend_schema(tags=["Contacts"])
class ContactJobViewSet(JobViewSet):
    scope = "contacts"
    kinds = (transfers.IMPORT, transfers.EXPORT)
    operation_ids = {"report": "get_contact_job_report", "file": "get_contact_job_file"}
