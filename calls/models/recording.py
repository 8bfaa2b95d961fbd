from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from zerovoice.accounts.models import TenantModel
from zerovoice.carrier.work import WorkQuerySet, WorkRow


class RecordingQuerySet(WorkQuerySet):
    def running(self) -> RecordingQuerySet:
        """Recordings of which the carrier has not said that they are whole."""
        return self.filter(status__in=[Recording.Status.IN_PROGRESS, Recording.Status.PAUSED])


class Recording(WorkRow, TenantModel):
    """The sound of a customer's leg. As a work row it is the fetching of the media into our storage."""

    class Status(models.TextChoices):
        """What the carrier says of it."""

        IN_PROGRESS = "in_progress"
        PAUSED = "paused"
        COMPLETED = "completed"
        ABSENT = "absent"
        FAILED = "failed"

    class Kind(models.TextChoices):
        CONVERSATION = "conversation"
        VOICEMAIL = "voicemail"

    LEASE = timedelta(minutes=3)  # a long recording takes its time

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="recordings")
    leg = models.ForeignKey("calls.CallLeg", models.CASCADE, related_name="recordings")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CONVERSATION)
    sid = models.CharField("carrier's id", max_length=34, unique=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.IN_PROGRESS)
    channels: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="Who speaks on which channel, in the order of the file"
    )
    started_at = models.DateTimeField(null=True)
    duration_seconds = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="recordings", blank=True, max_length=255)
    size = models.PositiveBigIntegerField("bytes", default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When its sound was removed")

    objects: ClassVar = RecordingQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["created_at", "id"]
        indexes = [
            *WorkRow.indexes("recording"),
            models.Index(
                fields=["created_at", "id"],
                name="calls_recordings_running",
                condition=Q(status__in=["in_progress", "paused"]),
            ),
            models.Index(
                fields=["organization", "created_at"], name="calls_recordings_kept", condition=Q(erased_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"Recording of {self.duration_seconds} s"

    @property
    def folder(self) -> str:
        """Of its month: see `compliance.removals`."""
        return f"recordings/{self.organization_id}/{self.created_at:%Y/%m}"
