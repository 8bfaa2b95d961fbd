from __future__ import annotations

from django.db import models

from zerovoice.accounts.models import TenantModel


class WrapUpCode(TenantModel):
    """A word with which agents close a call: it becomes the call's disposition."""

    code = models.CharField(max_length=64)
    label = models.CharField(max_length=128)
    active = models.BooleanField(default=True, help_text="Offered for new calls")

    class Meta:
        verbose_name = "wrap-up code"
        ordering = ["label", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="calls_wrap_up_code")]

    def __str__(self) -> str:
        return self.label
