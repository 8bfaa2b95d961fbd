"""Imports and exports in the admin site: how far they are, and what they could not take."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from zerovoice.accounts.admin import organizations_with, staff_user
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, local
from zerovoice.bulk import views
from zerovoice.bulk.models import Job

LABEL = {"Pending": "info", "Processing": "info", "Done": "success", "Failed": "danger"}


@admin.register(Job)
class JobAdmin(GrowingAdmin):
    scope = "settings"
    list_display = ["what", "when", "author_name", "progress", "state_label", "rows_done", "taken", "bad", "file"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    ordering = ["-id"]
    fields = [
        ("what", "state_label", "progress"), ("rows_done", "created_count", "updated_count"),
        ("skipped_count", "bad", "file"), ("author_name", "when", "organization"), "last_error",
    ]  # fmt: skip
    readonly_fields = [
        "what", "state_label", "progress", "rows_done", "created_count", "updated_count", "skipped_count", "bad",
        "file", "author_name", "when", "organization", "last_error",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        def of_job(download: Any) -> Any:
            return self.admin_site.admin_view(lambda request, pk: download(self._job(request, pk)))

        return [
            path("<uuid:pk>/report", of_job(views.report_response), name="bulk_job_report"),
            path("<uuid:pk>/file", of_job(views.file_response), name="bulk_job_file"),
            *super().get_urls(),
        ]

    def _job(self, request: HttpRequest, pk: UUID) -> Job:
        """What it holds belongs to the app whose rows they are: contacts, compliance, …"""
        job = self.get_queryset(request).filter(pk=pk).first()
        if job is None:
            raise Http404
        area = f"{job.kind.split('.')[0]}:read"
        if not staff_user(request).is_superuser and job.organization_id not in organizations_with(request, area):
            raise Http404
        return job

    @display(description="Job")
    def what(self, job: Job) -> str:
        dry = " (dry run)" if job.dry_run else ""
        return f"{job.kind.replace('.', ' ').replace('_', ' ').capitalize()}{dry}"

    @display(description="Begun")
    def when(self, job: Job) -> str:
        return local(job.created_at, job.organization.timezone)

    @display(description="Progress")
    def progress(self, job: Job) -> Any:
        return format_html('<progress max="100" value="{0}"></progress> {0} %', job.percent)

    @display(description="State", label=LABEL)
    def state_label(self, job: Job) -> str:
        return str(job.get_state_display())

    @display(description="Taken")
    def taken(self, job: Job) -> int:
        return job.created_count + job.updated_count

    @display(description="Bad rows")
    def bad(self, job: Job) -> Any:
        if not job.failed_count:
            return "0"
        url = reverse("admin:bulk_job_report", args=[job.pk])
        return format_html('<a href="{}" class="text-primary-600">{}</a>', url, job.failed_count)

    @display(description="File")
    def file(self, job: Job) -> Any:
        if not job.result:
            return "–"
        url = reverse("admin:bulk_job_file", args=[job.pk])
        return format_html('<a href="{}" class="text-primary-600">Download</a>', url)
