"""What every app's imports and exports look like over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from zerovoice.api.errors import BadRequest, NotFound
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job

MOST_BYTES = 256 * 1024 * 1024

_JOB: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000050",
    "kind": "contacts.import",
    "state": "processing",
    "percent": 42,
    "dry_run": False,
    "rows_done": 42_000,
    "created_count": 41_580,
    "updated_count": 0,
    "skipped_count": 0,
    "failed_count": 420,
    "error": "",
    "started_by": "Olga Owner",
    "created_at": "2026-03-02T14:00:00Z",
    "finished_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("An import under way", _JOB, status_codes=["200", "202"])])
class JobSerializer(serializers.ModelSerializer[Job]):
    percent = serializers.IntegerField(help_text="0 to 100")
    rows_done = serializers.IntegerField(help_text="So far, bad ones included")
    failed_count = serializers.IntegerField(help_text="Bad rows; the report has each by line and reason")
    error = serializers.CharField(source="last_error", help_text="Why the whole job failed; else empty")
    started_by = serializers.CharField(source="author_name")

    class Meta:
        model = Job
        fields = tuple(_JOB)


class CsvFileParser(BaseParser):
    """A bare CSV body; its length is checked where it is kept."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the request
        for piece in iter(lambda: stream.read(65_536), b""):
            spool.write(piece)
            if spool.tell() > MOST_BYTES:
                raise BadRequest(f"The file is larger than {MOST_BYTES} bytes", "file")
        return {"file": spool}


class JobViewSet(ListMixin, TenantViewSet):
    """Imports and exports of an app: how far they are, what they could not take, what they wrote."""

    kinds: ClassVar[tuple[str, ...]]  # of the app
    queryset = Job.objects.all()
    lookup_url_kwarg = "job_id"
    serializer_class = JobSerializer

    def narrow(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(kind__in=self.kinds)

    def retrieve(self, request: Request, job_id: str) -> Response:
        """How far the job is."""
        return self.answer(self.get_object())

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="line, reason, row")})
    @action(detail=True)
    def report(self, request: Request, job_id: str) -> HttpResponseBase:
        """The rows that were not taken, each by line and reason, as CSV."""
        return report_response(self.get_object())

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The rows, as CSV.")})
    @action(detail=True)
    def file(self, request: Request, job_id: str) -> HttpResponseBase:
        """What an export wrote; 404 until it is done."""
        return file_response(self.get_object())


def report_response(job: Job) -> HttpResponseBase:
    return _as_file(StreamingHttpResponse(jobs.report(job)), f"{job.kind}-report.csv")


def file_response(job: Job) -> HttpResponseBase:
    """Raises NotFound where there is no file, or not yet."""
    if not job.result:
        raise NotFound("There is no file, or not yet")
    return _as_file(FileResponse(job.result.open("rb")), f"{job.kind}.csv")


def _as_file(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class NoFileParser(BaseParser):
    """For any other body: says what is wanted."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        raise BadRequest("A CSV file is required: text/csv, or multipart/form-data with a file", "file")


UPLOAD_PARSERS: list[type[BaseParser]] = [MultiPartParser, CsvFileParser, NoFileParser]


class UploadSerializer(StrictSerializer):
    file = serializers.FileField(help_text="CSV in UTF-8, with a line of column names; , or ; between values")
    dry_run = serializers.BooleanField(required=False, help_text="Check everything, write nothing")


def uploaded(request: Request) -> IO[bytes]:
    """The file of a multipart or bare CSV body. Raises BadRequest."""
    file = request.data.get("file") if hasattr(request.data, "get") else None
    if file is None or isinstance(file, str):
        raise BadRequest("A CSV file is required", "file")
    if getattr(file, "size", 0) > MOST_BYTES:
        raise BadRequest(f"The file is larger than {MOST_BYTES} bytes", "file")
    return file


def option(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first if it is not given, in the form or in the query. Raises BadRequest."""
    given = request.query_params.get(name) or (request.data.get(name) if hasattr(request.data, "get") else None)
    if given in (None, ""):
        return choices[0]
    if given not in choices:
        raise BadRequest(f"Must be one of {', '.join(choices)}", name)
    return str(given)


def accepted(view: TenantViewSet, job: Job, name: str) -> Response:
    """202, and where to follow it."""
    answer = view.answer(job, status=202, serializer_class=JobSerializer)
    answer["Location"] = view.request.build_absolute_uri(reverse(name, kwargs={"job_id": job.pk}))
    return answer
