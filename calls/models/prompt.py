from __future__ import annotations

from django.db import models

from zerovoice.accounts.models import TenantModel


class Prompt(TenantModel):
    """A sound of the organisation's own: a greeting, or music to wait by."""

    name = models.CharField(max_length=64)
    file = models.FileField(upload_to="prompts", max_length=255)
    content_type = models.CharField(max_length=32)
    duration_seconds = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField("bytes", default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="calls_prompt_name")]

    def __str__(self) -> str:
        return self.name
