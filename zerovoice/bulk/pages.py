"""Imports in the admin site: a file is checked whole, by the same code, before anything is written. How far jobs are.

An app has a page of its own for each import: a subclass of `ImportPage`, registered in its admin.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from zerovoice.accounts.admin import organizations_with, staff_user
from zerovoice.accounts.lists import local
from zerovoice.accounts.models import Organization
from zerovoice.accounts.scopes import AREAS
from zerovoice.api.errors import ApiError, BadRequest, NotFound
from zerovoice.backoffice import pages
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job
from zerovoice.bulk.rows import Unreadable, rows
from zerovoice.bulk.views import MOST_BYTES, file_response, report_response

SHOWN_ROWS = 8
SHOWN_ERRORS = 20
_TONES = {"pending": "info", "processing": "info", "done": "good", "failed": "bad"}
_STATES = {"pending": "Waiting", "processing": "Under way", "done": "Done", "failed": "Failed"}


class ImportPage(pages.StaffPage):
    """Takes a file, and has it checked. What is found stands on the job's page, and the import is begun there.

    `columns`: (name, what is in it), the required ones first. `choices`: options of the import, by name: (label,
    [(value, words)]), the first of them chosen. `example`: two lines of a file.
    """

    template_name = "bulk/import.html"
    verb = "write"
    kind: ClassVar[str]
    columns: ClassVar[list[tuple[str, str]]]
    choices: ClassVar[dict[str, tuple[str, list[tuple[str, str]]]]] = {}
    example: ClassVar[str]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            columns=self.columns, choices=self.choices, example=self.example, most=MOST_BYTES // 2**20, **kwargs
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        organization = self.organization
        if not pages.may_in(request, f"{self.scope}:write", organization):
            raise PermissionDenied
        try:
            job = self._check(request, organization)
        except ApiError as error:
            return self.render_to_response(self.get_context_data(problem=error.message), status=error.status)
        return HttpResponseRedirect(reverse("admin:bulk_job_change", args=[job.pk]))

    def _check(self, request: HttpRequest, organization: Organization) -> Job:
        file = request.FILES.get("file")
        if file is None:
            raise BadRequest("Choose a file", "file")
        if (file.size or 0) > MOST_BYTES:
            raise BadRequest(f"The file is larger than {MOST_BYTES // 2**20} MB", "file")
        options = {name: self._chosen(name) for name in self.choices}
        return jobs.start_import(
            principal=self.principal(organization), kind=self.kind, file=cast(Any, file), dry_run=True, options=options
        )

    def _chosen(self, name: str) -> str:
        values = [value for value, _ in self.choices[name][1]]
        given = self.request.POST.get(name, values[0])
        if given not in values:
            raise BadRequest(f"Must be one of {', '.join(values)}", name)
        return given


class _OfJob(pages.StaffView):
    """About one job: for whoever may do so with what it imports or exports."""

    scope = "settings"

    @classmethod
    def shown_to(cls, request: HttpRequest) -> bool:
        return any(pages.may(request, f"{area}:{cls.verb}") for area in AREAS)

    @property
    def job(self) -> Job:
        """Raises NotFound."""
        job = Job.objects.select_related("organization").filter(pk=self.kwargs["pk"]).first()
        if job is None or not may_with(self.request, job, self.verb):
            raise NotFound
        return job


def may_with(request: HttpRequest, job: Job, verb: str) -> bool:
    """What a job holds belongs to the app whose rows they are: contacts, compliance, …"""
    scope = f"{job.kind.partition('.')[0]}:{verb}"
    return staff_user(request).is_superuser or job.organization_id in organizations_with(request, scope)


@pages.register
class JobPage(_OfJob, pages.StaffPage):
    route, name = "bulk/job/<uuid:pk>/change/", "bulk_job_page"  # in the place of the model's own form
    template_name = "bulk/job.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return words(self.job)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            job = self.job
        except NotFound as error:
            raise Http404 from error
        may_write = may_with(self.request, job, "write")
        sure = may_write and job.dry_run and job.state == "done"
        return super().get_context_data(
            **kwargs,
            job=job,
            begun=local(job.created_at, job.organization.timezone),
            ended=local(job.finished_at, job.organization.timezone),
            progress=told(job),
            is_import=job.kind in jobs.imports(),
            is_sure=sure and bool(job.source) and job.created_count + job.updated_count > 0,
            head=_head(job),
            errors=list(job.row_errors.order_by("line")[:SHOWN_ERRORS]),
            shown_errors=SHOWN_ERRORS,
        ) | {"organization": job.organization, "organizations": [], "may_write": may_write}

    @property
    def organization(self) -> Organization:
        return self.job.organization


@pages.register
class JobProgress(_OfJob, pages.StaffData):
    route, name = "bulk/job/<uuid:pk>/progress", "bulk_job_progress"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return JsonResponse(told(self.job))


@pages.register
class ImportChecked(_OfJob):
    """What was checked is imported: the same file again, this time for good."""

    route, name, verb = "bulk/job/<uuid:pk>/import", "bulk_job_import", "write"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            checked = self.job
        except NotFound as error:
            raise Http404 from error
        if not (checked.dry_run and checked.source and checked.kind in jobs.imports()):
            raise Http404
        options = {name: value for name, value in checked.options.items() if name not in ("header", "delimiter")}
        try:
            with checked.source.open("rb") as file:
                job = jobs.start_import(
                    principal=self.principal(checked.organization), kind=checked.kind, file=file, options=options
                )
        except (ApiError, OSError) as error:
            problem = error.message if isinstance(error, ApiError) else "The file is gone; choose it again"
            messages.error(request, problem)
            return HttpResponseRedirect(reverse("admin:bulk_job_change", args=[pk]))
        return HttpResponseRedirect(reverse("admin:bulk_job_change", args=[job.pk]))


class _Download(_OfJob):
    def get(self, request: HttpRequest, pk: UUID) -> Any:
        try:
            return self.download(self.job)
        except NotFound as error:
            raise Http404 from error

    def download(self, job: Job) -> Any:
        raise NotImplementedError


@pages.register
class JobReport(_Download):
    route, name = "bulk/job/<uuid:pk>/report", "bulk_job_report"

    def download(self, job: Job) -> Any:
        return report_response(job)


@pages.register
class JobFile(_Download):
    route, name = "bulk/job/<uuid:pk>/file", "bulk_job_file"

    def download(self, job: Job) -> Any:
        return file_response(job)


def words(job: Job) -> str:
    """Contacts import, check of a do-not-call import, …"""
    area, _, what = job.kind.partition(".")
    name = f"{area} {what}" if what in ("import", "export") else what.replace("dnc", "do-not-call").replace("_", " ")
    return f"Check of a {name}" if job.dry_run else name[:1].upper() + name[1:]


def told(job: Job) -> dict[str, Any]:
    """What the page shows of a job, and asks for while it goes on."""
    return {
        "percent": job.percent,
        "over": job.finished_at is not None,
        "state": job.state,
        "tone": _TONES[job.state],
        "label": _STATES[job.state],
        "line": _line(job),
        "rows": f"{job.rows_done:,}",
        "created": f"{job.created_count:,}",
        "updated": f"{job.updated_count:,}",
        "skipped": f"{job.skipped_count:,}",
        "failed": f"{job.failed_count:,}",
    }


def _line(job: Job) -> str:
    if job.state == "failed":
        return f"Stopped after {job.rows_done:,} rows: {job.last_error}"
    if job.state != "done":
        of = f" of about {job.rows_total:,}" if job.rows_total else ""
        return f"{job.rows_done:,}{of} rows so far" if job.rows_done else "A worker takes it in a moment"
    if job.dry_run:
        return f"{job.rows_done:,} rows were checked; nothing has been written yet"
    return f"{job.rows_done:,} rows"


def _head(job: Job) -> dict[str, Any] | None:
    """How the file was understood: its columns, the first rows and what was said against them."""
    if not job.source:
        return None
    try:
        with job.source.open("rb") as file:
            found = list(islice(rows(file, delimiter=job.options["delimiter"]), SHOWN_ROWS + 1))[1:]
    except (OSError, Unreadable):
        return None
    bad = dict(job.row_errors.filter(line__in=[row.line for row in found]).values_list("line", "reason"))
    names = job.options["header"]
    shown = [
        {"line": row.line, "values": _fitted(row.values, len(names)), "problem": bad.get(row.line, "")}
        for row in found
        if not row.blank
    ]
    separator = "semicolons" if job.options["delimiter"] == ";" else "commas"
    return {"columns": names, "rows": shown, "separator": separator}


def _fitted(values: list[str], columns: int) -> list[str]:
    """A row with too many or too few values fits into the table as well; what is wrong with it stands beside."""
    kept = values if len(values) <= columns else [*values[: columns - 1], ", ".join(values[columns - 1 :])]
    return [_readable(value) for value in [*kept, *[""] * (columns - len(kept))]]


def _readable(value: str) -> str:
    return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:120]
