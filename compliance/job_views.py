from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import transfers
from compliance.models import DncEntry
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import TenantViewSet
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job
from zerovoice.bulk.views import (
    UPLOAD_PARSERS,
    JobSerializer,
    JobViewSet,
    UploadSerializer,
    accepted,
    option,
    uploaded,
)


@extend_schema_serializer(examples=[OpenApiExample("A file", {"file": "dnc.csv"}, media_type="multipart/form-data")])
class DncImportSerializer(UploadSerializer):
    pass


@extend_schema_serializer(examples=[OpenApiExample("Who sent STOP", {"source": "opt_out"})])
class DncExportSerializer(StrictSerializer):
    source = serializers.ChoiceField(choices=DncEntry.Source.choices, required=False)  # type: ignore[assignment]


@extend_schema(tags=["Compliance"])
class DncTransferViewSet(TenantViewSet):
    scope = "compliance"
    scopes = {"export_dnc": "compliance:read"}
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    write_serializers = {"export_dnc": DncExportSerializer}
    query_parameters = {"import_dnc": ("dry_run",)}
    statuses = {"import_dnc": 202, "export_dnc": 202}
    operation_ids = {"import_dnc": "import_dnc", "export_dnc": "export_dnc"}

    @extend_schema(
        request={"multipart/form-data": DncImportSerializer},
        responses={202: JobSerializer},
        parameters=[
            OpenApiParameter("dry_run", bool, description="For a bare CSV body: check everything, write nothing")
        ],
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=UPLOAD_PARSERS)
    def import_dnc(self, request: Request) -> Response:
        """List everybody in a CSV file: a multipart form, or the file itself as `text/csv`.

        Its first line names the columns: phone and, if there is one, reason. Who is listed already is skipped, bad rows
        are reported by line. Each batch counts as soon as it is in; nobody is taken off the list.
        """
        job = jobs.start_import(
            principal=self.principal,
            kind=transfers.IMPORT,
            file=uploaded(request),
            dry_run=option(request, "dry_run", ("false", "true")) == "true",
        )
        return accepted(self, job, "dnc-job-detail")

    @extend_schema(responses={202: JobSerializer})
    @action(detail=False, methods=["post"], url_path="export")
    def export_dnc(self, request: Request) -> Response:
        """Export the list to a CSV file, all of it or one source's. Erased people have no number to export."""
        job = jobs.start_export(principal=self.principal, kind=transfers.EXPORT, options=self.validated())
        return accepted(self, job, "dnc-job-detail")


@extend_schema(tags=["Compliance"])
class DncJobViewSet(JobViewSet):
    scope = "compliance"
    kinds = (transfers.IMPORT, transfers.EXPORT)
    operation_ids = {"report": "get_dnc_job_report", "file": "get_dnc_job_file"}
