"""Imports and exports in the admin site: the list of them. Each has a page of its own in `pages`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, local
from zerovoice.bulk import jobs, pages
from zerovoice.bulk.models import Job
from zerovoice.carrier.work import State

LABEL = {"Pending": "info", "Processing": "info", "Done": "success", "Failed": "danger"}


class StateFilter(DropdownFilter):
    """People begin jobs: an organisation has few."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(GrowingAdmin):
    scope = "settings"
    list_display = ["what", "when", "author", "progress", "state_label", "rows_done", "taken", "bad", "file"]
    list_filter = [OrganizationFilter, StateFilter]
    list_select_related = ["organization"]
    list_before_template = "bulk/list.html"
    ordering = ["-id"]

    @display(description="Job")
    def what(self, job: Job) -> str:
        return pages.words(job)

    @display(description="Begun")
    def when(self, job: Job) -> str:
        return local(job.created_at, job.organization.timezone)

    @display(description="By")
    def author(self, job: Job) -> str:
        return job.author_name or "The system"

    @display(description="Progress")
    def progress(self, job: Job) -> Any:
        bar = '<progress class="bo-bar" max="100" value="{0}" aria-label="How far it is"></progress>&nbsp;{0}&nbsp;%'
        return format_html(bar, job.percent)

    @display(description="State", label=LABEL)
    def state_label(self, job: Job) -> str:
        return str(job.get_state_display())

    @display(description="Rows")
    def rows_done(self, job: Job) -> str:
        return f"{job.rows_done:,}"

    @display(description="Taken")
    def taken(self, job: Job) -> str:
        return f"{job.created_count + job.updated_count:,}" if job.kind in jobs.imports() else "–"

    @display(description="Refused rows")
    def bad(self, job: Job) -> Any:
        if not job.failed_count:
            return "–"
        return _link("admin:bulk_job_report", job, f"{job.failed_count:,}")

    @display(description="File")
    def file(self, job: Job) -> Any:
        return _link("admin:bulk_job_file", job, "Download") if job.result else "–"


def _link(name: str, job: Job, text: str) -> Any:
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', reverse(name, args=[job.pk]), text
    )
