from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from zerovoice.accounts.models import TenantModel, TenantQuerySet


class PhoneNumberQuerySet(TenantQuerySet["PhoneNumber"]):
    def active(self) -> PhoneNumberQuerySet:
        return self.filter(status=PhoneNumber.Status.ACTIVE)


class PhoneNumber(TenantModel):
    """A number that the organisation owns at its carrier."""

    class Type(models.TextChoices):
        LOCAL = "local"
        TOLL_FREE = "toll_free"
        MOBILE = "mobile"

    class Status(models.TextChoices):
        ACTIVE = "active"
        RELEASED = "released"

    number = models.CharField("E.164 number", max_length=16)
    sid = models.CharField("carrier's id", max_length=34, blank=True)
    friendly_name = models.CharField(max_length=64, blank=True)
    country = models.CharField("ISO 3166 country", max_length=2)
    number_type = models.CharField(max_length=9, choices=Type)
    voice = models.BooleanField("can call", default=True)
    sms = models.BooleanField("can send SMS", default=True)
    mms = models.BooleanField("can send MMS", default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    routing: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True, help_text='{"type", "target_id"}')

    objects: ClassVar = PhoneNumberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=models.Q(status="active"), name="numbers_one_owner_per_number"
            )
        ]
        indexes = [models.Index(fields=["organization", "-created_at", "-id"], name="numbers_list")]

    def __str__(self) -> str:
        return f"{self.number} {self.friendly_name}".strip()
