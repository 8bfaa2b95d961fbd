from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zerovoice.accounts.models import TenantModel, TenantQuerySet


class VoicemailQuerySet(TenantQuerySet["Voicemail"]):
    def left(self) -> VoicemailQuerySet:
        """Those with a message in them. Else the caller only came as far as the greeting."""
        return self.filter(recording__isnull=False)


class Voicemail(TenantModel):
    """A message in the box of a queue or of an agent. The row is made when the caller is led to the box."""

    class Status(models.TextChoices):
        NEW = "new"
        READ = "read"
        ARCHIVED = "archived"

    call = models.OneToOneField("calls.Call", models.CASCADE, related_name="voicemail")
    queue = models.ForeignKey("calls.Queue", models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey("calls.Agent", models.PROTECT, null=True, related_name="+", db_index=False)
    from_number = models.CharField(max_length=128)
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    recording = models.OneToOneField("calls.Recording", models.CASCADE, null=True, related_name="voicemail")
    asked_at = models.DateTimeField(null=True, help_text="When somebody was last told to ask the carrier")
    checked_at = models.DateTimeField(null=True, help_text="When the carrier was asked whether there is a message")

    objects: ClassVar = VoicemailQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["organization", "-created_at", "-id"],
                include=["status"],
                name="calls_voicemails",
                condition=Q(recording__isnull=False),
            ),
            models.Index(
                fields=["organization", "status", "-created_at", "-id"],
                name="calls_voicemails_by_status",
                condition=Q(recording__isnull=False),
            ),
            models.Index(
                fields=["queue", "-created_at", "-id"],
                include=["organization", "status"],
                name="calls_voicemails_by_queue",
                condition=Q(recording__isnull=False),
            ),
            models.Index(
                fields=["agent", "-created_at", "-id"],
                include=["organization", "status"],
                name="calls_voicemails_by_agent",
                condition=Q(recording__isnull=False),
            ),
            models.Index(
                fields=["created_at"],
                name="calls_voicemails_unchecked",
                condition=Q(recording__isnull=True, checked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Voicemail from {self.from_number}"

    @property
    def box(self) -> str:
        """Whose it is, in words."""
        return str(self.agent or self.queue or "")
