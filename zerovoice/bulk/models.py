"""Long work on many rows: imports of CSV files, and exports to them, as jobs that show how far they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from zerovoice.accounts.models import TenantModel
from zerovoice.carrier.work import WorkQuerySet, WorkRow


class Job(WorkRow, TenantModel):
    """One import or export. Its cursor moves in the transaction that writes the rows, so a killed worker neither
    loses nor doubles one: the next begins where the last commit ended."""

    LEASE = timedelta(seconds=30)  # renewed with every batch

    kind = models.CharField(max_length=40)  # "contacts.import"
    options: models.JSONField[Any, Any] = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    source = models.FileField(upload_to="bulk", blank=True, max_length=255)
    result = models.FileField(upload_to="bulk", blank=True, max_length=255)
    bytes_total = models.PositiveBigIntegerField(default=0)
    bytes_done = models.PositiveBigIntegerField(default=0)  # also where the next batch begins
    lines_done = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField(null=True)  # of exports; imports count bytes
    rows_done = models.PositiveBigIntegerField(default=0)
    created_count = models.PositiveBigIntegerField(default=0)
    updated_count = models.PositiveBigIntegerField(default=0)
    skipped_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    stalled = models.PositiveSmallIntegerField(default=0)  # workers that died over it without getting any further
    author_kind = models.CharField(max_length=16)
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=254, blank=True)

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["-id"]
        indexes = [
            *WorkRow.indexes("bulk_job"),
            models.Index(fields=["organization", "kind", "-id"], name="bulk_jobs_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('.', ' ').capitalize()} {self.percent} %"

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when it is done."""
        if self.state == "done":
            return 100
        done, of = (self.bytes_done, self.bytes_total) if self.bytes_total else (self.rows_done, self.rows_total or 0)
        return min(99, 100 * done // of) if of else 0


class RowError(models.Model):
    """A row of an import that was not taken, and why."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="row_errors")
    line = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    row = models.TextField(blank=True)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="bulk_one_error_for_a_line")]
